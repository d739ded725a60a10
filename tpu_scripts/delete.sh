#!/usr/bin/env bash
# Deletes a TPU VM and all that lies on its disks.
#
#   tpu_scripts/delete.sh --name=tpu1 --zone=us-west4-a
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where it is
# --project=PROJECT  by default that of gcloud
# --dry_run          prints the command and runs nothing
source "$(dirname "$0")/common.sh"

parse 'NAME ZONE PROJECT' "$@"
require_tpu
tpu delete --quiet
