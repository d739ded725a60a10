"""The tokenizer files of a Hugging Face folder, for `AutoTokenizer`.

Ids equal `Vocabulary.encode`'s and an end of sequence. What cannot be equal:

- A text that spells a special token, such as `<pad>` or `<extra_id_0>`: there
  it becomes that one id, in SentencePiece its characters. `</s>` is one id in
  both.
- Decoding: `skip_special_tokens=True` drops unknown characters, which
  `Vocabulary.decode` writes as '<unk>', and extra ids.
- A letter that is normalised, such as a full-width one, before a combining
  mark, and U+0085: `tokenizers` normalises them otherwise than SentencePiece.
- Overlapping user-defined pieces of a Unigram model, where two ways of
  splitting a text have the same score.
"""

import json
import pathlib

from distill_jax.text import model_file, pieces, probes
from distill_jax.text import vocabulary as vocabulary_lib

_TOKENS = {'eos_token': '</s>', 'pad_token': '<pad>', 'unk_token': '<unk>'}


def write(
  folder: pathlib.Path,
  vocabulary: vocabulary_lib.Vocabulary,
  *,
  max_length: int = 512,
) -> None:
  """Writes a vocabulary as transformers reads it.

  spiece.model, tokenizer.json, tokenizer_config.json and
  special_tokens_map.json appear in the folder, which exists.

  Args:
    folder: of the model.
    vocabulary: with its extra ids.
    max_length: tokens beyond which transformers warns, or cuts if asked to.

  Raises:
    ValueError: if no tokenizer.json gives the same ids; nothing is written.
  """
  place = str(vocabulary.file)
  model = pieces.read(vocabulary.file)
  made = pieces.tokenizer(model, vocabulary.extra_ids, place)
  encode = pieces.encoder(made)
  trials = (*probes.TEXTS, *pieces.user_defined(model))
  for text, one, other in probes.differing(trials, vocabulary.encode, encode):
    raise ValueError(
      f'Vocabulary: {place} gives {text!r} the ids {one} and the tokenizer.json'
      f' made of it {other}, expected the same; serve this model through '
      'SentencePiece'
    )
  model_path = folder / model_file.PIECES
  model_path.write_bytes(vocabulary.file.read_bytes())
  made.save(str(folder / model_file.TOKENIZER))
  _write(folder / model_file.CONFIG, _config(vocabulary, max_length))
  _write(folder / 'special_tokens_map.json', _special(vocabulary))


def _special(vocabulary: vocabulary_lib.Vocabulary) -> dict[str, object]:
  """The special tokens; no list where there are no extra ids.

  transformers adds 100 extra ids to a list without any.
  """
  names = pieces.extra(vocabulary.extra_ids)[::-1]
  return {**_TOKENS, **({'additional_special_tokens': names} if names else {})}


def _config(
  vocabulary: vocabulary_lib.Vocabulary, max_length: int
) -> dict[str, object]:
  return {
    'tokenizer_class': 'T5Tokenizer',
    'extra_ids': vocabulary.extra_ids,
    'model_max_length': max_length,
    'clean_up_tokenization_spaces': False,  # texts as our decode gives them
    'legacy': True,  # what SentencePiece does behind a special token
    **_special(vocabulary),
  }


def _write(path: pathlib.Path, fields: dict[str, object]) -> None:
  text = json.dumps(fields, indent=2, ensure_ascii=False)
  path.write_text(text + '\n', encoding='utf-8')
