"""Prompts without solved examples, read from a TOML file.

```
system = 'You compare explanations.'  # optional
ask = 'Question: {question} ...'      # what the user says
```
"""

import dataclasses
from collections.abc import Collection, Mapping

from distill_jax.teachers import request as request_lib
from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import prompt_files, template, toml_file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wording:
  """What is said, with names in braces.

  Attributes:
    ask: by the user.
    system: before it, None for nothing.
  """

  ask: str
  system: str | None = None

  @property
  def names(self) -> list[str]:
    """The names in braces."""
    return template.names(self.ask)

  def messages(
    self, values: Mapping[str, str]
  ) -> tuple[request_lib.Message, ...]:
    """The prompt with these values for the names."""
    asked = request_lib.Message(
      role='user', content=template.fill(self.ask, values).strip()
    )
    if self.system is None:
      return (asked,)
    told = request_lib.Message(role='system', content=self.system.strip())
    return told, asked

  @property
  def form(self) -> form_lib.Form:
    """The same as the layout of a question that is answered with no more."""
    return form_lib.Form(name='', ask=self.ask, reply='{answer}')


def read(
  kind: str, name: str, needed: Collection[str], more: Collection[str] = ()
) -> Wording:
  """The wording of a name, or of a TOML file of one's own.

  Args:
    kind: folder beside this file.
    name: of a file there without its ending, or a path.
    needed: names that the prompt must have.
    more: names that it may have.

  Raises:
    ValueError: there is no such file, or it is wrong; by its name and line.
  """
  file = toml_file.TomlFile(prompt_files.path(kind, name))
  file.known(('system', 'ask'))
  wording = Wording(
    ask=file.text('ask', needed=True), system=file.text('system')
  )
  names = wording.names
  for one in names:
    if one not in (*needed, *more):
      offered = ', '.join(f'{{{known}}}' for known in (*needed, *more))
      file.fail(f"'ask' has {{{one}}}, expected one of {offered}", one)
  for one in needed:
    if one not in names:
      file.fail(f"'ask' has no {{{one}}}, expected it; add it", 'ask')
  return wording
