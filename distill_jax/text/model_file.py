"""The SentencePiece model of a Hugging Face folder or a `tokenizer.json`.

Everything downstream, SeqIO too, reads SentencePiece. A folder with a
`spiece.model` has one; from a lone `tokenizer.json`, which is what
transformers 5 saves, one is made and kept below the user's cache folder under
the digest of its bytes.
"""

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import uuid

from distill_jax.text import pieces, probes, processor, tokenizer_json

PIECES = 'spiece.model'
TOKENIZER = 'tokenizer.json'
CONFIG = 'tokenizer_config.json'
_USUAL = 100  # extra ids of T5
_KEPT = '~/.cache/distill_jax/vocabularies'


@functools.lru_cache(maxsize=8)
def find(path: pathlib.Path, extra_ids: int) -> pathlib.Path:
  """Returns the SentencePiece model of a folder or of a tokenizer.json.

  Args:
    path: the folder, or the file.
    extra_ids: how many a run counts on.

  Raises:
    ValueError: for files that are absent, damaged, of another kind, with
      another number of extra ids, or that differ from each other.
  """
  if path.is_file():
    return _made(path, extra_ids)
  model, described = path / PIECES, path / TOKENIZER
  if not model.is_file():
    if described.is_file():
      return _made(described, extra_ids)
    raise ValueError(
      f'Vocabulary: {path} holds neither {PIECES} nor {TOKENIZER}; give the '
      'folder of a T5 tokenizer, or a SentencePiece model'
    )
  if described.is_file():
    _compare(model, described, extra_ids)
  elif (config := path / CONFIG).is_file():
    _same_number(config, _stated(config, extra_ids), extra_ids)
  return model


def extra_ids(folder: pathlib.Path) -> int:
  """Returns how many extra ids the tokenizer of a folder has.

  transformers adds 100 where nothing says a number.

  Raises:
    ValueError: for files that are damaged or of another kind.
  """
  if (folder / TOKENIZER).is_file():
    return tokenizer_json.read(folder / TOKENIZER).extra_ids
  config = folder / CONFIG
  return _stated(config, _USUAL) if config.is_file() else _USUAL


def _compare(
  model: pathlib.Path, described: pathlib.Path, extra_ids: int
) -> None:
  """Refuses two files of one folder that are different tokenizers."""
  told = tokenizer_json.read(described)
  difference = _difference(model, told)
  if difference:
    raise ValueError(
      f'Vocabulary: {model} and {described} are different tokenizers: '
      f'{difference}; remove the one that is not of the checkpoint'
    )
  _same_number(described, told.extra_ids, extra_ids)


def _stated(config: pathlib.Path, default: int) -> int:
  """The extra ids of a tokenizer_config.json, where it says a number."""
  try:
    return json.loads(config.read_bytes()).get('extra_ids', default)
  except (ValueError, AttributeError) as error:
    raise ValueError(
      f'Vocabulary: {config} is no JSON object; fetch the file again, or give '
      f'the path of {PIECES}'
    ) from error


def _made(file: pathlib.Path, extra_ids: int) -> pathlib.Path:
  """Keeps and returns the model that a tokenizer.json tells."""
  told = tokenizer_json.read(file)
  _same_number(file, told.extra_ids, extra_ids)
  content = told.model().SerializeToString(deterministic=True)
  kept = pathlib.Path(_KEPT).expanduser()
  model = kept / f'{hashlib.sha256(content).hexdigest()[:32]}.model'
  if not model.is_file() or model.read_bytes() != content:
    _keep(model, content)
  difference = _difference(model, told)
  if difference:
    raise ValueError(
      f'Vocabulary: {file} is nothing that SentencePiece can do: {difference}; '
      f'give the {PIECES} that it comes from'
    )
  return model


def _keep(model: pathlib.Path, content: bytes) -> None:
  """Writes a file that appears whole; others may write it at the same time."""
  aside = model.with_name(f'.{uuid.uuid4().hex}')
  try:
    model.parent.mkdir(parents=True, exist_ok=True)
    aside.write_bytes(content)
    os.replace(aside, model)
  except OSError as error:
    raise ValueError(
      f'Vocabulary: the SentencePiece model of a {TOKENIZER} cannot be kept '
      f'in {model.parent} ({error.strerror}); make room there, or give a '
      f'{PIECES}'
    ) from error
  finally:
    with contextlib.suppress(OSError):
      aside.unlink()


def _same_number(file: pathlib.Path, found: int, asked: int) -> None:
  if found != asked:
    raise ValueError(
      f'Vocabulary: {file} has {found} extra ids and extra_ids is {asked}; '
      f'set --gin.EXTRA_IDS={found}'
    )


def _difference(
  model: pathlib.Path, told: tokenizer_json.TokenizerJson
) -> str | None:
  """The first thing in which they differ."""
  encode = processor.load(model).encode
  proto = pieces.read(model)
  expected = pieces.scored(proto)
  if len(expected) != len(told.vocab):
    return f'{len(expected)} pieces in the first, {len(told.vocab)} in the last'
  for index, (one, other) in enumerate(zip(expected, told.vocab)):
    if one[0] != other[0] or abs(one[1] - other[1]) > 1e-4:
      return f'id {index} is {one} in the first, {other} in the last'
  if proto.normalizer_spec.precompiled_charsmap != told.charsmap:
    return 'their normalisers have different rules'
  found = probes.differing(probes.TEXTS, encode, told.encode)
  if found:
    text, one, other = found[0]
    return f'{text!r} has ids {one} by SentencePiece, {other} by tokenizers'
  return None
