"""Random OPTs of both forms, made and saved by transformers."""

import pathlib

import pytest

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

FORMS = {
  # As of 125M, 1.3B and OPT-IML 1.3B.
  'norm first': {
    'vocab_size': 97,
    'hidden_size': 24,
    'num_attention_heads': 4,
    'ffn_dim': 40,
    'num_hidden_layers': 3,
    'word_embed_proj_dim': 24,
    'do_layer_norm_before': True,
  },
  # As of 350M.
  'norm last': {
    'vocab_size': 61,
    'hidden_size': 32,
    'num_attention_heads': 2,
    'ffn_dim': 24,
    'num_hidden_layers': 2,
    'word_embed_proj_dim': 16,
    'do_layer_norm_before': False,
  },
}


def save(
  folder: pathlib.Path, form: str = 'norm first', **settings
) -> 'transformers.OPTForCausalLM':
  """Saves a random model whose every parameter is drawn; returns it."""
  torch.manual_seed(5)
  config = transformers.OPTConfig(
    **FORMS[form],
    max_position_embeddings=48,
    pad_token_id=1,
    bos_token_id=2,
    eos_token_id=2,
  )
  model = transformers.OPTForCausalLM(config)
  with torch.no_grad():
    for name, weight in model.named_parameters():
      if 'norm.weight' in name:
        weight.uniform_(0.5, 1.5)
      else:
        weight.normal_(0.0, 0.3)
    model.get_input_embeddings().weight[2] *= 6  # so that some texts end
  model.save_pretrained(folder, **settings)
  return model.eval()


def load(folder: pathlib.Path) -> 'transformers.OPTForCausalLM':
  """Returns what transformers reads from a folder."""
  return transformers.OPTForCausalLM.from_pretrained(folder).eval()
