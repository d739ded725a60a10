"""TensorBoard's files: what is written, and what cannot be."""

import errno
import struct

import pytest
from etils import epath
from tensorboardX import event_file_writer
from tensorboardX.proto import event_pb2

from distill_jax.training import events


def _read(folder):
  """Returns the events of a folder's only file: records of TensorFlow."""
  (path,) = folder.iterdir()
  data, found = path.read_bytes(), []
  while data:
    (length,) = struct.unpack('<Q', data[:8])
    event = event_pb2.Event()
    event.ParseFromString(data[12 : 12 + length])
    found.append(event)
    data = data[16 + length :]
  assert found[0].file_version == 'brain.Event:2'
  return found[1:]


def _scalars(found):
  return [
    (event.step, value.tag, value.simple_value)
    for event in found
    for value in event.summary.value
  ]


def test_scalars_arrive(tmp_path):
  written = events.Events(epath.Path(tmp_path), 0)
  written.add(1, {'loss': 2.5, 'rate': 0.5})
  written.add(2, {'loss': 1.5})
  written.close()
  expected = [(1, 'loss', 2.5), (1, 'rate', 0.5), (2, 'loss', 1.5)]
  assert _scalars(_read(tmp_path)) == expected


def test_what_came_after_the_step_it_goes_on_from_is_forgotten(tmp_path):
  written = events.Events(epath.Path(tmp_path), 7)
  written.add(8, {'loss': 2.5})
  written.close()
  begun, *rest = _read(tmp_path)
  # TensorBoard drops what has this step or a later one when it meets a start.
  assert begun.session_log.status == event_pb2.SessionLog.START
  assert begun.step == 8
  assert _scalars(rest) == [(8, 'loss', 2.5)]


def test_a_full_disk_is_told_though_later_events_can_be_written(
  tmp_path, monkeypatch
):
  flush, calls = event_file_writer.RecordWriter.flush, []

  def full_at_first(self):
    calls.append(self)
    if len(calls) == 1:
      raise OSError(errno.ENOSPC, 'No space left on device')
    flush(self)

  monkeypatch.setattr(event_file_writer.RecordWriter, 'flush', full_at_first)
  written = events.Events(epath.Path(tmp_path), 0)
  written.add(1, {'loss': 2.5})
  try:
    written.add(2, {'loss': 1.5})
  except OSError as error:  # the thread may have been faster
    assert error.errno == errno.ENOSPC
    return
  with pytest.raises(OSError, match='No space left'):
    written.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
  (tmp_path / 'file').touch()
  written = events.Events(epath.Path(tmp_path) / 'file' / 'tensorboard', 0)
  written.add(1, {'loss': 2.5})
  with pytest.raises(OSError, match='file'):
    written.close()
