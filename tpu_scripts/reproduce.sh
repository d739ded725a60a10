# shellcheck shell=bash
# What the scripts that reproduce a paper share. Sourced, not run.
#
# A script sets the name of its paper, and adds what it needs to `collected`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

RESULTS=''
PYTHON=python3

# require_numbers: ends where --steps, --seeds or --budget holds no numbers.
require_numbers() {
  [[ -z $STEPS ]] || require_whole steps 1
  [[ ${SEEDS:-0} =~ ^$WHOLE(,$WHOLE)*$ ]] ||
    fail "--seeds=$SEEDS: expected whole numbers, as in 0,1,2"
  [[ ${BUDGET:-0} =~ ^$WHOLE(\.[0-9]+)?$ ]] ||
    fail "--budget=$BUDGET: expected dollars, as in 2.5"
}

# entry NAME [ARGUMENT ...]: runs an entry of the package.
entry() {
  say "distill_jax.$1"
  run "$PYTHON" -m "distill_jax.$1" "${@:2}"
}

# table FILE [ARGUMENT ...]: trains all rows of a table, compares them, and
# leaves RESULTS/NAME/comparison.md.
table() {
  local name
  name=$(basename "$1" .gin)
  entry compare --gin_file="$1" --gin.RESULTS_DIR="$RESULTS/$name" "${@:2}"
  say "the table: $RESULTS/$name/comparison.md"
}

# quoted VALUE ...: the values as a gin tuple of strings.
quoted() {
  local value
  printf '('
  for value; do printf "'%s'," "${value//\'/\\\'}"; done
  printf ')'
}

# store_of FILE [ARGUMENT ...]: collects into RESULTS/store, where --store names
# none, and sets STORE.
store_of() {
  if [[ -z $STORE ]]; then
    STORE=$RESULTS/store
    entry collect --gin_file="$1" --gin.OUTPUT="$STORE" "${@:2}"
  fi
}
