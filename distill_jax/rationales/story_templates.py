"""The wording of the embedded story problems, as data.

Slots: `{n}` who the question is about, `{m}` a second person, `{t}` the things
counted, `{a}` the larger quantity, `{b}` the smaller one. Every template's
answer is `a operation b`. A sentence may be told about somebody or something
else to distract (see `story_problems`), so each one names its person and its
things again: there are no pronouns.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
  """One situation with one unknown.

  Attributes:
    name: what the situation is called, unique.
    operation: one of `+ - * /`.
    story: its sentences.
    question: what is asked.
    facts: what a rationale reads off the story.
    asked: the unknown as a noun phrase.
    owner: who holds the unknown afterwards, so that a second step can happen
      to it; None where nothing can follow.
    unit: what the unknown is counted in.
    ordered: False where the sentences may change places.
  """

  name: str
  operation: str
  story: tuple[str, ...]
  question: str
  facts: str
  asked: str
  owner: str | None = None
  unit: str = '{t}'
  ordered: bool = True


NAMES = (
  *('Tom', 'Ann', 'Ben', 'Mia', 'Sam', 'Eva', 'Leo', 'Zoe'),
  *('Max', 'Ida', 'Kim', 'Ray', 'Amy', 'Dan', 'Liz', 'Joe'),
)

THINGS = (
  *('apples', 'pens', 'cards', 'books', 'eggs', 'coins', 'shells', 'stamps'),
  *('balls', 'cakes', 'roses', 'toys', 'nuts', 'cups', 'beads', 'kites'),
)

# What happens to the unknown before a second question, by its operation.
STEPS = {
  '+': ('finds', 'gets', 'wins'),
  '-': ('loses', 'drops', 'breaks'),
}

# A quantity in a unit of its own is easily told from the ones that count.
ASIDES = (
  '{n} is {d} years old.',
  'It is {d} miles to the shop.',
  'The trip takes {d} minutes.',
  'There are {d} trees in the garden.',
  'The room is {d} feet long.',
)

_ADD = (
  Template(
    name='buys',
    operation='+',
    story=('{n} has {a} {t}.', '{n} buys {b} more {t}.'),
    question='How many {t} does {n} have now?',
    facts='{n} has {a} {t} and buys {b} {t}',
    asked='the {t} that {n} has now',
    owner='{n}',
  ),
  Template(
    name='picks',
    operation='+',
    story=('{n} picks {a} {t} on Monday.', '{n} picks {b} {t} on Friday.'),
    question='How many {t} does {n} pick in all?',
    facts='{n} picks {a} {t} and {b} {t}',
    asked='all {t} that {n} picks',
    owner='{n}',
    ordered=False,
  ),
  Template(
    name='at_first',
    operation='+',
    story=('{n} gives {b} {t} to {m}.', '{n} still has {a} {t}.'),
    question='How many {t} did {n} have at first?',
    facts='{n} gives {b} {t} and still has {a} {t}',
    asked='the {t} that {n} had at first',
    ordered=False,
  ),
)

_SUBTRACT = (
  Template(
    name='gives',
    operation='-',
    story=('{n} has {a} {t}.', '{n} gives {b} {t} to {m}.'),
    question='How many {t} does {n} have now?',
    facts='{n} has {a} {t} and gives {b} {t}',
    asked='the {t} that {n} has now',
    owner='{n}',
  ),
  Template(
    name='sells',
    operation='-',
    story=('{n} makes {a} {t}.', '{n} sells {b} {t}.'),
    question='How many {t} does {n} still have?',
    facts='{n} makes {a} {t} and sells {b} {t}',
    asked='the {t} that {n} still has',
    owner='{n}',
  ),
  Template(
    name='more_than',
    operation='-',
    story=('{n} owns {a} {t}.', '{m} owns {b} {t}.'),
    question='How many more {t} does {n} own than {m}?',
    facts='{n} owns {a} {t} and {m} owns {b} {t}',
    asked='how many more {t} {n} owns',
    ordered=False,
  ),
)

_MULTIPLY = (
  Template(
    name='boxes',
    operation='*',
    story=('{n} fills {b} boxes.', 'Each box of {n} holds {a} {t}.'),
    question='How many {t} does {n} have in all?',
    facts='{n} fills {b} boxes of {a} {t}',
    asked='all {t} that {n} has',
    owner='{n}',
    ordered=False,
  ),
  Template(
    name='price',
    operation='*',
    story=('{n} buys {a} {t}.', 'One of the {t} costs {b} dollars.'),
    question='How many dollars does {n} pay?',
    facts='{n} buys {a} {t} and one costs {b}',
    asked='what {n} pays',
    unit='dollars',
    ordered=False,
  ),
  Template(
    name='times_as_many',
    operation='*',
    story=('{m} has {a} {t}.', '{n} has {b} times as many {t} as {m}.'),
    question='How many {t} does {n} have?',
    facts='{m} has {a} {t} and {n} has {b} times as many',
    asked='the {t} that {n} has',
    owner='{n}',
  ),
)

_DIVIDE = (
  Template(
    name='shares',
    operation='/',
    story=('{n} shares {a} {t}.', '{n} has {b} friends.'),
    question='How many {t} does each friend get?',
    facts='{n} shares {a} {t} among {b} friends',
    asked='the {t} that each friend gets',
    owner='each friend',
    ordered=False,
  ),
  Template(
    name='bags',
    operation='/',
    story=('{n} packs {a} {t}.', '{n} packs the {t} in {b} bags.'),
    question='How many {t} does {n} put in each bag?',
    facts='{n} packs {a} {t} in {b} bags',
    asked='the {t} that each bag holds',
  ),
  Template(
    name='unit_price',
    operation='/',
    story=('{n} buys {b} {t}.', '{n} pays {a} dollars for the {t}.'),
    question='How many dollars does one of the {t} cost?',
    facts='{n} pays {a} for {b} {t}',
    asked='what one costs',
    unit='dollars',
    ordered=False,
  ),
)

SEEN = _ADD + _SUBTRACT + _MULTIPLY + _DIVIDE

UNSEEN = (
  Template(
    name='finds',
    operation='+',
    story=('{n} makes {a} {t}.', '{n} finds {b} more {t}.'),
    question='How many {t} does {n} have in all?',
    facts='{n} makes {a} {t} and finds {b} {t}',
    asked='all {t} that {n} has',
    owner='{n}',
  ),
  Template(
    name='breaks',
    operation='-',
    story=('{n} buys {a} {t}.', '{n} breaks {b} {t}.'),
    question='How many {t} does {n} still have?',
    facts='{n} buys {a} {t} and breaks {b} {t}',
    asked='the {t} that {n} still has',
    owner='{n}',
  ),
  Template(
    name='bags_hold',
    operation='*',
    story=('{n} packs {b} bags.', 'Each bag of {n} holds {a} {t}.'),
    question='How many {t} does {n} have in all?',
    facts='{n} packs {b} bags of {a} {t}',
    asked='all {t} that {n} has',
    owner='{n}',
    ordered=False,
  ),
  Template(
    name='gives_friends',
    operation='/',
    story=('{n} gives {a} {t} to friends.', '{n} has {b} friends.'),
    question='How many {t} does each friend get?',
    facts='{n} gives {a} {t} to {b} friends',
    asked='the {t} that each friend gets',
    owner='each friend',
    ordered=False,
  ),
)
