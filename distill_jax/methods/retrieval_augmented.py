"""RAG: the student learns beside passages that a trained retriever finds."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.critics import dense
from distill_jax.losses import marginal, mean
from distill_jax.methods import layout as layout_lib
from distill_jax.methods import method
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class RetrievalAugmented:
  """L = -log of the sum over the best K passages d of p(d | x) p(y | x, d).

    p(d | x) = softmax over these K of q(x) . e(d)

  y is rationale and answer, its p the product over its tokens. The K best are
  sought anew in every step among all passages of the corpus, by the q of that
  moment; e stays as it began. An update of 'student' moves p(y | x, d), one of
  'critic' moves q: passages that make y likely come nearer.

  The sum over questions is divided by the target tokens of the batch, as in
  `sequence.token_mean`: with K = 1 this is single-task on the best passage.

  Source: RAG-Sequence, arXiv:2005.11401, section 2.1; as a baseline of
  reasoning distillation, arXiv:2305.18395.

  Attributes:
    student: the network to train.
    encoder: of questions, the network 'critic'.
    layout: of a student's input with a passage.
    k: K.
  """

  student: student_lib.Student
  encoder: dense.DenseEncoder
  layout: layout_lib.Layout
  k: int = 5

  def __post_init__(self):
    if self.k < 1:
      raise ValueError(
        f'RetrievalAugmented.k is {self.k}, expected at least 1 passage.'
      )

  def __call__(
    self,
    params: method.Params,
    batch: batch_lib.RetrievalBatch,
    rng: Array | None,
  ) -> mean.Terms:
    """Returns `marginal_nll`, the whole objective, and what explains it.

    Of the K passages of a question: `label_nll` is the nats per token beside
    the best one, `top_prior` its p(d | x), and `top_posterior` its
    p(d | x, y), what the student thinks of it.

    Args:
      params: beside those of the networks, 'passages' is a `dense.Table`.
      batch: the arrays of the step.
      rng: key of the dropout; None for none.
    """
    query_rng, student_rng = keys.split(rng, 2)
    table: dense.Table = jax.lax.stop_gradient(params['passages'])
    asked = self.encoder.vectors(params['critic'], batch.queries, query_rng)
    found = dense.nearest(asked, table.embeddings, self.k)
    scores = jnp.einsum('bd,bkd->bk', asked, table.embeddings[found])
    nats, tokens = self._nats(
      params['student'], batch, table.texts[found], student_rng
    )
    weights = batch.weights
    count = jnp.sum(weights * tokens)
    loss = marginal.nats(scores, nats)
    share = lambda values: mean.over(values[:, 0], weights)
    return {
      'marginal_nll': mean.Mean(jnp.sum(loss * weights), count, 1.0),
      'label_nll': mean.Mean(jnp.sum(nats[:, 0] * weights), count),
      'top_prior': share(jax.nn.softmax(scores)),
      'top_posterior': share(marginal.posterior(scores, nats)),
    }

  def _nats(
    self,
    params: student_lib.Params,
    batch: batch_lib.RetrievalBatch,
    texts: Int[Array, 'B K T'],
    rng: Array | None,
  ) -> tuple[Float[Array, 'B K'], Float[Array, ' B']]:
    """Returns the nats of the target beside each passage, and its tokens."""
    size, number, _ = texts.shape
    rows = self.layout.rows(batch.inputs, texts)
    nll = likelihood.target(
      self.student,
      params,
      rows.reshape(size * number, -1),
      jnp.repeat(batch.targets, number, axis=0),
      rng,
    )
    nats = jnp.sum(nll.nats, axis=-1).reshape(size, number)
    return nats, jnp.sum(batch.targets > 0, axis=-1)
