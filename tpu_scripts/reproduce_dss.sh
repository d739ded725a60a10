#!/usr/bin/env bash
# Reproduces the main table of DSS (arXiv:2305.02301) on one of its data sets:
# builds the cache, trains all rows, compares them.
#
#   tpu_scripts/reproduce_dss.sh --results=/results --data=data/svamp.gin \
#     --data_dir=/svamp --vocabulary=/t5/spiece.model \
#     --checkpoint=google/t5-v1_1-base
#   tpu_scripts/reproduce_dss.sh --tiny --results=/tmp/dss
#
# The same command goes on where it was stopped. The rationales are those of the
# release, by PaLM-540B.
#
# --results=FOLDER      receives the cache, all runs and the table
# --data=FILE           of gin/data: data/svamp.gin by default, data/cqa.gin, ...
# --data_dir=FOLDER     that data set as the release has it
# --vocabulary=PATH     of T5
# --checkpoint=PATH     of the student: a Hugging Face name or folder, or T5X
# --model=FILE          of gin/models; models/t5_1_1_base.gin by default
# --seeds=I,J,...       0,1,2,3,4 by default; 0 for --tiny
# --steps=N             of every run, by default those of the run files; 60 for
#                       --tiny
# --tiny                the same on embedded data with a tiny student, on two CPU
#                       cores
# --python=PATH         python3 by default
# --dry_run             prints the commands and runs nothing
source "$(dirname "$0")/reproduce.sh"

DATA=data/svamp.gin
DATA_DIR=''
VOCABULARY=''
CHECKPOINT=''
MODEL=models/t5_1_1_base.gin
SEEDS=''
TINY=''
STEPS=''
parse 'RESULTS DATA DATA_DIR VOCABULARY CHECKPOINT MODEL SEEDS STEPS TINY PYTHON' "$@"
require results 'the folder for all that comes out'
require_numbers

if [[ -n $TINY ]]; then
  size=tiny suffix=_tiny
  files=()
  bindings=("STEPS=${STEPS:-60}")
  SEEDS=${SEEDS:-0}
else
  require data_dir 'the data set as the DSS release has it' \
    vocabulary "T5's spiece.model" checkpoint 'what the student begins as'
  size=t5base suffix=''
  files=("$DATA" "$MODEL")
  bindings=(
    "DATA_DIR=$DATA_DIR" "VOCABULARY=$VOCABULARY"
    "INITIAL_CHECKPOINT=$CHECKPOINT" ${STEPS:+"STEPS=$STEPS"}
  )
  SEEDS=${SEEDS:-0,1,2,3,4}
fi
bindings+=("CACHE_DIR=$RESULTS/cache")

entry cache --gin_file="dss_$size.gin" "${files[@]/#/--gin_file=}" \
  "${bindings[@]/#/--gin.}"
table "tables/dss_main$suffix.gin" \
  --gin.Comparison.gin_files="$(quoted "${files[@]}")" \
  --gin.BINDINGS="$(quoted "${bindings[@]}")" --gin.SEEDS="($SEEDS,)"
