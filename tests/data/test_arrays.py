import numpy as np
import pytest

from distill_jax.data import arrays


@pytest.fixture
def table(tmp_path):
  with arrays.Writer(tmp_path) as writer:
    writer.append_row('ids', [7, 8], 'uint16')
    writer.append_row('ids', [], 'uint16')
    writer.append_row('ids', [9], 'uint16')
    writer.start('none', 'int8')
  return writer.table


def test_rows_come_back(tmp_path, table):
  rows = arrays.read_rows(tmp_path, table, 'ids')
  assert [row.tolist() for row in map(rows.__getitem__, range(3))] == [
    [7, 8],
    [],
    [9],
  ]
  assert len(rows) == 3
  assert rows.values.dtype == np.uint16
  assert len(arrays.read_rows(tmp_path, table, 'none')) == 0


def test_a_file_that_lost_its_end_is_noticed(tmp_path, table):
  path = tmp_path / 'ids.values'
  path.write_bytes(path.read_bytes()[:-1])
  with pytest.raises(ValueError, match=r'ids.values is damaged: it has 5 byt'):
    arrays.read_rows(tmp_path, table, 'ids')
  path.unlink()
  with pytest.raises(ValueError, match=r'has 0 bytes instead of 6'):
    arrays.read_rows(tmp_path, table, 'ids')


def test_offsets_that_do_not_fit_are_noticed(tmp_path, table):
  wrong = np.array([0, 3, 1, 3], np.int64)
  (tmp_path / 'ids.offsets').write_bytes(wrong.tobytes())
  with pytest.raises(ValueError, match=r'ids.offsets is damaged'):
    arrays.read_rows(tmp_path, table, 'ids')
