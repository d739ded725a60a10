"""Training steps of transformers' T5 on torch, as the papers' code makes them.

Imported only where torch is; `cases` says so where it is not.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np
import torch
import transformers
from transformers.modeling_outputs import BaseModelOutput

from benchmarks import timing
from distill_jax import batch as batch_lib
from distill_jax.models import t5

IGNORED = -100  # the label that torch's cross-entropy leaves out
MARGIN = 3.0

Arrays = Mapping[str, torch.Tensor]
Loss = Callable[[torch.nn.Module, Arrays], torch.Tensor]


def device() -> str:
  """Returns 'cuda' where jax computes on a GPU, else 'cpu'.

  Raises:
    timing.Missing: if jax has another device than torch could take.
  """
  backend = jax.default_backend()
  if backend == 'cpu':
    return 'cpu'
  if backend == 'gpu' and torch.cuda.is_available():
    return 'cuda'
  raise timing.Missing(f'jax computes on a {backend}, this torch cannot.')


def model(c: t5.T5Config, **changes: object) -> torch.nn.Module:
  """Returns transformers' T5 1.0 of the same sizes, with random parameters.

  Args:
    c: the sizes.
    **changes: to its configuration, such as `use_cache=False` for training.
  """
  config = model_config(c)
  config.update(changes)
  return transformers.T5ForConditionalGeneration(config)


def model_config(c: t5.T5Config) -> transformers.T5Config:
  """Returns the same sizes under transformers' names."""
  return transformers.T5Config(
    vocab_size=c.vocab_size,
    d_model=c.emb_dim,
    d_kv=c.head_dim,
    d_ff=c.mlp_dim,
    num_heads=c.num_heads,
    num_layers=c.num_encoder_layers,
    num_decoder_layers=c.num_decoder_layers,
    dropout_rate=c.dropout_rate,
    decoder_start_token_id=0,
  )


class Trainer:
  """A model with its AdamW; several ways to make a step may share it.

  Its parameters are float32. With another dtype it computes as autocast does,
  on the device of jax.

  Attributes:
    graph_breaks: a sentence for each loss that is not compiled as a whole.

  Args:
    network: the model.
    dtype: of the computation.
  """

  def __init__(self, network: torch.nn.Module, dtype: str):
    self.graph_breaks: list[str] = []
    self._dtype = dtype
    self._device = device()
    self._model = network.to(self._device).train()
    # Fused is what transformers' own Trainer takes; no decay, as ours.
    self.optimizer = torch.optim.AdamW(
      self._model.parameters(), lr=1e-4, weight_decay=0.0, fused=True
    )

  def eager(self, loss: Loss, batches: Sequence[Arrays]) -> timing.Way:
    """Returns a training step on each of the batches, one after another."""
    return self._way(loss, batches)

  def compiled(self, loss: Loss, batches: Sequence[Arrays]) -> timing.Way:
    """Returns the same work by `torch.compile`; Missing where it fails.

    As one graph where that can be had, else in pieces, see `graph_breaks`.
    """
    batches = self._placed(batches)
    ways = [
      self._way(torch.compile(loss, fullgraph=whole), batches)
      for whole in (True, False)
    ]

    def run() -> None:
      try:
        ways[0]()
      except Exception as error:
        if timing.is_out_of_memory(error):
          raise
        reason = timing.short(error)
        if len(ways) == 1:
          raise timing.Missing(f'torch.compile failed: {reason}') from error
        del ways[0]
      else:
        return
      run()
      self.graph_breaks.append(f'{loss.__name__} has graph breaks: {reason}')

    return run

  def _placed(self, batches: Sequence[Arrays]) -> list[Arrays]:
    return [
      {name: array.to(self._device) for name, array in batch.items()}
      for batch in batches
    ]

  def _way(self, loss: Loss, batches: Sequence[Arrays]) -> timing.Way:
    batches = self._placed(batches)

    def run() -> None:
      for batch in batches:
        self.optimizer.zero_grad()
        with torch.autocast(
          self._device, torch.bfloat16, enabled=self._dtype != 'float32'
        ):
          value = loss(self._model, batch)
        value.backward()
        self.optimizer.step()
      if self._device == 'cuda':
        torch.cuda.synchronize()

    return run


def arrays(batch: batch_lib.Batch | batch_lib.RankingBatch) -> Arrays:
  """Returns the arrays of a batch without padding, ids as torch wants them."""
  found = {
    field.name: getattr(batch, field.name)
    for field in dataclasses.fields(batch)
  }
  return {
    name: torch.from_numpy(array).long()
    if array.dtype == np.int32
    else torch.from_numpy(array)
    for name, array in found.items()
    if isinstance(array, np.ndarray)
  }


def collated(batch: batch_lib.Batch) -> Arrays:
  """Returns ids, masks and labels, each cut to its own longest row.

  As the collator of the papers' code pads them: every batch to its longest
  input and target, label and rationale apart.
  """
  found = {}
  for name in ('label_inputs', 'rationale_inputs'):
    ids = _cut(getattr(batch, name))
    found[name] = torch.from_numpy(ids).long()
    found[f'{name}_mask'] = torch.from_numpy(ids > 0).long()
  texts = {
    'label_targets': batch.label_targets,
    'positives': batch.positives[:, 0],
  }
  for name, values in texts.items():
    ids = _cut(values)
    ids = np.where(ids > 0, ids, IGNORED)
    found[name] = torch.from_numpy(ids).long()
  found['positives'] = found['positives'][:, None]
  return found


def finetune(network, found: Arrays) -> torch.Tensor:
  """Returns the label's cross-entropy."""
  return network(
    input_ids=found['label_inputs'],
    attention_mask=found.get('label_inputs_mask'),
    labels=found['label_targets'],
  ).loss


def step_by_step(network, found: Arrays) -> torch.Tensor:
  """Returns half of the label's and half of the rationale's loss."""
  rationale = network(
    input_ids=found['rationale_inputs'],
    attention_mask=found.get('rationale_inputs_mask'),
    labels=found['positives'][:, 0],
  )
  return 0.5 * finetune(network, found) + 0.5 * rationale.loss


def encoding_each(network, found: Arrays) -> torch.Tensor:
  """Returns QCRD's loss; the inputs are repeated for every candidate."""
  targets, number = _candidates(found)
  inputs = found['rationale_inputs'].repeat_interleave(number, dim=0)
  logits = network(
    input_ids=inputs, decoder_input_ids=_shifted(network, targets)
  ).logits
  return _contrastive(network, found, logits)


def encoding_once(network, found: Arrays) -> torch.Tensor:
  """Returns QCRD's loss; what the encoder made is repeated."""
  targets, number = _candidates(found)
  read = network.get_encoder()(input_ids=found['rationale_inputs'])
  hidden = read.last_hidden_state.repeat_interleave(number, dim=0)
  outputs = BaseModelOutput(last_hidden_state=hidden)
  logits = network(
    encoder_outputs=outputs, decoder_input_ids=_shifted(network, targets)
  ).logits
  return _contrastive(network, found, logits)


def _candidates(found: Arrays) -> tuple[torch.Tensor, int]:
  both = torch.cat([found['positives'], found['negatives']], dim=1)
  return both.flatten(0, 1), both.shape[1]


def _shifted(network, targets: torch.Tensor) -> torch.Tensor:
  """Returns what the decoder reads.

  Given `labels`, transformers would make a loss too that nobody asks for.
  """
  return network.prepare_decoder_input_ids_from_labels(targets)


def _contrastive(network, found: Arrays, logits) -> torch.Tensor:
  """Returns the loss of `qcrd.QCRD` with a quality of 0.5 for everything."""
  targets, number = _candidates(found)
  nats = torch.nn.functional.cross_entropy(
    logits.flatten(0, 1), targets.flatten(), reduction='none'
  )
  nll = nats.view(-1, number, targets.shape[1]).mean(-1)
  num_positives = found['positives'].shape[1]
  attraction = nll[:, :num_positives].min(-1).values
  opposed = (nll[:, num_positives:] - MARGIN).clamp(max=0.0)
  repulsion = opposed.max(-1).values
  contrastive = (0.5 * attraction - 0.2 * 0.5 * repulsion).mean()
  return 0.5 * finetune(network, found) + 0.5 * contrastive


def _cut(ids: np.ndarray) -> np.ndarray:
  """Returns the rows without the columns that are all padding."""
  return ids[:, : max(1, int((ids > 0).sum(axis=1).max()))]
