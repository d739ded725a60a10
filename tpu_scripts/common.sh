# shellcheck shell=bash
# What all scripts share: options, and gcloud on one TPU VM. Sourced, not run.
#
# A script sets its options to their defaults, in capitals, and calls `parse`
# with their names. Its first comment is its --help.
set -euo pipefail

NAME=''
ZONE=''
PROJECT=''
DRY_RUN=''
REST=()

# Ends with what is wrong, and how it is mended.
fail() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

say() {
  echo "$(date +%H:%M:%S) $*" >&2
}

usage() {
  # The first comment of the script, without its signs.
  awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
}

# parse "NAME OTHER ..." "$@": reads --name=value into NAME; a --name without a
# value becomes 1. What stands behind -- goes into REST.
parse() {
  local known=" $1 DRY_RUN " key variable
  shift
  while (($#)); do
    case $1 in
      -h | --help)
        usage
        exit
        ;;
      --)
        shift
        REST=("$@")
        return
        ;;
      --?*)
        key=${1%%=*}
        variable=${key#--}
        variable=${variable^^}
        [[ $variable =~ ^[A-Z_]+$ && $known == *" $variable "* ]] ||
          fail "unknown option $key; see --help"
        if [[ $1 == *=* ]]; then
          printf -v "$variable" '%s' "${1#*=}"
        else
          printf -v "$variable" '%s' 1
        fi
        ;;
      *) fail "unexpected argument $1; options are written --name=value" ;;
    esac
    shift
  done
}

# require OPTION "what it is" ...: ends where one of them is missing.
require() {
  local name
  while (($#)); do
    name=${1^^}
    [[ -n ${!name} ]] || fail "--$1=... is missing: $2"
    shift 2
  done
}

WHOLE='(0|[1-9][0-9]{0,8})'  # no leading zero, and bash can count so far

# require_whole OPTION LEAST ...: ends where one is no whole number from LEAST.
require_whole() {
  local name
  while (($#)); do
    name=${1^^}
    [[ ${!name} =~ ^$WHOLE$ && ${!name} -ge $2 ]] ||
      fail "--$1=${!name}: expected a whole number from $2"
    shift 2
  done
}

require_tpu() {
  require name 'the name of the TPU VM' zone 'where it is, as in us-west4-a'
}

# Runs a command, or prints it where --dry_run was given.
run() {
  if [[ -n $DRY_RUN ]]; then
    printf '%q ' "$@"
    echo
  else
    "$@"
  fi
}

# tpu VERB [ARGUMENT ...]: gcloud on the TPU VM of --name.
tpu() {
  run gcloud compute tpus tpu-vm "$1" "$NAME" --zone="$ZONE" \
    ${PROJECT:+"--project=$PROJECT"} "${@:2}"
}

# on_workers WORKERS COMMAND: runs a command on 'all' workers, or on one.
on_workers() {
  tpu ssh --worker="$1" --command="$2"
}

# Prints READY, PREEMPTED, ...; NONE where there is no such TPU VM.
state() {
  local found said
  said=$(mktemp)
  if found=$(gcloud compute tpus tpu-vm describe "$NAME" --zone="$ZONE" \
    ${PROJECT:+"--project=$PROJECT"} --format='value(state)' 2>"$said"); then
    echo "$found"
  elif grep -qi 'not.\?found' "$said"; then
    echo NONE
  else
    cat "$said" >&2
    echo UNKNOWN
  fi
  rm -f "$said"
}
