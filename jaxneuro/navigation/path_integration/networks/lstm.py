"""Long short-term memory."""

import jax
import jax.numpy as jnp
from flax import nnx

from ..recipe import Recipe
from .answer import Answer


class LSTMNetwork(nnx.Module):
    """An LSTM, a linear layer with dropout, from it place and head-direction cells. Its state begins as linear in the codes.

    Source: Banino et al. (2018), Nature 557:429, Methods and extended data figure 1.
    """

    def __init__(self, recipe: Recipe, *, rngs: nnx.Rngs):
        codes, linear = recipe.place_cells + recipe.heading_cells, nnx.Linear
        self.cell = nnx.LSTMCell(3, recipe.units, rngs=rngs)
        self.start = linear(codes, 2 * recipe.units, rngs=rngs)
        self.linear = linear(recipe.units, recipe.linear, use_bias=recipe.linear_bias, rngs=rngs)
        self.heads = linear(recipe.linear, codes, rngs=rngs)
        self.dropout, self.split = recipe.dropout, recipe.place_cells

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: jax.Array | None = None) -> Answer:
        """Answer to [speed, sin turn, cos turn] (time, batch, 3); units drop out where a key is given."""
        cell, memory = jnp.split(self.start(start), 2, -1)
        _, hidden = jax.lax.scan(lambda state, x: self.cell(state, x), (cell, memory), moves)
        code = self.linear(hidden)
        kept = code
        if key is not None and self.dropout:
            kept = code * jax.random.bernoulli(key, 1 - self.dropout, code.shape) / (1 - self.dropout)
        logits = self.heads(kept)
        return Answer(code, logits[..., : self.split], logits[..., self.split :])
