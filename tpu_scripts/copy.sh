#!/usr/bin/env bash
# Copies the code to all workers of a TPU VM and installs it there.
#
#   tpu_scripts/copy.sh --name=tpu1 --zone=us-west4-a
#
# It lands in ~/distill_jax, its environment in ~/distill_jax/.venv. What git
# ignores is not copied; what is not committed yet is.
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where it is
# --project=PROJECT  by default that of gcloud
# --dry_run          prints the commands and runs nothing
source "$(dirname "$0")/common.sh"

parse 'NAME ZONE PROJECT' "$@"
require_tpu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
archive=$folder/distill_jax.tar.gz
# Deleted files are listed too: only those that are there go in.
(
  cd "$root"
  git ls-files --cached --others --exclude-standard -z |
    while IFS= read -r -d '' file; do
      if [[ -e $file ]]; then printf '%s\0' "$file"; fi
    done |
    tar --create --gzip --null --files-from=- --file="$archive"
)
run gcloud compute tpus tpu-vm scp "$archive" "$NAME:distill_jax.tar.gz" \
  --zone="$ZONE" ${PROJECT:+"--project=$PROJECT"} --worker=all
on_workers all 'mkdir -p distill_jax && tar -xzf distill_jax.tar.gz -C distill_jax
cd distill_jax && python3 -m venv .venv && .venv/bin/pip install --quiet -e ".[tpu]"'
