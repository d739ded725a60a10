"""Tasks of one's own, and the mistakes in them."""

import re
import sys

import pytest

from distill_jax.cli import errors, names
from distill_jax.data import registry

_GOOD = """
from distill_jax.tasks import records
DATA_SET = records.DATA_SET
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
  """Writes a module into a folder that Python imports from."""
  monkeypatch.syspath_prepend(tmp_path)
  before = set(sys.modules)

  def written(name, text):
    (tmp_path / f'{name}.py').write_text(text)

  yield written
  for name in set(sys.modules) - before:
    if name.startswith('pens_'):
      del sys.modules[name]


def test_a_module_of_the_working_folder_is_a_task(write):
  write('pens_task', _GOOD)
  assert registry.load('pens_task').DATA_SET.name == 'records'


def test_the_packages_tasks_come_first(write):
  write('svamp', _GOOD)
  assert registry.load('svamp').DATA_SET.name == 'svamp'


_MISTAKES = {
  'pens_name': ('x = 1\nx + y\n', "pens_name.py:2: NameError: name 'y' is not"),
  'pens_syntax': ('x = 1\ndef f(:\n', 'pens_syntax.py:2: SyntaxError: '),
  'pens_import': (
    'import pens_absent\n',
    "pens_import.py:1: ModuleNotFoundError: No module named 'pens_absent'",
  ),
  'pens_field': (
    'from distill_jax.rationales import dataset as d\nx = d.DataSet(nam=1)\n',
    'pens_field.py:2: TypeError: ',
  ),
  'pens_library': ('import re\nre.compile("(")\n', 'pens_library.py:2: '),
}


@pytest.mark.parametrize('name', _MISTAKES)
def test_a_mistake_is_told_by_file_and_line(write, name):
  text, message = _MISTAKES[name]
  write(name, text)
  with pytest.raises(ValueError, match=re.escape(message)) as caught:
    registry.load(name)
  assert '\n' not in str(caught.value)
  assert name in str(caught.value)
  with pytest.raises(errors.UsageError, match=re.escape(message)) as caught:
    names.import_module(name, 'run.gin:7')
  assert str(caught.value).startswith(f'run.gin:7: cannot import {name}: ')


def test_a_module_that_is_absent():
  with pytest.raises(ValueError, match=r"no task 'pens_gone'.*of your own"):
    registry.load('pens_gone')
