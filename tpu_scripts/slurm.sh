#!/usr/bin/env bash
# A run on GPUs under Slurm, a process for each GPU. An example: fit the #SBATCH
# lines to the cluster, then
#
#   sbatch tpu_scripts/slurm.sh --gin_file=qcrd_t5base.gin --gin.MODEL_DIR=/shared/q ...
#
# MODEL_DIR and CACHE_DIR must lie on a disk that all nodes share. Slurm sends
# SIGTERM 90 seconds before the time is up; the run saves, and the job goes back
# into the queue and on from there.
#
# --dry_run  as the first argument: prints the command and runs nothing
#SBATCH --job-name=distill_jax
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-task=1
#SBATCH --cpus-per-task=8
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@90
set -euo pipefail

if [[ ${1-} == --help || ${1-} == -h ]]; then
  awk 'NR > 1 && /^#SBATCH/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
  exit
fi

command=(srun .venv/bin/python -m distill_jax.train --distributed)
if [[ ${1-} == --dry_run ]]; then
  printf '%q ' "${command[@]}" "${@:2}"
  echo
  exit
fi

status=0
"${command[@]}" "$@" || status=$?
# 75: another process was lost; above 128: a signal. A new start goes on; a
# mistake of one process is told as 75 by the others, so there is an end to it.
if ((status == 75 || status > 128)) && ((${SLURM_RESTART_COUNT:-0} < 100)); then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
