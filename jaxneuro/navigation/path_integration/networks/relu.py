"""Rectified linear units."""

import jax
import jax.numpy as jnp
from flax import nnx

from ..recipe import Recipe
from .answer import STEP, Answer, contrast, uniform, within


class ReLUNetwork(nnx.Module):
    """g ← relu(W g + V x), g at first a linear function of the place code; place cells are a linear function of g. No biases.

    Source: Sorscher et al. (2019), NeurIPS 32; the initial values are those of torch.
    """

    def __init__(self, recipe: Recipe, *, rngs: nnx.Rngs):
        linear = lambda a, b: nnx.Linear(a, b, use_bias=False, kernel_init=uniform, rngs=rngs)
        self.start = linear(recipe.place_cells, recipe.units)
        self.movement = nnx.Linear(2, recipe.units, use_bias=False, rngs=rngs,
                                   kernel_init=within(recipe.units))  # fmt: skip
        self.recurrent = linear(recipe.units, recipe.units)
        if recipe.memory:
            self.recurrent.kernel = nnx.Param(recipe.memory * jnp.eye(recipe.units))
        self.place = linear(recipe.units, recipe.place_cells)
        self.scaled = recipe.scaled

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: jax.Array | None = None) -> Answer:
        """Answer to movements (time, batch, 2) from a start (batch, cell)."""
        if self.scaled:
            moves, start = moves / STEP, contrast(start)

        def step(g: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
            g = jax.nn.relu(self.recurrent(g) + drive)
            return g, g

        _, code = jax.lax.scan(step, self.start(start), self.movement(moves))
        return Answer(code, self.place(code), jnp.zeros((*code.shape[:-1], 0)))
