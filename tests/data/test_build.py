"""The only tests that tokenise through SeqIO, in the child process."""

import json

import numpy as np

from distill_jax.data import arrays, lengths, plan, tokenizer
from distill_jax.text import vocabulary
from tests import shared
from tests.data import brought, caches

ODD = [
  brought.line(1, question='Naïve ½ café?\nOne  or two… \u2603 { }'),
  brought.line(2, label=' four ', answers=(None, 'five', 'four')),
  brought.line(3, answers=()),
  brought.line(5, question='</s>Ice.</s>It is</s></s>'),
  brought.line(4, question='Is <extra_id_0> a word? ' + 'long ' * 40),
]


def test_seqio_writes_what_our_vocabulary_says(tmp_path, monkeypatch, capfd):
  folder = brought.write(tmp_path / 'pens', train=ODD)
  by_seqio = brought.read(folder, lengths=lengths.Lengths(inputs=32))
  found = by_seqio.build()
  assert capfd.readouterr() == ('', ''), 'TensorFlow stays silent'
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  ours = brought.read(
    folder,
    lengths=lengths.Lengths(inputs=32),
    cache_dir=str(tmp_path / 'ours'),
  ).build()
  files = sorted(path.relative_to(ours) for path in ours.rglob('*.*'))
  assert len(files) == 3 * 13 + 1
  for file in files:
    assert (ours / file).read_bytes() == (found / file).read_bytes(), file


def test_the_golden_ids_of_t5(tmp_path):
  golden = json.loads(
    shared.path('tokenizers', 't5_golden_ids.json').read_text()
  )
  model = shared.path('tokenizers', 't5_spiece.model')
  (tmp_path / 'train').mkdir()
  with open(tmp_path / 'train' / plan.TEXTS, 'w') as file:
    for text, _, _ in golden:
      file.write(json.dumps(_texts(text)) + '\n')
  orders = plan.Plan(
    vocabulary=str(model),
    dtype='uint16',
    lengths=lengths.Lengths(rationale=1024),
    splits=('train',),
  )
  tokenizer.run(orders, tmp_path)
  table = plan.read_facts(tmp_path / 'train')['arrays']
  rationales = arrays.read_rows(tmp_path / 'train', table, 'rationales')
  questions = arrays.read_rows(tmp_path / 'train', table, 'questions')
  ours = vocabulary.Vocabulary(str(model), extra_ids=100)
  for i, (text, ids, _) in enumerate(golden):
    ids = ids[:-1] if ids[-1:] == [1] else ids
    assert questions[i].tolist() == ids == ours.encode(text), text
    assert np.array_equal(rationales[2 * i + 1], [*ids, 1]), text


def _texts(text):
  return {
    'label_inputs': 'a',
    'label_targets': 'b',
    'rationale_inputs': 'c',
    'questions': text,
    'rationales': ['d', text],
    'votes': [1, -1],
  }
