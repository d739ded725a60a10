"""Texts on which two tokenizers are held against each other."""

from collections.abc import Callable, Iterable, Sequence

# What T5's own conversions have got wrong, or could: spaces, accents, width,
# ligatures, scripts without spaces, characters beyond the basic plane.
TEXTS = (
  'The answer is ( 84 / 2 ) = 42.',
  '[label] Ida picks 24 nuts on Monday. How many nuts does Ida pick in all?',
  '[rationale] 1,234.50 + 3e-5 = $17%; x_1^2 >= y*z & #9 @ 7:45!',
  'two  spaces,   three, and one at the end ',
  'a line\nanother\tand a tab',
  'Café naïve Ångström über Straße mañana Œuvre ½ × 3',
  'ﬁne ﬂow Ａｂｃ１２３ ①②③ ™ … “quoted” ‘single’ — – -',
  'Привет мир, Ελληνικά, שלום, مرحبا, नमस्ते',
  '今日は 東京 で 会いましょう。中文没有空格',
  'emoji 😀 👍🏽 🇫🇷 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  "don't can't we'll they've I'm 'tis",
  '{"key": [1, 2], "other": <tag attr=~5>} \\ | ^ `code`',
  'supercalifragilisticexpialidocious antidisestablishmentarianism zzxqj',
  '(a) by the river (b) in town',
  '',
)

Encode = Callable[[str], Sequence[int]]


def differing(
  texts: Iterable[str], expected: Encode, got: Encode
) -> list[tuple[str, list[int], list[int]]]:
  """Returns the texts whose ids differ, with the ids of either side."""
  pairs = ((text, list(expected(text)), list(got(text))) for text in texts)
  return [pair for pair in pairs if pair[1] != pair[2]]
