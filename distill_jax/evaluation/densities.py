"""How a critic's qualities are spread, as numbers and as a picture."""

import dataclasses
import json
from collections.abc import Mapping, Sequence

import numpy as np
from etils import epath
from jaxtyping import Int
from matplotlib import figure as figure_lib

from distill_jax import processes
from distill_jax.critics import critic as critic_lib
from distill_jax.data import cached
from distill_jax.evaluation import predictions, quality
from distill_jax.methods import method
from distill_jax.text import tokenizer as tokenizer_lib

_BINS = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Density:
  """How often each quality occurs.

  Attributes:
    number: of rationales.
    mean: of their qualities.
    peak: middle of the fullest bin.
    counts: in bins of equal width over [0, 1].
  """

  number: int
  mean: float
  peak: float
  counts: tuple[int, ...]


def density(qualities: Sequence[float]) -> Density:
  """Returns the density of qualities in [0, 1]; at least one is needed."""
  counts, edges = np.histogram(qualities, bins=_BINS, range=(0.0, 1.0))
  fullest = int(np.argmax(counts))
  return Density(
    number=len(qualities),
    mean=float(np.mean(qualities)),
    peak=float((edges[fullest] + edges[fullest + 1]) / 2),
    counts=tuple(int(count) for count in counts),
  )


def measure(
  critic: critic_lib.Critic,
  params: method.Params,
  split: cached.Split,
  samples: Mapping[str, Sequence[Int[np.ndarray, ' T']]],
  vocabulary: tokenizer_lib.Tokenizer,
) -> dict[str, Density]:
  """Returns the densities of the teacher's and of a student's rationales.

  `teacher positives` have won their vote, `teacher negatives` have lost it.
  Groups without any rationale are left out.

  Source: arXiv:2405.13014, the figure of score densities.

  Args:
    critic: the network.
    params: what it scores by, parameters of each network by name.
    split: questions and the teacher's rationales.
    samples: by name, one rationale of a student per question, as token ids.
    vocabulary: of the critic.
  """
  rows = [split[index] for index in range(len(split))]
  groups = {
    'teacher positives': quality.qualities(critic, params, _teacher(rows, 1)),
    'teacher negatives': quality.qualities(critic, params, _teacher(rows, -1)),
  }
  for name, written in samples.items():
    found = quality.of_samples(critic, params, split, written, vocabulary)
    groups[name] = [value for value in found if value is not None]
  return {name: density(values) for name, values in groups.items() if values}


def _teacher(rows: Sequence[cached.Row], vote: int) -> list[quality.Pair]:
  return [
    (row.questions, ids)
    for row in rows
    for ids, own in zip(row.rationales, row.votes)
    if own == vote and len(ids) > 1
  ]


def write(folder: epath.Path, name: str, found: Mapping[str, Density]) -> None:
  """Writes `eval/NAME.json` and `eval/NAME.png` into a run's folder."""
  if not processes.leads():
    return
  said = {key: dataclasses.asdict(value) for key, value in found.items()}
  target = folder / 'eval' / f'{name}.json'
  predictions.write_text(target, json.dumps(said, indent=2) + '\n')
  aside = target.with_name(f'.{name}.png')
  with aside.open('wb') as file:
    _drawn(found).savefig(file, format='png', dpi=150)
  aside.replace(target.with_suffix('.png'))


def _drawn(found: Mapping[str, Density]) -> figure_lib.Figure:
  """A curve per group; the area under each is 1."""
  drawn = figure_lib.Figure(figsize=(6.5, 4.0), layout='constrained')
  axes = drawn.subplots()
  edges = np.linspace(0.0, 1.0, _BINS + 1)
  for name, value in found.items():
    heights = np.array(value.counts) / value.number * _BINS
    axes.stairs(heights, edges, label=f'{name} ({value.number:,})', linewidth=2)
  axes.set_xlabel('quality by the discriminator')
  axes.set_ylabel('density')
  axes.legend(fontsize='small')
  axes.grid(alpha=0.3)
  return drawn
