"""Tokenises prepared texts through SeqIO: the only home of TensorFlow.

It runs as `python -m distill_jax.data.build FOLDER`, in a process of its own,
so that neither TensorFlow nor SeqIO is ever loaded beside training. The folder
was made by `prepare`; this adds the arrays of token ids.
"""

import functools
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import seqio
import tensorflow as tf

from distill_jax.data import arrays, cached
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import plan as plan_lib

_SIGNATURE = {
  **dict.fromkeys(cached.FEATURES, tf.TensorSpec((), tf.string)),
  'rationales': tf.TensorSpec((None,), tf.string),
  'votes': tf.TensorSpec((None,), tf.int8),
}


def main() -> None:
  """Adds arrays and their tables to every split of the folder."""
  folder = pathlib.Path(sys.argv[1])
  plan = plan_lib.Plan.read(folder)
  task = tokenised(folder, plan)
  for split in plan.splits:
    examples = task.get_dataset(None, split, shuffle=False).as_numpy_iterator()
    facts = write(examples, folder / split, plan)
    (folder / split / plan_lib.FACTS).write_text(json.dumps(facts))
    (folder / split / plan_lib.TEXTS).unlink()


def tokenised(folder: pathlib.Path, plan: plan_lib.Plan) -> seqio.Task:
  """Returns the task that turns prepared texts into ids, EOS appended."""
  vocabulary = seqio.SentencePieceVocabulary(plan.vocabulary)
  text = seqio.Feature(vocabulary)
  return seqio.Task(
    'prepared_texts',
    source=seqio.FunctionDataSource(
      functools.partial(_texts, folder=folder), splits=plan.splits
    ),
    preprocessors=[
      functools.partial(seqio.preprocessors.tokenize, copy_pretokenized=False),
      seqio.preprocessors.append_eos,
    ],
    output_features={
      **dict.fromkeys(cached.FEATURES, text),
      'questions': seqio.Feature(vocabulary, add_eos=False),
      'rationales': seqio.Feature(vocabulary, rank=2),
    },
  )


def _texts(
  split: str, shuffle_files: bool, folder: pathlib.Path
) -> tf.data.Dataset:
  """Returns the prepared texts of a split, read as they are needed."""
  del shuffle_files
  lines = functools.partial(plan_lib.read_texts, folder / split)
  return tf.data.Dataset.from_generator(lines, output_signature=_SIGNATURE)


def write(
  examples: Iterator[dict[str, Any]],
  folder: pathlib.Path,
  plan: plan_lib.Plan,
) -> dict[str, Any]:
  """Writes a split's arrays, one example at a time.

  Returns:
    `arrays`, the table of the files; and `features`: per feature the number
    of texts, how many were cut, and the longest in tokens.
  """
  counts = {name: _Count(name, plan.lengths) for name in lengths_lib.KIND}
  with arrays.Writer(folder) as writer:
    for name in counts:
      writer.start(name, plan.dtype)
    writer.start('votes', 'int8')
    for example in examples:
      writer.append_row('votes', example['votes'], 'int8')
      for name in cached.FEATURES:
        row = counts[name].fit(example[name])
        writer.append_row(name, row, plan.dtype)
      for rationale in example['rationales']:
        row = counts['rationales'].fit(rationale)
        writer.append_row('rationales', row, plan.dtype)
  return {
    'arrays': writer.table,
    'features': {name: count.facts for name, count in counts.items()},
  }


class _Count:
  """Cuts the texts of one feature to their limit, and counts.

  Attributes:
    facts: number of texts, of cut ones, and the longest in tokens.
  """

  def __init__(self, name: str, lengths: lengths_lib.Lengths):
    self.facts = {'texts': 0, 'cut': 0, 'longest': 0}
    self._limit = lengths.of(name)

  def fit(self, ids: Any) -> Any:
    """Returns the ids within the limit."""
    kept = ids[: self._limit]
    self.facts['texts'] += 1
    self.facts['cut'] += len(kept) < len(ids)
    self.facts['longest'] = max(self.facts['longest'], len(kept))
    return kept


if __name__ == '__main__':
  main()
