"""One run by many processes: who takes part, and how they find each other."""

import argparse
import contextlib
import os
import re
import socket
import sys
from collections.abc import Iterator

from distill_jax.cli import errors

# A host of IPv6 stands in brackets: its own colons would end in a port.
_ADDRESS = re.compile(r'(\[[^][/\s]*:[^][/\s]*\]|[^][/:\s]+):(?P<port>[0-9]+)')

_HEARTBEAT = 30  # seconds without a sign of life after which a process is lost
_JOINING = 300  # seconds to wait for the others at the beginning
_LEAVING = 60  # seconds to wait for the others at the end


def add_options(parser: argparse.ArgumentParser) -> None:
  """Adds the options by which several processes become one run."""
  group = parser.add_argument_group(
    'several processes',
    'Give the same command to all of them. On TPU pods, under Slurm and Open '
    'MPI --distributed finds out the rest.',
  )
  group.add_argument(
    '--distributed',
    action='store_true',
    help='this process is one of several, as the machine says',
  )
  group.add_argument(
    '--coordinator_address',
    metavar='HOST:PORT',
    help='of the first process, where the others find it',
  )
  group.add_argument(
    '--process_count', type=int, metavar='N', help='how many processes'
  )
  group.add_argument(
    '--process_index', type=int, metavar='I', help='which one this is, from 0'
  )
  group.add_argument(
    '--restarts',
    type=int,
    default=0,
    metavar='N',
    help='how often to start again where another process was lost',
  )


def several(options: argparse.Namespace) -> bool:
  """Returns whether this process is to be one of several.

  Raises:
    errors.UsageError: if that is said in part only, or cannot be.
  """
  if not hasattr(options, 'distributed'):
    return False
  given = {
    '--coordinator_address': options.coordinator_address,
    '--process_count': options.process_count,
    '--process_index': options.process_index,
  }
  missing = [name for name, value in given.items() if value is None]
  alone = not options.distributed and len(missing) == len(given)
  if options.restarts < 0 or (options.restarts and alone):
    raise errors.UsageError(
      f'--restarts={options.restarts}: expected a number of times, beside '
      f'--distributed or {", ".join(given)}'
    )
  if options.distributed and len(missing) < len(given):
    raise errors.UsageError(
      f'give --distributed or {", ".join(given)}, not both: it finds them out'
    )
  if options.distributed or alone:
    return options.distributed
  if missing:
    raise errors.UsageError(
      f'{", ".join(missing)}: missing beside '
      f'{", ".join(name for name in given if name not in missing)}; give all '
      'three, or --distributed where the machine knows them'
    )
  _check(options)
  return True


def _check(options: argparse.Namespace) -> None:
  """Raises a UsageError where what is said of the processes cannot be."""
  count, index = options.process_count, options.process_index
  if count < 1:
    raise errors.UsageError(f'--process_count={count}: expected at least 1')
  if not 0 <= index < count:
    raise errors.UsageError(
      f'--process_index={index} is none of --process_count={count}, which '
      'count from 0'
    )
  address = options.coordinator_address
  found = _ADDRESS.fullmatch(address)
  if not found or not 0 < int(found['port']) < 2**16:
    raise errors.UsageError(
      f'--coordinator_address={address}: expected HOST:PORT, such as '
      '10.0.0.2:8476 or [fd00::2]:8476'
    )


@contextlib.contextmanager
def joined(options: argparse.Namespace) -> Iterator[None]:
  """Makes this process one of a run's; at the end they part together.

  Where one ends for a reason of its own, it does not wait for the others.
  """
  import jax

  from distill_jax import processes

  _join(options)
  try:
    yield
  except SystemExit as leaving:
    # A signal was told to all; anything else may have befallen this one alone,
    # and so has a second Ctrl-C.
    alone = isinstance(leaving.__context__, KeyboardInterrupt)
    if alone or not _by_signal(leaving.code):
      processes.leave(_status(leaving.code))
    jax.distributed.shutdown()
    raise
  except BaseException:
    import traceback

    traceback.print_exc()
    processes.leave(1)
  jax.distributed.shutdown()


def together() -> contextlib.AbstractContextManager[None]:
  """Returns the block in which a lost process ends this one, too."""
  from distill_jax import processes

  return processes.together()


def leads(options: argparse.Namespace) -> bool:
  """Returns whether this process, having joined, speaks for all of them."""
  if not several(options):
    return True
  from distill_jax import processes

  return processes.leads()


def _join(options: argparse.Namespace) -> None:
  import jax

  address = options.coordinator_address
  _check_port(options)
  _announce(options)
  # Our own polls bring a signal to all, see processes.Poll.
  jax.config.update('jax_enable_preemption_service', False)
  try:
    jax.distributed.initialize(
      coordinator_address=address,
      num_processes=options.process_count,
      process_id=options.process_index,
      initialization_timeout=_JOINING,
      coordinator_bind_address=_bound(address),
      heartbeat_timeout_seconds=_HEARTBEAT,
      shutdown_timeout_seconds=_LEAVING,
    )
  except (RuntimeError, ValueError) as error:
    # Not every machine knows its company; but it may fail for other reasons.
    instead = (
      '; where the machine does not say which processes make the run, give '
      '--coordinator_address, --process_count and --process_index in place of '
      '--distributed'
    )
    raise errors.UsageError(
      f'cannot join the other processes ({error})'
      f'{instead if options.distributed else ""}'
    ) from error


def _check_port(options: argparse.Namespace) -> None:
  """Raises a UsageError where the first process cannot listen.

  jax would end by SIGSEGV.
  """
  address = options.coordinator_address
  elsewhere = 'JAX_COORDINATOR_BIND_ADDRESS' in os.environ
  if address is None or options.process_index != 0 or elsewhere:
    return
  host, _, port = address.rpartition(':')
  try:
    _listen(host.strip('[]') if _bound(address) else '', int(port))
  except OSError as error:
    raise errors.UsageError(
      f'--coordinator_address={address}: the first process cannot listen there '
      f'({error.strerror}); give another port'
    ) from error


def _listen(host: str, port: int) -> None:
  """Raises an OSError where nobody can, at `host` or, if '', anywhere."""
  both = not host and socket.has_dualstack_ipv6()
  family = socket.AF_INET6 if both or ':' in host else socket.AF_INET
  server = socket.create_server(
    (host, port), family=family, dualstack_ipv6=both
  )
  server.close()


def _announce(options: argparse.Namespace) -> None:
  """Says who is waited for: it may take long, and may be in vain."""
  if options.process_count == 1:
    return
  who, where = 'This process', ''
  if options.coordinator_address:
    who = f'Process {options.process_index} of {options.process_count}'
    where = f' at {options.coordinator_address}'
  sys.stderr.write(
    f'{who} waits for the others{where}, {_JOINING} seconds at most.\n'
  )


def _bound(address: str | None) -> str | None:
  """Returns where the first process listens: for this machine alone if so."""
  if address is None or 'JAX_COORDINATOR_BIND_ADDRESS' in os.environ:
    return None
  host = address.rpartition(':')[0]
  return address if host in ('localhost', '127.0.0.1', '[::1]') else None


def _status(code: int | str | None) -> int:
  return code if isinstance(code, int) else int(code is not None)


def _by_signal(code: int | str | None) -> bool:
  return isinstance(code, int) and code > 128
