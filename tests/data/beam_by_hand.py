"""Beam's work without Beam, SeqIO and TensorFlow: each range in turn, here."""

import sys
import types

import distill_jax.data
from distill_jax.data import beam, beam_job, beam_worker
from tests.data import caches


def install(monkeypatch, ranges=lambda found: found):
  """Has this process do what a pipeline would.

  Args:
    ranges: of all of a job, those that workers get, in their order.
  """
  module = types.ModuleType('distill_jax.data.build')
  module.build = lambda folder, plan: caches.tokenise(plan, folder)
  monkeypatch.setitem(sys.modules, module.__name__, module)
  monkeypatch.setattr(distill_jax.data, 'build', module, raising=False)

  def work(self, folder):
    del self
    job = beam_job.Job.read(folder)
    for one in ranges(job.ranges):
      beam_worker.tokenise(one, job.exchange, job.code)

  monkeypatch.setattr(beam.Beam, '_work', work)
  monkeypatch.setattr(beam.Beam, 'require', lambda self, folder: None)


def require_equal(one, other):
  """Two caches hold the same files and the same bytes."""
  files = sorted(path.relative_to(one) for path in one.rglob('*'))
  assert files == sorted(path.relative_to(other) for path in other.rglob('*'))
  assert len(files) == 3 * 14 + 1
  for file in files:
    if (one / file).is_file():
      assert (one / file).read_bytes() == (other / file).read_bytes(), file
