"""The tokenizer files of OPT and of BERT, for `AutoTokenizer`.

Ids equal `Tokenizer.encode`'s, with what each sets around a text: OPT </s>
before it, BERT [CLS] and [SEP]. A text that spells a special token, such as
`<pad>`, becomes that one id there and its characters here.
"""

import json
import pathlib
import shutil

from distill_jax.text import byte_pairs, listed, word_pieces

_OPT = {
  'tokenizer_class': 'GPT2Tokenizer',
  'add_bos_token': True,
  'add_prefix_space': False,
  'bos_token': '</s>',
  'eos_token': '</s>',
  'pad_token': '<pad>',
  'unk_token': '</s>',
  'padding_side': 'left',  # as its generate asks for
}


def write_byte_pairs(
  folder: pathlib.Path, vocabulary: byte_pairs.BytePairs, *, max_length: int
) -> None:
  """Writes OPT's vocabulary as transformers reads it; the folder exists."""
  for file in byte_pairs.files(vocabulary.file):
    shutil.copyfile(file, folder / file.name)
  _configure(folder, _OPT, max_length)


def write_word_pieces(
  folder: pathlib.Path, vocabulary: word_pieces.WordPieces, *, max_length: int
) -> None:
  """Writes BERT's vocabulary as transformers reads it; the folder exists."""
  text = '\n'.join(vocabulary.pieces) + '\n'
  (folder / word_pieces.VOCABULARY).write_text(text, encoding='utf-8')
  lowers = vocabulary.settings['lower_case']
  said = {'tokenizer_class': 'BertTokenizer', 'do_lower_case': lowers}
  _configure(folder, said, max_length)


def _configure(
  folder: pathlib.Path, said: dict[str, object], max_length: int
) -> None:
  text = json.dumps({**said, 'model_max_length': max_length}, indent=2)
  (folder / listed.CONFIG).write_text(text + '\n', encoding='utf-8')
