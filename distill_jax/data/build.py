"""Tokenises prepared texts through SeqIO: the only home of TensorFlow.

`tokenizer` runs it in a process of its own, so that neither TensorFlow nor
SeqIO is ever loaded beside training. The folder was made by `prepare`; this
adds the arrays of token ids.
"""

import functools
import json
import pathlib
import sys

import seqio
import tensorflow as tf

from distill_jax.data import cached, lifeline, writing
from distill_jax.data import plan as plan_lib
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


def main() -> None:
  """Adds arrays and their tables to every split of the folder."""
  folder = pathlib.Path(sys.argv[1])
  lifeline.follow(folder)
  plan = plan_lib.Plan.read(folder)
  task = tokenised(folder, plan)
  # SeqIO's steps are graphs already; to look for more takes seconds per split.
  dataset = tf.autograph.experimental.do_not_convert(task.get_dataset)
  for split in plan.splits:
    examples = dataset(None, split, shuffle=False).as_numpy_iterator()
    facts = writing.write(examples, folder / split, plan)
    (folder / split / plan_lib.FACTS).write_text(json.dumps(facts))
    (folder / split / plan_lib.TEXTS).unlink()


def tokenised(folder: pathlib.Path, plan: plan_lib.Plan) -> seqio.Task:
  """Returns the task that turns prepared texts into ids, EOS appended."""
  vocabulary = Vocabulary(plan.vocabulary)
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
