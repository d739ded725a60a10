"""The floor's count of matrix products, against the program that is run."""

import re

import jax

from benchmarks import batches, floor, jax_steps, networks, products
from distill_jax.losses import mean
from distill_jax.students import sampling

ROWS, INPUTS, LABEL, RATIONALE = 2, 32, 8, 24
OF = products.Texts.full
C = networks.config('t5_small', num_encoder_layers=2, num_decoder_layers=2)


def _gradient(method, number=(1, 0)):
  batch = batches.full(ROWS, INPUTS, LABEL, RATIONALE, *number)
  objective = jax_steps.objective(method, C)
  others = {'critic': {}}
  return _compiled(networks.student(C), 'student', objective, batch, others)


def _ranking_gradient(passages):
  critic = jax_steps.ranker(C)
  objective = jax_steps.ranking_objective(critic)
  batch = batches.ranking(ROWS, INPUTS, RATIONALE, passages)
  return _compiled(critic, 'critic', objective, batch, {})


def _compiled(network, name, objective, batch, others):
  def loss(own, batch):
    return mean.objective(objective({name: own, **others}, batch, None), None)

  own = jax.eval_shape(network.init, jax.random.key(0))
  return jax.jit(jax.grad(loss)).lower(own, batch).compile()


def _share(compiled, found):
  """The floor's share of all operations that the compiler counts."""
  return products.flops(found) / compiled.cost_analysis()['flops']


def test_a_product_by_hand():
  product = products.Product('mk,kn->mn', (3, 5), (5, 7), times=2)
  assert product.flops == 2 * 3 * 5 * 7 * 2


def test_backward_products_are_two_more_of_the_same_size():
  product = products.Product('bhtc,bhsc->bhts', (2, 3, 4, 5), (2, 3, 6, 5), 7)
  own, left, right = products.trained([product])
  assert own == product
  assert left == ('bhts,bhsc->bhtc', (2, 3, 4, 6), (2, 3, 6, 5), 7)
  assert right == ('bhtc,bhts->bhsc', (2, 3, 4, 5), (2, 3, 4, 6), 7)
  assert left.flops == right.flops == product.flops


def test_an_encoder_by_hand():
  # A layer: 4 products of D x HC, 2 of D x F, scores and reads of 2 rows.
  tokens = ROWS * INPUTS
  layer = 4 * tokens * 512 * 512 + 2 * tokens * 512 * 2048
  layer += 2 * ROWS * 8 * INPUTS * INPUTS * 64
  found = products.encoder(C, OF(ROWS, INPUTS))
  assert products.flops(found) == 2 * 2 * layer


def test_padding_costs_only_the_attention():
  whole = products.encoder(C, OF(ROWS, INPUTS))
  half = products.encoder(C, products.Texts(ROWS, INPUTS, ROWS * INPUTS // 2))
  attention = 2 * 2 * 2 * ROWS * 8 * INPUTS * INPUTS * 64
  assert 2 * (products.flops(half) - attention) == (
    products.flops(whole) - attention
  )


def test_a_step_has_these_products_and_little_else():
  inputs, labels = OF(ROWS, INPUTS), OF(ROWS, LABEL)
  found = floor.step_by_step(C, inputs, labels, OF(ROWS, RATIONALE))
  assert 0.95 < _share(_gradient('dss'), found) <= 1.0


def test_qcrd_scores_all_and_learns_from_two():
  found = floor.qcrd(C, OF(ROWS, INPUTS), OF(ROWS, LABEL), 6, RATIONALE)
  assert 0.95 < _share(_gradient('qcrd', (4, 2)), found) <= 1.01


def test_a_rerankers_products():
  questions, passages = OF(ROWS, INPUTS + 1), OF(ROWS * 3, RATIONALE + 1)
  found = floor.reranker(C, questions, passages, 768)
  assert 0.95 < _share(_ranking_gradient(3), found) <= 1.0


def test_writing_has_these_products_and_little_else():
  student, tokens, inputs = networks.student(C), 16, OF(ROWS, INPUTS)

  def write(params, questions):
    way = sampling.Greedy(max_tokens=tokens)
    encoded = student.encode(params, questions)
    return student.sample(params, encoded, way, None)

  params = jax.eval_shape(student.init, jax.random.key(0))
  questions = batches.full(ROWS, INPUTS).label_inputs
  counted = jax.jit(write).lower(params, questions).compile().cost_analysis()
  token = products.decoder(C, OF(ROWS, 1), inputs, seen=OF(ROWS, tokens))
  whole = products.flops(floor.writing(C, inputs, tokens))
  # The compiler counts once what a loop holds.
  once = whole - (tokens - 1) * products.flops(token)
  assert 0.95 < once / counted['flops'] <= 1.0


def test_timed_makes_every_product(monkeypatch):
  made = []
  monkeypatch.setattr(
    products,
    '_loop',
    lambda product, times, dtype: lambda: made.append(product.flops * times),
  )
  found = products.trained(products.encoder(C, OF(ROWS, INPUTS)))
  products.timed(found, 'float32')()
  assert sum(made) == products.flops(found)


def test_the_loop_makes_its_product_anew_each_time():
  product = products.Product('mk,kn->mn', (64, 32), (32, 16), times=7)
  loop = products._loop(product, product.times, 'float32')
  program = loop.func.lower(*loop.args).compile().as_text()
  body = re.search(r'while\(.*body=%?([\w.]+)', program)[1]
  within = re.search(rf'^%?{re.escape(body)} .*?^}}', program, re.M | re.S)[0]
  called = re.findall(r'calls=%?([\w.]+)', within)
  texts = [
    re.search(rf'^%?{re.escape(name)} .*?^}}', program, re.M | re.S)[0]
    for name in called
  ]
  assert any(' dot(' in text for text in [within, *texts])


def test_gradient_in_all_is_the_same_loss_by_more_work():
  few = _gradient('qcrd', (3, 2)).cost_analysis()['flops']
  found = {}

  def way():
    found['flops'] = _gradient('qcrd', (3, 2)).cost_analysis()['flops']

  jax_steps.gradient_in_all(way)()
  assert found['flops'] > 1.2 * few
