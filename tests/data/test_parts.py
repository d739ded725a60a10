"""A split that was tokenised range by range is that of the local builder.

Ranges are tokenised by the plain tokeniser of `caches`, in this process; what
Beam and SeqIO make of them is in test_beam.py.
"""

import dataclasses
import random
import shutil

import pytest
from etils import epath

from distill_jax.data import beam, lengths, parts, ranges, tokenizer
from distill_jax.text import byte_pairs, vocabulary
from tests import shared
from tests.data import beam_by_hand, brought, caches

ODD = [
  brought.line(1, question='Naïve ½ café?\nOne  or two… \u2603 { }'),
  brought.line(2, label=' four ', answers=(None, 'five', 'four')),
  brought.line(3, answers=()),
  brought.line(4, question='Is <extra_id_0> a word? ' + 'long ' * 40),
  brought.line(5, question='</s>Ice.</s>It is</s></s>'),
]
ONE = [brought.line(6)]


@pytest.fixture
def source(tmp_path):
  folder = brought.write(tmp_path / 'pens', train=ODD, validation=ONE)
  return brought.read(folder, lengths=lengths.Lengths(inputs=32, rationale=8))


@pytest.fixture
def local(source, tmp_path, monkeypatch):
  with monkeypatch.context() as patch:
    patch.setattr(tokenizer, 'run', caches.tokenise)
    elsewhere = str(tmp_path / 'local')
    return dataclasses.replace(source, cache_dir=elsewhere).build()


@pytest.mark.parametrize('rows', [1, 2, 3, 5, 8192])
def test_any_ranges_give_the_bytes_of_the_local_builder(
  rows, source, local, monkeypatch
):
  beam_by_hand.install(monkeypatch)
  built = source.build(beam.Beam(rows=rows))
  assert built.name == local.name
  beam_by_hand.require_equal(built, local)
  assert list(built.parent.iterdir()) == [built]


def test_order_and_retries_do_not_matter(source, local, monkeypatch):
  def disorderly(found):
    twice = list(found) * 2
    random.Random(0).shuffle(twice)
    return twice

  beam_by_hand.install(monkeypatch, disorderly)
  beam_by_hand.require_equal(source.build(beam.Beam(rows=2)), local)


def test_joining_in_small_pieces(source, local, monkeypatch):
  beam_by_hand.install(monkeypatch)
  monkeypatch.setattr(parts, '_PIECE', 2)
  monkeypatch.setattr(ranges, '_PIECE', 7)
  beam_by_hand.require_equal(source.build(beam.Beam(rows=3)), local)


def test_other_workers_get_texts_and_vocabulary(source, tmp_path, monkeypatch):
  """A folder of JSON and text for vocabulary, weights beside it left there."""
  opt = tmp_path / 'opt'
  opt.mkdir()
  for name, of in (
    ('opt_vocab.json', 'vocab.json'),
    ('gpt2_merges.txt', 'merges.txt'),
  ):
    (opt / of).write_bytes(shared.path('tokenizers', name).read_bytes())
  (opt / 'model.safetensors').write_bytes(b'large')
  source = dataclasses.replace(
    source, vocabulary=byte_pairs.BytePairs(str(opt))
  )
  with monkeypatch.context() as patch:
    patch.setattr(tokenizer, 'run', caches.tokenise)
    local = dataclasses.replace(source, cache_dir=str(tmp_path / 'local'))
    local = local.build()

  exchange, seen = tmp_path / 'exchange', []

  def looked_at(found):
    seen.extend(path.name for path in exchange.rglob('*'))
    return found

  beam_by_hand.install(monkeypatch, looked_at)
  built = source.build(beam.Beam(rows=2, folder=str(exchange)))
  beam_by_hand.require_equal(built, local)
  assert 'merges.txt' in seen and 'model.safetensors' not in seen
  assert not list(exchange.iterdir()), 'nothing is left there'


@pytest.mark.parametrize('exchange', [None, 'exchange'])
def test_relative_paths(source, tmp_path, monkeypatch, exchange):
  own = tmp_path / 'own.model'
  shutil.copy(source.vocabulary.file, own)
  monkeypatch.chdir(tmp_path)
  beam_by_hand.install(monkeypatch)
  relative = dataclasses.replace(
    source, vocabulary=vocabulary.Vocabulary('own.model'), cache_dir='built'
  )
  built = relative.build(beam.Beam(rows=2, folder=exchange))
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  beam_by_hand.require_equal(
    built, dataclasses.replace(relative, cache_dir='local').build()
  )


def test_exchanged_on_gs(source, local, monkeypatch):
  pytest.importorskip('gcsfs')
  emulator = pytest.importorskip('gcp_storage_emulator.server')
  server = emulator.create_server(
    'localhost', 0, in_memory=True, default_bucket='bucket'
  )
  server.start()
  try:
    address = f'http://localhost:{server._api._httpd.server_port}'
    monkeypatch.setenv('STORAGE_EMULATOR_HOST', address)
    # TensorFlow's file system, which epath prefers, knows no emulator.
    monkeypatch.setattr('etils.epath.gpath._is_tf_installed', lambda: False)
    beam_by_hand.install(monkeypatch)
    built = source.build(beam.Beam(rows=2, folder='gs://bucket/exchange'))
    beam_by_hand.require_equal(built, local)
    left = epath.Path('gs://bucket/exchange')
    assert not left.exists() or not list(left.iterdir())
  finally:
    server.stop()


def test_a_part_that_nobody_made(source, monkeypatch):
  beam_by_hand.install(monkeypatch, lambda found: found[:-1])
  with pytest.raises(ValueError, match=r'test-00000\.zip cannot be read'):
    source.build(beam.Beam(rows=2))
  assert not list(source.folder().parent.iterdir())


@pytest.mark.parametrize('place', [10, 200, -30])
def test_a_damaged_part(source, place, monkeypatch):
  beam_by_hand.install(monkeypatch)
  real = parts.pack

  def damaged(folder, part):
    real(folder, part)
    held = bytearray(part.read_bytes())
    held[place] ^= 255
    part.write_bytes(bytes(held[:-1]))

  monkeypatch.setattr(parts, 'pack', damaged)
  with pytest.raises(ValueError, match=r'train-00000.* cannot be read'):
    source.build(beam.Beam(rows=2))


def test_a_part_of_other_rows(source, monkeypatch):
  def mistaken(found):
    return [dataclasses.replace(found[0], number=1), *found[2:], found[0]]

  beam_by_hand.install(monkeypatch, mistaken)
  with pytest.raises(ValueError, match='train-00001 has 3 rows, expected 2'):
    source.build(beam.Beam(rows=3))


def test_ranges_hold_every_byte_once(tmp_path):
  texts = tmp_path / 'texts'
  lines = [f'{"ü" * number}\n'.encode() for number in (0, 3, 1, 7, 2)]
  texts.write_bytes(b''.join(lines))
  found = ranges.cut(texts, 'train', 2)
  assert [one.rows for one in found] == [2, 2, 1]
  assert [one.name for one in found] == [f'train-0000{i}' for i in range(3)]
  for number, one in enumerate(found):
    ranges.copy(one, epath.Path(texts), tmp_path / 'part')
    own = b''.join(lines[2 * number : 2 * number + 2])
    assert (tmp_path / 'part').read_bytes() == own


def test_texts_that_end_too_early(tmp_path):
  texts = tmp_path / 'texts'
  texts.write_bytes(b'one\ntwo\n')
  (one,) = ranges.cut(texts, 'train', 5)
  texts.write_bytes(b'one\n')
  with pytest.raises(ValueError, match='ends 4 bytes before'):
    ranges.copy(one, epath.Path(texts), tmp_path / 'part')
