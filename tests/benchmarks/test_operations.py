"""The parts of a compiled program, against a small one and a written one."""

import jax
import jax.numpy as jnp

from benchmarks import operations

PROGRAM = """HloModule jit_step

%fused_computation.1 (a: f32[2,3], b: f32[3,4]) -> f32[2,4] {
  %a = f32[2,3]{1,0} parameter(0)
  %b = f32[3,4]{1,0} parameter(1)
  ROOT %dot.9 = f32[2,4]{1,0} dot(%a, %b), metadata={op_name="jit(step)/jvp(T5.encode)/encoder/layers_0/mlp/wi/dot_general"}
}

ENTRY %main.3 (p: f32[2,3], q: f32[3,4]) -> f32[2,4] {
  %p = f32[2,3]{1,0} parameter(0)
  %q = f32[3,4]{1,0} parameter(1)
  %ynn_fusion.1 = f32[2,4]{1,0} fusion(%p, %q), kind=kCustom, calls=%fused_computation.1, metadata={op_name="jit(step)/jvp(T5.encode)/encoder/layers_0/mlp/wi/dot_general"}
  %mask.2 = f32[2,4]{1,0} add(%p, %p), metadata={op_name="jit(step)/jvp(T5.decode)/decoder/decoder._masks/lt"}
  %loop = f32[2,4]{1,0} while(%p), condition=%c, body=%d
  ROOT %sum.4 = f32[2,4]{1,0} add(%ynn_fusion.1, %mask.2), metadata={op_name="jit(step)/mul"}
}
"""  # noqa: E501


def test_a_written_program():
  found = operations.of(PROGRAM)
  assert found['ynn_fusion.1'] == ('feed-forward', True)
  assert found['mask.2'] == ('dropout masks', False)
  assert found['sum.4'] == ('optimizer', False)
  assert 'loop' not in found


def test_a_compiled_program_has_its_product():
  @jax.jit
  def step(x, y):
    with jax.named_scope('T5.encode/encoder/layers_0/mlp'):
      return jnp.tanh(x @ y).sum()

  shape = jax.ShapeDtypeStruct((64, 64), jnp.float32)
  found = operations.of(step.lower(shape, shape).compile().as_text())
  assert any(one.product for one in found.values())
  products = {one.part for one in found.values() if one.product}
  assert products == {'feed-forward'}
