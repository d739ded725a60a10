#!/usr/bin/env bash
# Reproduces the tables of QCRD (arXiv:2405.13014) on SVAMP: asks a teacher,
# builds the cache, trains all rows of main table and ablation, compares them.
#
#   tpu_scripts/reproduce_qcrd.sh --results=/results --data_dir=/svamp \
#     --vocabulary=/t5/spiece.model --checkpoint=google/t5-v1_1-base
#   tpu_scripts/reproduce_qcrd.sh --tiny --results=/tmp/qcrd
#
# The same command goes on where it was stopped.
#
# --results=FOLDER      receives the store, the cache, all runs and the tables
# --data_dir=FOLDER     SVAMP as the DSS release has it
# --vocabulary=PATH     of T5
# --checkpoint=PATH     of the student: a Hugging Face name or folder, or T5X
# --model=FILE          of gin/models; models/t5_1_1_base.gin by default
# --budget=DOLLARS      for the teacher, whose key is in OPENAI_API_KEY; 5 by
#                       default
# --store=FOLDER        rationales that were collected before; asks nobody
# --seeds=I,J,...       0,1,2,3,4 by default; 0 for --tiny
# --steps=N             of every run, by default those of the run files; 60 for
#                       --tiny. Given with --tiny, N is the critic's first phase,
#                       too, which has 300 otherwise
# --tiny                the same on embedded data with a tiny student and a
#                       teacher that is a script, on two CPU cores
# --python=PATH         python3 by default
# --dry_run             prints the commands and runs nothing
source "$(dirname "$0")/reproduce.sh"

DATA_DIR=''
VOCABULARY=''
CHECKPOINT=''
MODEL=models/t5_1_1_base.gin
BUDGET=5
STORE=''
SEEDS=''
TINY=''
STEPS=''
critic=()  # what its row is told beside the others
parse 'RESULTS DATA_DIR VOCABULARY CHECKPOINT MODEL BUDGET STORE SEEDS STEPS TINY PYTHON' "$@"
require results 'the folder for all that comes out'
require_numbers

if [[ -n $TINY ]]; then
  store_of collect_tiny.gin
  size=tiny suffix=_tiny
  files=(data/records.gin)
  bindings=("STEPS=${STEPS:-60}")
  if [[ -n $STEPS ]]; then
    critic=(--gin.qcrd/grid.Row.bindings="('PRETRAINING_STEPS=$STEPS',)")
  fi
  SEEDS=${SEEDS:-0}
else
  require data_dir 'SVAMP as the DSS release has it' \
    vocabulary "T5's spiece.model" checkpoint 'what the student begins as'
  store_of collect_svamp.gin --gin.DATA_DIR="$DATA_DIR" --gin.BUDGET="$BUDGET"
  size=t5base suffix=''
  files=(data/records.gin "$MODEL")
  bindings=(
    "VOCABULARY=$VOCABULARY" 'EXTRA_IDS=100' 'VOCAB_LIMIT=32100'
    "INITIAL_CHECKPOINT=$CHECKPOINT" ${STEPS:+"STEPS=$STEPS"}
  )
  SEEDS=${SEEDS:-0,1,2,3,4}
fi
bindings+=(
  "DATA_DIR=$STORE" 'ANSWERS=@answers.Equation()' "CACHE_DIR=$RESULTS/cache"
)

entry cache --gin_file="qcrd_$size.gin" "${files[@]/#/--gin_file=}" \
  "${bindings[@]/#/--gin.}"
for name in qcrd_main qcrd_ablation; do
  table "tables/$name$suffix.gin" \
    --gin.Comparison.gin_files="$(quoted "${files[@]}")" \
    --gin.BINDINGS="$(quoted "${bindings[@]}")" --gin.SEEDS="($SEEDS,)" \
    "${critic[@]}"
done
