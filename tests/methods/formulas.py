"""The papers' formulas as plain loops over ragged lists: no masks, no arrays.

`nats[input][token]` and `logits[input][token]` are the tables of `ragged`.
"""

import math


def cross_entropy(nats, source: int, target: list[int]) -> float:
  """CE: mean nats per token of a target behind a source."""
  return sum(nats[source][token] for token in target) / len(target)


def score(logits, source: int, target: list[int]) -> float:
  """s = D(x, r), in [0, 1]."""
  return 1.0 / (1.0 + math.exp(-logits[source][target[0]]))


def token_mean(nats, pairs: list[tuple[int, list[int]]]) -> float:
  """Mean over all target tokens of (source, target) pairs."""
  costs = [nats[source][token] for source, target in pairs for token in target]
  return sum(costs) / len(costs) if costs else 0.0


def label(nats, rows) -> float:
  """L_label, the mean over all target tokens."""
  return token_mean(nats, [(row.label_input, row.label) for row in rows])


def first_rationale(nats, rows) -> float:
  """L_rationale of DSS: each question's first rationale, if it has one."""
  return token_mean(
    nats,
    [(row.rationale_input, row.positives[0]) for row in rows if row.positives],
  )


def positive_term(nats, logits, row) -> float:
  """s_pos * min_j CE(r_j)."""
  losses = [
    (cross_entropy(nats, row.rationale_input, r), r) for r in row.positives
  ]
  best, rationale = min(losses)
  return score(logits, row.rationale_input, rationale) * best


def negative_term(nats, logits, row, delta: float) -> float:
  """(1 - s_neg) * max_j min(CE(r_j) - delta, 0)."""
  losses = [
    (cross_entropy(nats, row.rationale_input, r), r) for r in row.negatives
  ]
  if not losses:
    return 0.0
  worst, rationale = max(losses)
  doubt = 1.0 - score(logits, row.rationale_input, rationale)
  return doubt * min(worst - delta, 0.0)


def contrastive(nats, logits, rows, beta: float, delta: float) -> float:
  """L_cl, the mean over ALL questions."""
  total = 0.0
  for row in rows:
    if row.positives:
      total += positive_term(nats, logits, row)
      total -= beta * negative_term(nats, logits, row, delta)
  return total / len(rows)


def qcrd(nats, logits, rows, a1, a2, beta, delta) -> float:
  """a1 * L_label + a2 * L_cl: what the student minimises."""
  pull = contrastive(nats, logits, rows, beta, delta)
  return a1 * label(nats, rows) + a2 * pull


def least(costs):
  """The smallest cost with its s, from (cost, s) pairs: s * cost."""
  cost, quality = min(costs)
  return quality * cost


def most(costs):
  """The largest cost, times its s."""
  cost, quality = max(costs)
  return quality * cost


def average(costs):
  """The mean of s * cost."""
  return sum(quality * cost for cost, quality in costs) / len(costs)


def weighted(costs):
  """The mean of the costs with s for weights."""
  total = sum(quality for _, quality in costs)
  return sum(quality * cost for cost, quality in costs) / total


def scheme(nats, logits, rows, positive, negative, beta, delta) -> float:
  """L_cl with other functions of the (cost, s) pairs than min and max.

  The margin is taken off the negatives first; `max` of what is left over at 0
  is 0 whichever is meant.
  """
  total = 0.0
  for row in rows:
    costs = lambda texts, row=row: [
      (
        cross_entropy(nats, row.rationale_input, r),
        score(logits, row.rationale_input, r),
      )
      for r in texts
    ]
    if row.positives:
      total += positive(costs(row.positives))
    if row.positives and row.negatives:
      clipped = [
        (min(cost - delta, 0.0), 1.0 - s) for cost, s in costs(row.negatives)
      ]
      total -= beta * negative(clipped)
  return total / len(rows)


def possible_attractions(nats, logits, rows) -> list[float]:
  """The sums of s * CE that one positive of each question can have."""
  sums = [0.0]
  for row in rows:
    terms = [
      cross_entropy(nats, row.rationale_input, r)
      * score(logits, row.rationale_input, r)
      for r in row.positives
    ]
    sums = [x + y for x in sums for y in terms or [0.0]]
  return sums


def discrimination(logits, rows) -> float:
  """L_D, the mean over the questions that have both kinds."""
  losses = []
  for row in rows:
    if row.positives and row.negatives:
      above, below = (
        sum(math.exp(score(logits, row.rationale_input, r)) for r in kind)
        for kind in (row.positives, row.negatives)
      )
      losses.append(-math.log(above / below))
  return sum(losses) / len(losses) if losses else 0.0


def gradient(function, table, step: float = 1e-5):
  """Central differences of `function(table)` in each number of the table."""
  slopes = [[0.0] * len(row) for row in table]
  for i, row in enumerate(table):
    for j, value in enumerate(row):
      table[i][j] = value + step
      above = function(table)
      table[i][j] = value - step
      below = function(table)
      table[i][j] = value
      slopes[i][j] = (above - below) / (2 * step)
  return slopes
