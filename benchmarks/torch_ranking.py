"""KARD's reranker on transformers' T5 encoder, for torch."""

import torch
import transformers

from benchmarks import torch_steps
from distill_jax.models import t5

_EOS = 1
_TEMPERATURE = 100.0  # of the scores, as in `listwise.divergence`


class Reranker(torch.nn.Module):
  """An encoder, a projection, and the sum over tokens of the best products.

  Args:
    c: sizes of the encoder.
    dim: channels of a token that are compared.
  """

  def __init__(self, c: t5.T5Config, dim: int):
    super().__init__()
    config = torch_steps.model_config(c)
    self.encoder = transformers.T5EncoderModel(config)
    self.projection = torch.nn.Linear(c.emb_dim, dim)

  def forward(self, questions, passages):
    """Returns the score of each passage of each question."""
    size, number, _ = passages.shape
    asked = self._vectors(questions)
    found = self._vectors(passages.flatten(0, 1))
    found = found.view(size, number, *found.shape[1:])
    pairs = torch.einsum('bsp,bktp->bkst', asked, found)
    return pairs.max(-1).values.sum(-1)

  def _vectors(self, texts):
    mark = torch.full_like(texts[:, :1], _EOS)
    rows = torch.cat([texts, mark], dim=1)
    hidden = self.encoder(input_ids=rows).last_hidden_state
    return self.projection(hidden)


def loss(network, found: torch_steps.Arrays) -> torch.Tensor:
  """Returns the divergence of `listwise.divergence`, of rows without gaps."""
  scores = network(found['questions'], found['passages']).float()
  wanted = torch.log_softmax(found['relevance'], dim=-1)
  given = torch.log_softmax(scores / _TEMPERATURE, dim=-1)
  return (wanted.exp() * (wanted - given)).sum(-1).mean()
