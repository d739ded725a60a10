"""A collection from a server that is not ours: `transformers serve`."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from distill_jax.rationales import store
from distill_jax.teachers import journal, request
from tests.teachers import collecting

_NEEDED = ('torch', 'transformers', 'fastapi', 'uvicorn', 'accelerate')
_MISSING = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
if _MISSING:
  pytest.skip(
    f"needs {', '.join(_MISSING)}: pip install 'distill_jax[parity]'",
    allow_module_level=True,
  )

_TEMPLATE = (
  "{% for one in messages %}{{ one['role'] }}: {{ one['content'] }}\n"
  '{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}'
)
_SERVE = 'from transformers.cli.transformers import main; main()'


def _save_model(folder):
  """A random decoder whose tokens are bytes."""
  import tokenizers
  import transformers
  from tokenizers import decoders, models, pre_tokenizers

  alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
  words = ['<s>', '</s>', '<pad>', *alphabet]
  pieces = tokenizers.Tokenizer(
    models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=[])
  )
  pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
  pieces.decoder = decoders.ByteLevel()
  tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=pieces,
    bos_token='<s>',
    eos_token='</s>',
    pad_token='<pad>',
  )
  tokenizer.chat_template = _TEMPLATE
  tokenizer.save_pretrained(folder)
  model = transformers.LlamaForCausalLM(
    transformers.LlamaConfig(
      vocab_size=len(words),
      hidden_size=16,
      intermediate_size=32,
      num_hidden_layers=1,
      num_attention_heads=2,
      max_position_embeddings=8192,
      bos_token_id=0,
      eos_token_id=1,
      pad_token_id=2,
    )
  )
  model.generation_config.do_sample = True
  model.save_pretrained(folder)


@contextlib.contextmanager
def _served(folder):
  """The address of the server, when it answers."""
  with socket.create_server(('127.0.0.1', 0)) as free:
    port = free.getsockname()[1]
  options = ('--device', 'cpu', '--host', '127.0.0.1', '--port', str(port))
  process = subprocess.Popen(
    [sys.executable, '-c', _SERVE, 'serve', str(folder), *options],
    env={**os.environ, 'HF_HUB_OFFLINE': '1'},
    stdout=subprocess.DEVNULL,
    stderr=subprocess.PIPE,
    text=True,
  )
  try:
    _wait(process, f'http://127.0.0.1:{port}/health')
    yield f'http://127.0.0.1:{port}/v1'
  finally:
    process.kill()
    process.communicate()


def _wait(process, address):
  while process.poll() is None:
    with contextlib.suppress(urllib.error.URLError):
      urllib.request.urlopen(address).close()
      return
    time.sleep(0.2)
  raise RuntimeError(process.stderr.read())


def test_20_questions_with_5_samples(tmp_path):
  model = tmp_path / 'model'
  _save_model(model)
  with _served(model) as url:
    job = collecting.collected(
      url,
      tmp_path / 'out',
      model=str(model),
      limit=20,
      settings=request.Settings(temperature=1.0, max_tokens=24),
    )
    said = job.run('')
  assert 'questions             20, 0 without any sample' in said
  with journal.opened(job.place) as kept:
    replies = kept.find(collecting.keys(job))
    spent = kept.spent()
  assert len(replies) == 100
  assert len({reply.text for reply in replies.values()}) > 50
  assert all(0 < one.completion_tokens <= 24 for one in replies.values())
  assert {one.finish for one in replies.values()} <= {'length', 'stop'}
  assert not any(one.estimated for one in replies.values())
  assert spent.prompt_tokens > 100 * 1000  # bytes of prompts with examples
  records = list(store.read(tmp_path / 'out' / 'train.jsonl'))
  assert len(records) == 20
  for record in records:
    samples = [one.sample for one in record.rationales]
    assert samples == sorted(set(samples))
    assert set(samples) <= set(range(5))
    assert all(one.source == str(model) for one in record.rationales)
  assert sum(len(record.rationales) for record in records) > 90
