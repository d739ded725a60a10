"""QCRD's discriminator on the student's own encoder."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.critics import discriminator
from distill_jax.models import boxed, heads
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudentsEncoder(boxed.Boxed):
  """What the student reads, max-pooling over tokens, two linear layers.

  The two layers are all that is trained here, and all that this critic's
  optimizer has moments of. The student reads without gradient and without
  dropout, by the parameters that it has at that moment: those it begins with
  while the critic is pre-trained, later those its last update left. So the
  student moves on its own losses alone, and a score may change while the critic
  rests.

  Rows are those of `discriminator.Discriminator`, without the prefixes that the
  student knows.

  Source: a variant of arXiv:2405.13014, section 3, whose discriminator has an
  encoder of its own.

  Attributes:
    student: the network that is distilled into.
    hidden_dim: width between the two linear layers.
    eos_id: the piece that parts question and candidate.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic', 'student')

  student: student_lib.Student
  hidden_dim: int = 256
  eos_id: int = 1

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns an unbounded score per candidate; see `critic.Critic.logits`.

    Without any dropout, whether there is a key or not.
    """
    del rng, rooms
    rows = discriminator.joined(questions, candidates, self.eos_id)
    encoded = self.student.encode(
      jax.lax.stop_gradient(params['student']),
      rows.reshape(-1, rows.shape[-1]),
    )
    scores = self._head.apply(
      {'params': params['critic']}, encoded.hidden, encoded.valid
    )
    return scores.reshape(rows.shape[:2])

  @property
  def _head(self) -> nn.Module:
    return heads.MaxPoolScore(self.hidden_dim)

  def _boxed(self, rng: Array) -> Any:
    tokens = jnp.ones((1, 1), jnp.int32)
    encoded = jax.eval_shape(
      lambda key: self.student.encode(self.student.init(key), tokens), rng
    )
    hidden = jnp.zeros(encoded.hidden.shape, encoded.hidden.dtype)
    return self._head.init(rng, hidden, tokens > 0)['params']
