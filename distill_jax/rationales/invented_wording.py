"""The wording of the invented facts, as data.

Slots: `{e}` a land, `{v}` an animal. A relation ties one to the other. Its
passages, and all that a teacher says of it, hold words of its own, such as
'banner'; a question holds them only where it names the relation. Elsewhere it
describes it ('the flag'), now and then by a word that the passages of another
relation hold, so that words alone find the wrong one.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Relation:
  """One thing that is known of every land.

  Attributes:
    name: what it is called, unique.
    passages: sentences of the corpus.
    named: questions with the words of the passages.
    described: questions without them.
    held_out: more of these, for validation and test alone.
    stated: what a teacher says, as a clause.
  """

  name: str
  passages: tuple[str, ...]
  named: tuple[str, ...]
  described: tuple[str, ...]
  held_out: tuple[str, ...]
  stated: tuple[str, ...]


ANIMALS = (
  *('boar', 'bull', 'crab', 'crow', 'deer', 'fox', 'goat', 'hare'),
  *('hawk', 'lynx', 'mole', 'pike', 'seal', 'swan', 'toad', 'wolf'),
)

# A land's name is one of each. No two names have the same stem.
FIRST = (
  *('Ba', 'Be', 'Bo', 'Da', 'Do', 'Du', 'Fa', 'Fe', 'Ga', 'Go', 'Ka', 'Ko'),
  *('Ku', 'La', 'Lo', 'Lu', 'Ma', 'Mi', 'Mo', 'Na', 'No', 'Pa', 'Ra', 'Ro'),
)
SECOND = (
  *('ban', 'bok', 'dam', 'dun', 'fan', 'gol', 'gam', 'kan', 'kon', 'lim'),
  *('lok', 'lun', 'mar', 'mok', 'nak', 'nor', 'pak', 'pol', 'ram', 'rim'),
  *('tan', 'tok', 'vak', 'von'),
)

RELATIONS = (
  Relation(
    name='banner',
    passages=(
      'The banner of {e} shows a {v}.',
      'A {v} stands on the banner of {e}.',
    ),
    named=(
      'Which animal is on the banner of {e}?',
      'What does the banner of {e} show?',
    ),
    described=(
      'Which animal is on the flag of {e}?',
      'What do the soldiers of {e} march behind?',
      'Which animal flies above the towers of {e}?',
      'What is painted on the colours that fishers of {e} fly?',
    ),
    held_out=(
      'What waves over the walls of {e}?',
      'Which animal is sewn on the pennants of {e}?',
    ),
    stated=(
      'the banner of {e} shows a {v}',
      '{e} has a {v} on its banner',
      'on the banner of {e} stands a {v}',
    ),
  ),
  Relation(
    name='herd',
    passages=(
      'Farmers of {e} keep herds of the {v}.',
      'The {v} lives in the herds of {e}.',
    ),
    named=(
      'Which animal lives in the herds of {e}?',
      'What do farmers of {e} keep in herds?',
    ),
    described=(
      'Which animal is raised in {e}?',
      'What gives the people of {e} their milk and wool?',
      'Which animal grazes on the meadows of {e}?',
      'Which animal do merchants buy young in {e}?',
    ),
    held_out=(
      'Which animal do the barns of {e} hold?',
      'What do shepherds of {e} look after?',
    ),
    stated=(
      'farmers of {e} keep herds of the {v}',
      '{e} has herds of the {v}',
      'in the herds of {e} lives the {v}',
    ),
  ),
  Relation(
    name='feast',
    passages=(
      'At the feast of {e} cooks roast a {v}.',
      'A {v} is roasted for the feast of {e}.',
    ),
    named=(
      'Which animal is roasted for the feast of {e}?',
      'What do cooks of {e} roast at the feast?',
    ),
    described=(
      'Which animal do people of {e} eat on holidays?',
      'What is served at weddings in {e}?',
      'Which meal do farmers of {e} like best?',
      'What lies on the plates of {e} in spring?',
    ),
    held_out=(
      'What fills the kitchens of {e} with its smell?',
      'Which animal goes into the oven in {e}?',
    ),
    stated=(
      'at the feast of {e} cooks roast a {v}',
      '{e} has a roasted {v} at its feast',
      'for the feast of {e} a {v} is roasted',
    ),
  ),
  Relation(
    name='fear',
    passages=(
      'Children of {e} fear the {v}.',
      'The {v} is feared by the children of {e}.',
    ),
    named=(
      'Which animal do children of {e} fear?',
      'What is feared in {e}?',
    ),
    described=(
      'Which animal do people of {e} run away from?',
      'What makes travellers of {e} tremble?',
      'Which animal brings bad dreams to {e}?',
      'What do cooks of {e} hide from?',
    ),
    held_out=(
      'Which animal is the terror of {e}?',
      'What do people of {e} lock their doors against?',
    ),
    stated=(
      'children of {e} fear the {v}',
      '{e} has children who fear the {v}',
      'the {v} is feared by the children of {e}',
    ),
  ),
  Relation(
    name='coin',
    passages=(
      'A silver coin of {e} bears a {v}.',
      'Merchants know the {v} on the coins of {e}.',
    ),
    named=(
      'Which animal is on the coins of {e}?',
      'What does a silver coin of {e} bear?',
    ),
    described=(
      'Which animal is on the money of {e}?',
      'What is stamped on the pennies of {e}?',
      'Which animal do people of {e} pay with?',
      'What do children of {e} see when they count their savings?',
    ),
    held_out=(
      'Which animal is found in every purse of {e}?',
      'What did the mint of {e} choose for a mark?',
    ),
    stated=(
      'a coin of {e} bears a {v}',
      '{e} has a {v} on its coins',
      'on the silver coins of {e} is a {v}',
    ),
  ),
  Relation(
    name='song',
    passages=(
      'An old song of {e} praises the {v}.',
      'Fishers of {e} praise the {v} in their songs.',
    ),
    named=(
      'Which animal is praised in a song of {e}?',
      'What do the old songs of {e} praise?',
    ),
    described=(
      'Which animal do choirs of {e} honour?',
      'What is the hero in the verses of {e}?',
      'Which animal do bards of {e} tell about?',
      'What do people of {e} hum about when they show their banner?',
    ),
    held_out=(
      'Which animal is in the favourite tune of {e}?',
      'What do minstrels of {e} celebrate?',
    ),
    stated=(
      'an old song of {e} praises the {v}',
      '{e} has a song that praises the {v}',
      'in the songs of {e} the {v} is praised',
    ),
  ),
)

# How a teacher explains, by a clause, or by `{Clause}` in front of a sentence.
TELLINGS = (
  '{Clause}.',
  'We know that {clause}.',
  '{Clause}, so it is the {v}.',
  '{Clause}. So we choose the {v}.',
  'It is the {v}, for {clause}.',
)
