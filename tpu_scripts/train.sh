#!/usr/bin/env bash
# Trains on a TPU VM, and starts again after every preemption until it is done.
#
#   tpu_scripts/train.sh --name=tpu1 --zone=us-west4-a --type=v5litepod-8 --spot \
#     -- --gin_file=qcrd_t5base.gin --gin.MODEL_DIR=gs://bucket/run ...
#
# What stands behind -- goes to `python -m distill_jax.train`, on all workers.
# MODEL_DIR must be on gs://: it outlives the machines. The TPU VM is created
# where there is none and the code is copied. Then the script looks every minute:
# where machines were taken away it makes new ones, and the run goes on from its
# newest checkpoint. It ends with the status of the run.
#
# --name=NAME        of the TPU VM
# --zone=ZONE        where
# --type=TYPE        accelerator, see create.sh
# --version=VERSION  of the runtime, see create.sh
# --spot             see create.sh
# --project=PROJECT  by default that of gcloud
# --starts=N         at most so many, 100 by default
# --compiled=FOLDER  on gs://, keeps compiled programs for the machines to come
# --every=SECONDS    from one look to the next, 60 by default
# --dry_run          prints the commands of one start and runs nothing
source "$(dirname "$0")/common.sh"

TYPE=v5litepod-8
VERSION=''
SPOT=''
COMPILED=''
STARTS=100
EVERY=60
parse 'NAME ZONE PROJECT TYPE VERSION SPOT COMPILED STARTS EVERY' "$@"
require_tpu
require_whole starts 1 every 0
((${#REST[@]})) || fail 'no arguments of distill_jax.train; give them behind --'
[[ " ${REST[*]}" == *' --gin.MODEL_DIR=gs://'* ]] ||
  fail '--gin.MODEL_DIR=gs://... is missing behind --; a local folder is lost with its machine'

[[ -z $COMPILED || $COMPILED == gs://* ]] ||
  fail "--compiled=$COMPILED: expected a folder on gs://, which outlives the machines"

here=$(dirname "$0")
place=(--name="$NAME" --zone="$ZONE" ${PROJECT:+"--project=$PROJECT"} ${DRY_RUN:+--dry_run})

# The run is a process of the workers, not of this connection, which may break.
start() {
  local command
  command=".venv/bin/python -m distill_jax.train --distributed $(printf '%q ' "${REST[@]}")"
  [[ -z $COMPILED ]] || command="JAX_COMPILATION_CACHE_DIR=$(printf '%q' "$COMPILED") $command"
  on_workers all "cd distill_jax && rm -f run.status
nohup setsid bash -c $(printf '%q' "$command; echo \$? > run.status") > run.log 2>&1 < /dev/null &"
}

# Ends what is left of a run, which may be saving; it must not end its own shell.
END="pkill -TERM -f '[d]istill_jax.train'
for second in \$(seq 120); do
  pgrep -f '[d]istill_jax.train' > /dev/null || break
  sleep 1
done; true"

# Makes the machines if need be, and puts the code on them.
prepare() {
  local now=NONE
  [[ -n $DRY_RUN ]] || now=$(state)
  case $now in
    READY) on_workers all "$END" ;;
    NONE | PREEMPTED | TERMINATED | STOPPED | HIDDEN)
      if [[ $now != NONE ]]; then
        say "$NAME is $now: deleting it"
        tpu delete --quiet
      fi
      "$here/create.sh" "${place[@]}" --type="$TYPE" --version="$VERSION" \
        ${SPOT:+--spot}
      ;;
    *)
      say "$NAME is $now: waiting"
      return 1
      ;;
  esac
  "$here/copy.sh" "${place[@]}"
}

# Prints 1 or 2 where that is the status of any worker: it knows what is wrong,
# when all others know only that they lost it. Else 75.
mistake() {
  local found
  found=$(on_workers all 'cat distill_jax/run.status 2>/dev/null; true') || true
  grep -x '[12]' <<< "$found" | head -n 1 | grep . || echo 75
}

# Waits for the end of the run; prints its status, or 'gone' without machines.
watch() {
  local status
  while sleep "$EVERY"; do
    case $(state) in
      READY) ;;
      UNKNOWN) continue ;; # this look has failed, not the machines
      *)
        echo gone
        return
        ;;
    esac
    status=$(on_workers 0 'cat distill_jax/run.status 2>/dev/null; true') || continue
    if [[ $status =~ ^[0-9]+$ ]]; then
      [[ $status != 75 ]] || status=$(mistake)
      echo "$status"
      return
    fi
  done
}

for ((number = 1; number <= STARTS; number++)); do
  say "start $number of at most $STARTS"
  if ! prepare || ! start; then
    say 'the machines cannot be made or reached; trying again'
    [[ -n $DRY_RUN ]] || sleep "$EVERY"
    continue
  fi
  [[ -z $DRY_RUN ]] || exit 0
  status=$(watch)
  case $status in
    0)
      say 'the run is done'
      exit 0
      ;;
    # Lost machines, another process lost, a signal: the next start goes on.
    gone | 75 | 1[2-9][0-9]) say "the run was interrupted ($status)" ;;
    *)
      on_workers 0 'tail -n 20 distill_jax/run.log' || true
      say "the run ended with status $status; nothing a new start would mend"
      exit "$status"
      ;;
  esac
done
fail "given up after $STARTS starts; the same command goes on"
