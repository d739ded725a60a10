"""Whose fault wrong answers are, on rows by hand."""

import json
import sys

import pytest

from benchmarks import failures as command
from distill_jax.comparison import failures


def _row(name, correct, passages=(), gold=('g',), **more):
  return {
    'example_id': name,
    'question': f'Why {name}?',
    'label': 'yes',
    'prediction': 'yes' if correct else 'no',
    'correct': correct,
    'parsed': True,
    'passages': list(passages),
    'gold_passages': list(gold),
    **more,
  }


_KARD = [
  _row('a', True, ['g']),
  _row('b', True, ['x', 'y']),
  _row('c', False, ['x', 'g'], rationale='So|\nit is.'),
  _row('d', False, ['x']),
  _row('e', False, []),
  _row('f', True, ['x'], gold=()),
]
_PLAIN = [
  {**_row(name, name in 'cd'), 'passages': [], 'gold_passages': ['g']}
  for name in 'fedcba'
]


def _file(folder, run, rows):
  path = folder / run / 'predictions' / 'medqa.jsonl'
  path.parent.mkdir(parents=True)
  lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
  path.write_text('\n'.join(lines))
  return path


def test_counts(tmp_path):
  rows = failures.read(_file(tmp_path, 'kard', _KARD))
  assert list(failures.counts(rows).items()) == [
    ('right, with the right passage', 1),
    ('right, without it', 1),
    ('wrong, though the right passage was there: the student', 1),
    ('wrong, the right passage was not there: the retrieval', 2),
    ('right, no right passage is known', 1),
  ]
  assert sum(failures.counts(rows).values()) == len(rows)


def _printed(monkeypatch, capsys, *arguments):
  monkeypatch.setattr(sys, 'argv', ['failures', *map(str, arguments)])
  command.main()
  return capsys.readouterr().out


def test_one_run(tmp_path, monkeypatch, capsys):
  path = _file(tmp_path, 'kard', _KARD)
  printed = _printed(monkeypatch, capsys, path)
  assert printed.splitlines()[:3] == [
    '|  | kard |',
    '| --- | --- |',
    '| right, with the right passage | 1 (16.7 %) |',
  ]
  assert 'Only' not in printed


def test_two_runs_side_by_side(tmp_path, monkeypatch, capsys):
  first = _file(tmp_path, 'kard', _KARD)
  second = _file(tmp_path, 'rd', _PLAIN)
  printed = _printed(
    monkeypatch, capsys, first, f'--beside={second}', '--examples=1'
  )
  # kard has a, b and f right, rd has c and d.
  assert '## Only kard is right: 3 of 6\n\n### a\n' in printed
  assert '## Only rd is right: 2 of 6\n\n### c\n' in printed
  assert '## Both are wrong: 1 of 6\n\n### e\n' in printed
  assert '### b' not in printed
  assert 'Right: yes; right passages g\n' in printed
  assert '| rationale | So\\|<br>it is. |  |' in printed
  assert '| answer | no | yes |' in printed


def test_other_questions(tmp_path, monkeypatch, capsys):
  first = _file(tmp_path, 'kard', _KARD)
  second = _file(tmp_path, 'rd', [_row('z', True)])
  with pytest.raises(
    SystemExit, match='kard and rd have no question in common'
  ):
    _printed(monkeypatch, capsys, first, f'--beside={second}')


@pytest.mark.parametrize(
  ('row', 'sentence'),
  [
    ('{', r'medqa.jsonl:2: no JSON'),
    ({'correct': 1}, r"medqa.jsonl:2: 'correct' is int 1, expected true or"),
    ({'correct': True}, r"medqa.jsonl:2: prediction: no 'example_id'"),
  ],
)
def test_a_wrong_line(tmp_path, row, sentence):
  with pytest.raises(ValueError, match=sentence):
    failures.read(_file(tmp_path, 'kard', [_KARD[0], row]))
