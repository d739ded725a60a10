"""What a card says of each kind of network."""

from typing import Any, NamedTuple

from distill_jax.models import bert, opt, t5

_T5_NAMES = {
  (('relu',), True): 'T5 1.0',
  (('gelu', 'linear'), False): 'T5 1.1',
}

_T5_USE = """\
```python
from transformers import AutoTokenizer, T5ForConditionalGeneration

folder = '.'  # this folder
tokenizer = AutoTokenizer.from_pretrained(folder)
model = T5ForConditionalGeneration.from_pretrained(folder)
question = {question!r}
inputs = tokenizer(question, return_tensors='pt')
written = model.generate(**inputs)
print(tokenizer.decode(written[0], skip_special_tokens=True))
```
"""

_OPT_USE = """\
```python
from transformers import AutoTokenizer, OPTForCausalLM

folder = '.'  # this folder
tokenizer = AutoTokenizer.from_pretrained(folder)
model = OPTForCausalLM.from_pretrained(folder)
question = {question!r}
inputs = tokenizer(question, return_tensors='pt')
written = model.generate(**inputs)[:, inputs.input_ids.shape[1] :]
print(tokenizer.decode(written[0], skip_special_tokens=True))
```
"""


class Form(NamedTuple):
  """The words for a network.

  Attributes:
    tag: of its kind.
    pipeline: what the hub calls its use.
    name: with its article.
    layers: how many of which width.
    use: code with the place {question!r}; empty for a network that writes
      nothing.
  """

  tag: str
  pipeline: str
  name: str
  layers: str
  use: str


def of(config: Any) -> Form:
  """Returns the words for a network of this configuration."""
  return _FORMS[type(config)](config)


def _t5(config: t5.T5Config) -> Form:
  switches = (config.mlp_activations, config.logits_via_embedding)
  return Form(
    tag='t5',
    pipeline='text2text-generation',
    name=f'A {_T5_NAMES.get(switches, "T5")}',
    layers=(
      f'{config.num_encoder_layers} + {config.num_decoder_layers} layers of '
      f'width {config.emb_dim}, {config.num_heads} heads of {config.head_dim}'
    ),
    use=_T5_USE,
  )


def _opt(config: opt.OptConfig) -> Form:
  return Form(
    tag='opt',
    pipeline='text-generation',
    name='An OPT',
    layers=_layers(config, config.num_decoder_layers),
    use=_OPT_USE,
  )


def _bert(config: bert.BertConfig) -> Form:
  return Form(
    tag='bert',
    pipeline='feature-extraction',
    name='A BERT',
    layers=_layers(config, config.num_encoder_layers),
    use='',
  )


def _layers(config: Any, count: int) -> str:
  channels = config.emb_dim // config.num_heads
  return (
    f'{count} layers of width {config.emb_dim}, {config.num_heads} heads of '
    f'{channels}'
  )


_FORMS = {t5.T5Config: _t5, opt.OptConfig: _opt, bert.BertConfig: _bert}
