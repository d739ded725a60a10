"""Tokenises prepared texts through SeqIO: the only home of TensorFlow.

`tokenizer` runs it in a process of its own, so that neither TensorFlow nor
SeqIO is ever loaded beside training. The folder was made by `prepare`; this
adds the arrays of token ids.
"""

import functools
import pathlib
import sys

import numpy as np
import seqio
import tensorflow as tf

from distill_jax.data import cached, lifeline, writing
from distill_jax.data import plan as plan_lib
from distill_jax.text import tokenizer as tokenizer_lib
from distill_jax.text import vocabularies
from distill_jax.text import vocabulary as vocabulary_lib

_SIGNATURE = {
  **dict.fromkeys(cached.FEATURES, tf.TensorSpec((), tf.string)),
  'rationales': tf.TensorSpec((None,), tf.string),
  'votes': tf.TensorSpec((None,), tf.int8),
}


class Vocabulary(seqio.SentencePieceVocabulary):
  """A vocabulary that encodes as `text.vocabulary.Vocabulary` does.

  That is SentencePiece, with '</s>' inside a text as the one id.
  """

  def _encode_tf(self, s: tf.Tensor) -> tf.Tensor:
    parts = tf.strings.split(tf.reshape(s, [-1]), vocabulary_lib.END)
    ids = self.tf_tokenizer.tokenize(parts.flat_values)
    ends = tf.fill([ids.nrows(), 1], self.eos_id)
    joined = parts.with_values(tf.concat([ids, ends], 1)).merge_dims(1, 2)
    texts = joined[:, :-1]  # behind the last part no end was asked for
    return texts if s.shape.rank else texts[0]


class Other(seqio.Vocabulary):
  """A vocabulary that TensorFlow has no operation for, called from it."""

  def __init__(self, ours: tokenizer_lib.Tokenizer):
    """Keeps the vocabulary that says the ids."""
    super().__init__()
    self._ours = ours

  def _encode_tf(self, s: tf.Tensor) -> tf.Tensor:
    texts = tf.reshape(s, [-1])
    ids, counts = tf.numpy_function(self._flat, [texts], (tf.int32, tf.int32))
    ids, counts = tf.ensure_shape(ids, [None]), tf.ensure_shape(counts, [None])
    rows = tf.RaggedTensor.from_row_lengths(ids, counts)
    return rows if s.shape.rank else rows[0]

  def _flat(self, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ids of all texts behind one another, and how many each has."""
    rows = [self._ours.encode(text.decode()) for text in texts]
    ids = [token for row in rows for token in row]
    return np.array(ids, np.int32), np.array(list(map(len, rows)), np.int32)

  def _decode_tf(self, ids: tf.Tensor) -> tf.Tensor:
    return tf.numpy_function(
      lambda row: self._ours.decode(row).encode(), [ids], tf.string
    )

  def _encode(self, s: str) -> list[int]:
    return self._ours.encode(s)

  def _decode(self, ids: list[int]) -> str:
    return self._ours.decode(ids)

  @property
  def eos_id(self) -> int:
    """End of a sequence."""
    return self._ours.eos_id

  @property
  def unk_id(self) -> int:
    """What stands for what cannot be expressed."""
    return self._ours.unk_id

  @property
  def _base_vocab_size(self) -> int:
    return self._ours.size

  def __eq__(self, other: object) -> bool:
    return isinstance(other, Other) and self._ours == other._ours


def wrapped(ours: tokenizer_lib.Tokenizer) -> seqio.Vocabulary:
  """Returns a vocabulary as SeqIO calls it."""
  if isinstance(ours, vocabulary_lib.Vocabulary):
    return Vocabulary(str(ours.file), ours.extra_ids)
  return Other(ours)


def main() -> None:
  """Builds in the folder that the first argument names."""
  folder = pathlib.Path(sys.argv[1])
  lifeline.follow(folder)
  build(folder, plan_lib.Plan.read(folder))


def build(folder: pathlib.Path, plan: plan_lib.Plan) -> None:
  """Adds arrays and their tables to the prepared splits of a folder."""
  task = tokenised(folder, plan)
  # SeqIO's steps are graphs already; to look for more takes seconds per split.
  dataset = tf.autograph.experimental.do_not_convert(task.get_dataset)
  for split in plan.splits:
    examples = dataset(None, split, shuffle=False).as_numpy_iterator()
    facts = writing.write(examples, folder / split, plan)
    plan_lib.write_facts(folder / split, facts)
    (folder / split / plan_lib.TEXTS).unlink()


def tokenised(folder: pathlib.Path, plan: plan_lib.Plan) -> seqio.Task:
  """Returns the task that turns prepared texts into ids, EOS appended."""
  vocabulary = wrapped(
    vocabularies.opened(plan.kind, plan.vocabulary, plan.settings)
  )
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


if __name__ == '__main__':
  main()
