"""The card of a rationale store: what was asked of whom, and what it cost."""

import dataclasses
import datetime
import json
from collections.abc import Iterator

from distill_jax.teachers import markdown, spending
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.stores import summary as summary_lib
from distill_jax.text import answers as answers_lib

# Hugging Face's names for sizes of data sets, and what each begins with.
_SIZES = (
  (0, 'n<1K'),
  (1_000, '1K<n<10K'),
  (10_000, '10K<n<100K'),
  (100_000, '100K<n<1M'),
  (1_000_000, '1M<n<10M'),
)
_HEAD = """\
---
tags: [rationales, chain-of-thought, synthetic]
size_categories: ["{size}"]
configs:
- config_name: default
  data_files: [{{split: {split}, path: {file}}}]
---"""
FIGURES = (
  'In brackets are 95 % intervals; that of the samples is as wide as if a '
  'question had one, since its samples are not independent. A sample is right '
  'where its answer agrees with the label of the question, and wrong where it '
  'has none; one that says nothing at all counts too, though it is not in the '
  'file. The vote is the most frequent answer of a question; in a tie the '
  'answer sampled first counts, but no sample is a positive then. Lengths are '
  'without the sentence that states the answer.'
)
_TRAINING = """\
Each line of `{split}.jsonl` is a question with its rationales. With
`train.jsonl`, `validation.jsonl` and `test.jsonl` in one folder distill_jax
trains a student on them:

```bash
python -m distill_jax.train --gin_file=qcrd_t5small.gin \\
  --gin_file=data/records.gin --gin.DATA_DIR=THIS_FOLDER \\
  {answers} \\
  --gin.VOCABULARY=spiece.model --gin.MODEL_DIR=/tmp/run
```"""
LICENCE = (
  'Not settled here: it depends on the licence of the questions and on the '
  'terms of the model that wrote the rationales. Whoever publishes the data '
  'adds a line `license: ...` to the head of this file.'
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
  """What a card tells.

  Attributes:
    task: name of the data set whose questions were asked.
    split: which of them.
    answers: the kind of answer.
    model: the teacher's name.
    settings: how it wrote.
    form: how the prompts are laid out.
    prompt: the first prompt.
    summary: figures of the store.
    spent: what its samples cost.
    prices: of the tokens.
    date: when the store was written.
    citation: where the questions come from, '' where nobody says.
    endpoints: hosts where it was reached; none for a teacher in process.
    examples: name of the solved examples before a question; None for none.
    estimated: whether the endpoint did not count all tokens.
  """

  task: str
  split: str
  answers: answers_lib.Answers
  model: str
  settings: request_lib.Settings
  form: str
  prompt: tuple[request_lib.Message, ...]
  summary: summary_lib.Summary
  spent: spending.Spent
  prices: spending.Prices
  date: datetime.date
  citation: str = ''
  endpoints: tuple[str, ...] = ()
  examples: str | None = None
  estimated: bool = False


def text(facts: Facts) -> str:
  """README.md for the folder of a store."""
  code, plain = markdown.code, markdown.plain
  figures = ((name, plain(said)) for name, said in facts.summary.rows())
  parts = [
    head(facts.split, facts.summary.questions),
    f'# Rationales for {code(facts.task)}, {code(facts.split)}',
    _what(facts),
    '## Teacher',
    markdown.table(_teacher(facts)),
    '## Prompt',
    'Of the first question, in full:',
    *(
      f'{message.role}:\n\n{markdown.fenced(message.content)}'
      for message in facts.prompt
    ),
    '## Figures',
    markdown.table(figures),
    FIGURES,
    '## Cost',
    markdown.table(
      cost(facts.spent, facts.prices, facts.summary.samples, facts.estimated)
    ),
    '## Training on it',
    training(facts.split, facts.answers),
    '## Licence',
    LICENCE,
  ]
  return '\n\n'.join(parts) + '\n'


def head(split: str, questions: int) -> str:
  """The head that Hugging Face reads; text in JSON's quotes is YAML too.

  Args:
    split: the name of the store, and of its file.
    questions: in it.
  """
  return _HEAD.format(
    size=[name for least, name in _SIZES if questions >= least][-1],
    split=json.dumps(split),
    file=json.dumps(f'{split}.jsonl'),
  )


def training(split: str, answers: answers_lib.Answers) -> str:
  """How one trains on a split of such a folder, as Markdown."""
  return _TRAINING.format(split=split, answers=_bound(answers))


def cost(
  spent: spending.Spent,
  prices: spending.Prices,
  samples: int,
  estimated: bool,
) -> Iterator[tuple[str, str]]:
  """Rows of what was paid: what it is, and how it reads.

  Args:
    spent: in all.
    prices: of today.
    samples: that were asked for.
    estimated: whether the endpoint did not count all tokens.
  """
  about = 'about ' * estimated
  shared = '; what was asked alike was asked once'
  shared *= spent.samples < samples
  yield 'samples paid for', f'{spent.samples:,}{shared}'
  yield 'tokens of prompts', f'{about}{spent.prompt_tokens:,}'
  yield 'tokens of samples', f'{about}{spent.completion_tokens:,}'
  if spent.money:
    paid = f'{about}{prices.shown(spent.money)}, at the prices of its time'
    yield 'cost', markdown.plain(paid)
  if prices.given:
    each = ' and '.join(map(prices.shown, (prices.prompt, prices.completion)))
    yield 'prices of a million of each now', markdown.plain(each)
  if estimated:
    yield 'note', 'the endpoint did not count all tokens: some are estimates'


def _what(facts: Facts) -> str:
  count = facts.summary
  shown = ', who was shown the right answers' * count.labels_shown
  cited = f' The questions: {markdown.plain(facts.citation)}.'
  return (
    f'{count.questions:,} questions with {count.samples - count.empty:,} '
    'rationales. '
    '**The rationales were written by a machine**, '
    f'{markdown.code(facts.model)}{shown}; no person has checked them, and '
    f'some may be wrong.{cited * bool(facts.citation)} Collected by '
    f'distill_jax on {facts.date}.'
  )


def _bound(answers: answers_lib.Answers) -> str:
  """The arguments that name a kind of answer."""
  kind = type(answers).__name__
  settings = (
    f' --gin.{kind}.{field.name}="{getattr(answers, field.name)}"'
    for field in dataclasses.fields(answers)
  )
  return f"--gin.ANSWERS='@answers.{kind}()'" + ''.join(settings)


def _teacher(facts: Facts) -> Iterator[tuple[str, str]]:
  code, settings = markdown.code, facts.settings
  yield 'model', code(facts.model)
  if facts.endpoints:
    yield 'endpoint', ', '.join(map(code, facts.endpoints))
  if facts.summary.wanted is not None:
    yield 'samples of a question', f'{facts.summary.wanted:,}'
  for name in ('temperature', 'top_p'):
    value = getattr(settings, name)
    shown = "the endpoint's own" if value is None else f'{value:g}'
    yield markdown.plain(name), shown
  yield 'tokens of a sample', f'at most {settings.max_tokens:,}'
  if settings.stop:
    yield 'ended by', ', '.join(code(json.dumps(one)) for one in settings.stop)
  for name, value in settings.more.items():
    yield markdown.plain(name), code(json.dumps(value, default=str))
  yield 'form of the prompt', code(facts.form)
  yield 'examples', code(facts.examples) if facts.examples else 'none'
