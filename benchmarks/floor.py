"""The matrix products of a whole training step, by method, and of writing.

Of a step each function returns the products of forward and backward pass, in
the way the package makes the step; see `products`.
"""

from benchmarks import products
from distill_jax.models import t5

CHOSEN = 2  # candidates that QCRD learns from: one positive, one negative


def finetune(
  c: t5.T5Config, inputs: products.Texts, labels: products.Texts
) -> list[products.Product]:
  """Returns the products of reading inputs and learning their labels."""
  return products.trained(
    [
      *products.encoder(c, inputs),
      *products.memories(c, inputs),
      *products.decoder(c, labels, inputs),
    ]
  )


def step_by_step(
  c: t5.T5Config,
  inputs: products.Texts,
  labels: products.Texts,
  rationales: products.Texts,
) -> list[products.Product]:
  """Returns the products of label and rationale, whose inputs differ."""
  return finetune(c, inputs, labels) + finetune(c, inputs, rationales)


def qcrd(
  c: t5.T5Config,
  inputs: products.Texts,
  labels: products.Texts,
  number: int,
  length: int,
) -> list[products.Product]:
  """Returns the products of scoring all candidates and learning from two.

  Those two go through the decoder twice: once without gradient, when it is not
  known which they are.

  Args:
    c: sizes of the network.
    inputs: questions, behind either prefix.
    labels: theirs.
    number: candidates of a question.
    length: tokens of a candidate.
  """
  of = lambda count: products.Texts.full(inputs.rows * count, length)
  return [
    *finetune(c, inputs, labels),
    *products.decoder(c, of(number), inputs),
    *finetune(c, inputs, of(min(number, CHOSEN))),
  ]


def reranker(
  c: t5.T5Config,
  questions: products.Texts,
  passages: products.Texts,
  dim: int,
) -> list[products.Product]:
  """Returns the products of reading questions and passages and comparing them.

  Args:
    c: sizes of the encoder.
    questions: the rows.
    passages: the same number of each question, with their marks.
    dim: channels of a token that are compared.
  """
  number = passages.rows // questions.rows
  texts = (questions, passages)
  project = [
    products.Product('mk,kn->mn', (one.tokens, c.emb_dim), (c.emb_dim, dim))
    for one in texts
  ]
  compare = products.Product(
    'bsp,btp->bst',
    (questions.rows, questions.length, dim),
    (questions.rows, number * passages.length, dim),
  )
  encode = [one for some in texts for one in products.encoder(c, some)]
  return products.trained([*encode, *project, compare])


def writing(
  c: t5.T5Config, inputs: products.Texts, tokens: int
) -> list[products.Product]:
  """Returns the products of writing `tokens` tokens for each input.

  A token looks at the whole cache, of which the end is empty at first.
  """
  one = products.Texts.full(inputs.rows, 1)
  cache = products.Texts.full(inputs.rows, tokens)
  token = products.decoder(c, one, inputs, seen=cache)
  return [
    *products.encoder(c, inputs),
    *products.memories(c, inputs),
    *products.repeated(token, tokens),
  ]
