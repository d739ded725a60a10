#!/usr/bin/env bash
# Reproduces the main table of KARD (arXiv:2305.18395) on MedQA: asks a teacher,
# indexes the passages, builds the cache, trains the reranker and all rows,
# compares them.
#
#   tpu_scripts/reproduce_kard.sh --results=/results --data_dir=/medqa \
#     --corpus=/wikipedia.jsonl.gz --vocabulary=/t5/spiece.model \
#     --checkpoint=google/flan-t5-base --reader=/BioLinkBERT
#   tpu_scripts/reproduce_kard.sh --tiny --results=/tmp/kard
#
# The same command goes on where it was stopped.
#
# --results=FOLDER      receives the store, index, cache, all runs and the table
# --data_dir=FOLDER     MedQA: train.jsonl, dev.jsonl, test.jsonl
# --corpus=FILE         of passages, see docs/retrieval.md
# --vocabulary=PATH     of the student
# --checkpoint=PATH     of the student: a Hugging Face name or folder, or T5X
# --reader=PATH         of the reranker, as a Hugging Face folder
# --filter=MODEL        that must find the answer by a rationale, or the rationale
#                       is dropped; gpt-3.5-turbo by default
# --budget=DOLLARS      for each of the two, whose key is in OPENAI_API_KEY; 50 by
#                       default
# --store=FOLDER        rationales that were collected before; asks nobody
# --seeds=I,J,...       0,1,2 by default; 0 for --tiny
# --steps=N             of every run, by default those of the run files; 60 for
#                       --tiny
# --tiny                the same on embedded facts with a tiny student, whose
#                       rationales come with them, on two CPU cores
# --python=PATH         python3 by default
# --dry_run             prints the commands and runs nothing
source "$(dirname "$0")/reproduce.sh"

DATA_DIR=''
CORPUS=''
VOCABULARY=''
CHECKPOINT=''
READER=''
FILTER=gpt-3.5-turbo
BUDGET=50
STORE=''
SEEDS=''
TINY=''
STEPS=''
parse 'RESULTS DATA_DIR CORPUS VOCABULARY CHECKPOINT READER FILTER BUDGET STORE SEEDS STEPS TINY PYTHON' "$@"
require results 'the folder for all that comes out'
require_numbers

if [[ -n $TINY ]]; then
  steps=("STEPS=${STEPS:-60}")
  entry cache --gin_file=kard_tiny.gin "${steps[@]/#/--gin.}" \
    --gin.CACHE_DIR="$RESULTS/cache"
  table tables/kard_main_tiny.gin --gin.SEEDS="(${SEEDS:-0},)" \
    --gin.DATA_IS="$(quoted "${steps[@]}" "CACHE_DIR=$RESULTS/cache")"
  exit
fi

require data_dir 'the folder of MedQA' corpus 'a file of passages' \
  vocabulary 'of the student' checkpoint 'what the student begins as' \
  reader 'what the reranker begins as'
store_of collect_kard.gin --gin.TASK=medqa --gin.DATA_DIR="$DATA_DIR" \
  --gin.BUDGET="$BUDGET"
if [[ ! -e $RESULTS/kept ]]; then
  entry filter --gin_file=filter_kard.gin --gin.DATA_DIR="$STORE" \
    --gin.ANSWERS='@answers.Choice()' --gin.MODEL="$FILTER" \
    --gin.BUDGET="$BUDGET" --gin.OUTPUT="$RESULTS/kept"
fi
entry retrieve --gin_file=retrieve_bm25.gin --gin.CORPUS="$CORPUS" \
  --gin.INDEX_DIR="$RESULTS/index"
data=(
  "TASK=records" "DATA_DIR=$RESULTS/kept" 'Source.answers=@answers.Choice()'
  "CACHE_DIR=$RESULTS/cache" ${STEPS:+"STEPS=$STEPS"}
)
student=("VOCABULARY=$VOCABULARY" "INITIAL_CHECKPOINT=$CHECKPOINT")
passages=("CORPUS=$CORPUS" "INDEX_DIR=$RESULTS/index")
entry cache --gin_file=kard_flan_t5base.gin "${data[@]/#/--gin.}" \
  "${student[@]/#/--gin.}" "${passages[@]/#/--gin.}"
table tables/kard_main.gin --gin.SEEDS="(${SEEDS:-0,1,2},)" \
  --gin.DATA_IS="$(quoted "${data[@]}")" \
  --gin.STUDENT_IS="$(quoted "${student[@]}")" \
  --gin.PASSAGES_ARE="$(quoted "${passages[@]}")" \
  --gin.READER_IS="$(quoted "READER_VOCABULARY=$READER")" \
  --gin.READER_BEGINS="$(quoted "CRITIC_INITIAL_CHECKPOINT=$READER")"
