"""The tasks as SeqIO knows them, for T5X and whoever else trains by SeqIO.

A module that T5X imports (`MIXTURE_OR_TASK_MODULE`) registers what it needs:

```
from distill_jax.data import source
from distill_jax.tasks import registered
from distill_jax.text import vocabulary

registered.register(
  source.Source(
    task='svamp',
    data_dir='/data/svamp',
    vocabulary=vocabulary.Vocabulary('/data/t5.model', extra_ids=100),
  )
)
```

and trains on `svamp`, the mixture of `svamp_label` and `svamp_rationale`. Tasks
that read no files are registered by importing this module. The package itself
never does: it imports TensorFlow.
"""

import functools
from collections.abc import Iterator

import seqio
import tensorflow as tf

from distill_jax.data import build, prepare, registry
from distill_jax.data import candidates as candidates_lib
from distill_jax.data import source as source_lib

_DSS = candidates_lib.First()
_TEXTS = {
  'inputs': tf.TensorSpec((), tf.string),
  'targets': tf.TensorSpec((), tf.string),
}


def register(
  source: source_lib.Source,
  candidates: candidates_lib.Candidates = _DSS,
) -> seqio.Mixture:
  """Registers two tasks and returns the mixture of them, at equal rates.

  `<task>_label` answers questions, `<task>_rationale` explains them. Both have
  the features `inputs` and `targets`:

    [label] Ida has 3 pens and buys 2. How many?      ( 3 + 2 )
    [rationale] Ida has 3 pens and buys 2. How many?  She has 3 + 2 = 5 pens.

  Args:
    source: task, prompts, vocabulary and labels. Its lengths are left to the
      caller: SeqIO trims at `get_dataset`.
    candidates: which rationales become targets; each is an example of its own,
      and a question without one has none. The choice is that of epoch 0.
  """
  name = source.task.rpartition('.')[2]
  parts = {
    f'{name}_label': functools.partial(_labels, source),
    f'{name}_rationale': functools.partial(_rationales, source, candidates),
  }
  for part, texts in parts.items():
    _register(part, source, texts)
  return seqio.MixtureRegistry.add(name, list(parts), default_rate=1.0)


def _register(name: str, source: source_lib.Source, texts) -> None:
  """Registers one task: texts, tokenised, with the end of sequence."""
  vocabulary = build.wrapped(source.vocabulary)
  seqio.TaskRegistry.add(
    name,
    source=seqio.FunctionDataSource(
      functools.partial(_dataset, texts=texts), splits=source.data_set.splits
    ),
    preprocessors=[
      seqio.preprocessors.tokenize,
      seqio.preprocessors.append_eos,
    ],
    output_features=dict.fromkeys(_TEXTS, seqio.Feature(vocabulary)),
  )


def _dataset(
  split: str, shuffle_files: bool, seed: int | None = None, *, texts
) -> tf.data.Dataset:
  """Returns the inputs and targets of a split, read as they are needed."""
  del shuffle_files, seed  # SeqIO shuffles what comes out
  return tf.data.Dataset.from_generator(
    functools.partial(texts, split), output_signature=_TEXTS
  )


def _labels(source: source_lib.Source, split: str) -> Iterator[dict[str, str]]:
  for _, example in prepare.examples(source, split):
    yield {
      'inputs': example['label_inputs'],
      'targets': example['label_targets'],
    }


def _rationales(
  source: source_lib.Source,
  candidates: candidates_lib.Candidates,
  split: str,
) -> Iterator[dict[str, str]]:
  found = enumerate(prepare.examples(source, split))
  for index, (_, example) in found:
    positives, _ = candidates.choose(example['votes'], 0, index)
    for rationale in (example['rationales'][k] for k in positives):
      if rationale:
        yield {'inputs': example['rationale_inputs'], 'targets': rationale}


for _name in registry.names():
  if not registry.load(_name).DATA_SET.needs_data_dir:
    register(source_lib.Source(task=_name))
