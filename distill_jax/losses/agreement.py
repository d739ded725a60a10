"""How much a label and its rationale say of each other (arXiv:2403.03348).

Both texts of a question become one distribution over the vocabulary each: how
likely the student ever finds a token. The label's is the aim, without gradient;
the rationale's is drawn towards it. `released` is what the authors' code
computes, for comparison; `corrected` is what it seems to mean.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def released(
  label: Float[Array, 'B T V'],
  label_valid: Bool[Array, 'B T'],
  rationale: Float[Array, 'B R V'],
  rationale_valid: Bool[Array, 'B R'],
) -> Float[Array, ' B']:
  """Returns -sum_v p_v log softmax(e)_v, in nats, as the released code has it.

  p_v = max_t softmax(label_t)_v and e_v = max_t softmax(rationale_t)_v. So p
  does not sum to 1, e goes through a second softmax, and what the student
  predicts behind the end of a text counts: the value depends on how far the
  arrays are padded.

  Args:
    label: logits of each label token and of the padding behind; no gradient
      flows into them.
    label_valid: only its shape is used.
    rationale: logits of each rationale token and of the padding behind.
    rationale_valid: only its shape is used.

  Source: the released code of arXiv:2403.03348.
  """
  label = jax.lax.stop_gradient(label)
  aim = jnp.exp(_log_peaks(label, jnp.ones_like(label_valid)))
  found = jnp.exp(_log_peaks(rationale, jnp.ones_like(rationale_valid)))
  return -jnp.sum(aim * jax.nn.log_softmax(found), axis=-1)


def corrected(
  label: Float[Array, 'B T V'],
  label_valid: Bool[Array, 'B T'],
  rationale: Float[Array, 'B R V'],
  rationale_valid: Bool[Array, 'B R'],
) -> Float[Array, ' B']:
  """Returns the cross-entropy -sum_v p_v log e_v of two distributions, in nats.

  p_v is max_t softmax(label_t)_v over the label's tokens, divided by its sum
  over v; e the same of the rationale. Padding changes nothing. Finite, and
  without meaning, where a text has no token.

  Args:
    label: logits of each label token; no gradient flows into them.
    label_valid: False for padding.
    rationale: logits of each rationale token.
    rationale_valid: False for padding.

  Source: arXiv:2403.03348, with its code's three slips mended.
  """
  label = jax.lax.stop_gradient(label)
  aim = jax.nn.softmax(_log_peaks(label, label_valid))
  found = jax.nn.log_softmax(_log_peaks(rationale, rationale_valid))
  return -jnp.sum(aim * found, axis=-1)


def _log_peaks(
  logits: Float[Array, 'B T V'], valid: Bool[Array, 'B T']
) -> Float[Array, 'B V']:
  """Returns max_t log softmax(logits_t)_v over valid t, over all if none is.

  Written so that no softmax as large as the logits has to be kept.
  """
  counted = valid | ~jnp.any(valid, axis=1, keepdims=True)
  total = jnp.where(counted, jax.nn.logsumexp(logits, axis=-1), jnp.inf)
  return jnp.max(logits - total[..., None], axis=1)
