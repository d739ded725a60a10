#!/usr/bin/env bash
# Creates a TPU VM, or a slice of a pod.
#
#   tpu_scripts/create.sh --name=tpu1 --zone=us-west4-a --type=v5litepod-8 --spot
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where
# --type=TYPE        accelerator, as `gcloud compute tpus accelerator-types list`
#                    has it; v5litepod-8 by default
# --version=VERSION  of the runtime; by default the one for the type
# --spot             cheaper, and taken away at any time: see train.sh
# --project=PROJECT  by default that of gcloud
# --dry_run          prints the command and runs nothing
source "$(dirname "$0")/common.sh"

TYPE=v5litepod-8
VERSION=''
SPOT=''
parse 'NAME ZONE PROJECT TYPE VERSION SPOT' "$@"
require_tpu

if [[ -z $VERSION ]]; then
  case $TYPE in
    v5litepod-*) VERSION=v2-alpha-tpuv5-lite ;;
    v5p-*) VERSION=v2-alpha-tpuv5 ;;
    v6e-*) VERSION=v2-alpha-tpuv6e ;;
    v2-* | v3-* | v4-*) VERSION=tpu-ubuntu2204-base ;;
    *) fail "--type=$TYPE has no runtime that is known here; add --version=..." ;;
  esac
fi
tpu create --accelerator-type="$TYPE" --version="$VERSION" ${SPOT:+--spot}
