#!/usr/bin/env bash
# Shows the log of a run that train.sh has started, as it grows.
#
#   tpu_scripts/logs.sh --name=tpu1 --zone=us-west4-a
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where it is
# --worker=I         of this worker, 0 by default; the first one says the most
# --project=PROJECT  by default that of gcloud
# --dry_run          prints the command and runs nothing
source "$(dirname "$0")/common.sh"

WORKER=0
parse 'NAME ZONE PROJECT WORKER' "$@"
require_tpu
on_workers "$WORKER" 'tail -n 100 -F distill_jax/run.log'
