#!/usr/bin/env bash
# Runs a command on all workers of a TPU VM at once, in ~/distill_jax.
#
#   tpu_scripts/run.sh --name=tpu1 --zone=us-west4-a -- \
#     .venv/bin/python -c 'import jax; print(jax.local_device_count())'
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where it is
# --worker=I         only this one, from 0; all by default
# --project=PROJECT  by default that of gcloud
# --dry_run          prints the command and runs nothing
source "$(dirname "$0")/common.sh"

WORKER=all
parse 'NAME ZONE PROJECT WORKER' "$@"
require_tpu
((${#REST[@]})) || fail 'no command; give it behind --'
on_workers "$WORKER" "cd distill_jax && $(printf '%q ' "${REST[@]}")"
