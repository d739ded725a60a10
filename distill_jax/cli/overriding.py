"""The check that a binding of the command line decides anything."""

from collections.abc import Callable

from distill_jax.cli import configuration, errors
from distill_jax.cli import plan as plan_lib

_ARGUMENT = '--gin.'


def check(plan: plan_lib.Plan) -> None:
  """Refuses arguments that an inner scope or another binding overrides.

  A gin file may override another one silently; who writes a value on the
  command line means it to hold.

  Raises:
    errors.UsageError: a binding of the command line that no call receives.
  """
  for name, given in plan.bound.macros.items():
    if _is_argument(given[-1]) and name not in plan.macros:
      raise errors.UsageError(
        f'{given[-1].place}: another binding overrides every use of the macro '
        f'{name}; bind that parameter instead'
      )
  held = {id(one) for call in plan.calls for one in call.arguments.values()}
  for called, scopes in plan.bound.bindings.items():
    for arguments in scopes.values():
      for parameter, given in arguments.items():
        if _is_argument(given[-1]) and id(given[-1]) not in held:
          raise errors.UsageError(_overridden(plan, called, parameter, given))


def _is_argument(given: configuration.Bound) -> bool:
  return given.place.startswith(_ARGUMENT)


def _overridden(
  plan: plan_lib.Plan,
  called: Callable,
  parameter: str,
  given: list[configuration.Bound],
) -> str:
  """What to say about an argument that decides nothing."""
  place = given[-1].place
  key = place.removeprefix(_ARGUMENT).partition('=')[0].rpartition('/')[2]
  scopes = plan.bound.bindings[called]
  deciding = sorted(
    {
      '/'.join([*scope, key])
      for call in plan.calls
      if call.target.call is called
      for scope, arguments in scopes.items()
      if call.arguments.get(parameter) in arguments.get(parameter, ())
    }
  )
  if not deciding:
    return (
      f'{place}: another binding replaces every {plan.bound.targets[called]} '
      'of the gin files; bind what replaces it instead'
    )
  written = ' or '.join(f'{_ARGUMENT}{one}=...' for one in deciding)
  return f'{place}: overridden by {" and ".join(deciding)}; write {written}'
