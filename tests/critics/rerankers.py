"""Tiny rerankers of both kinds, on both encoders, and texts for them."""

import numpy as np

from distill_jax.critics import cross_encoder, encoders, reranker
from distill_jax.models import bert, t5

T5 = encoders.T5Encoder(
  config=t5.T5Config(
    vocab_size=24,
    emb_dim=16,
    num_heads=2,
    head_dim=8,
    mlp_dim=16,
    num_encoder_layers=1,
    num_decoder_layers=1,
    dropout_rate=0.3,
  )
)
BERT = encoders.BertEncoder(
  config=bert.BertConfig(
    vocab_size=24,
    emb_dim=16,
    num_heads=2,
    mlp_dim=16,
    num_encoder_layers=1,
    num_positions=16,
    dropout_rate=0.3,
  ),
  cls_id=22,
  sep_id=23,
)
LATE = {
  name: reranker.Reranker(encoder=encoder, projection_dim=8)
  for name, encoder in (('t5', T5), ('bert', BERT))
}
CROSS = {
  name: cross_encoder.CrossEncoder(encoder=encoder)
  for name, encoder in (('t5', T5), ('bert', BERT))
}
ALL = [*LATE.values(), *CROSS.values()]

QUESTIONS = np.array([[5, 6, 7, 0], [8, 9, 0, 0]], np.int32)
PASSAGES = np.array(
  [[[3, 4, 2, 0, 0], [7, 5, 0, 0, 0], [0, 0, 0, 0, 0]],
   [[4, 4, 4, 4, 4], [5, 2, 0, 0, 0], [6, 7, 8, 2, 0]]], np.int32
)  # fmt: skip
