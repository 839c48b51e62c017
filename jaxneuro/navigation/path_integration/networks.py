"""Recurrent networks that are told how they move and say where they are."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from ...pytree import Pytree
from ...spiking import LIF, FastSigmoid
from ...spiking.engines.nnx_cells import SpikingCell
from .recipe import Recipe

uniform = nnx.initializers.variance_scaling(1 / 3, "fan_in", "uniform")  # ± 1/√fan_in, as torch initialises


class Answer(Pytree):
    """What a network says along a path.

    Attributes:
        code: Activity of the units that are scored (time, batch, unit).
        place: Logits of the place cells (time, batch, cell).
        heading: Logits of the head-direction cells (time, batch, cell).
    """

    code: jax.Array
    place: jax.Array
    heading: jax.Array


class ReLUNetwork(nnx.Module):
    """g ← relu(W g + V x), g at first a linear function of the place code; place cells are a linear function of g. No biases.

    Source: Sorscher et al. (2019), NeurIPS 32; the initial values are those of torch.
    """

    def __init__(self, recipe: Recipe, *, rngs: nnx.Rngs):
        linear = lambda a, b: nnx.Linear(a, b, use_bias=False, kernel_init=uniform, rngs=rngs)
        self.start = linear(recipe.place_cells, recipe.units)
        self.movement = nnx.Linear(2, recipe.units, use_bias=False, rngs=rngs,
                                   kernel_init=_within(recipe.units))  # fmt: skip
        self.recurrent = linear(recipe.units, recipe.units)
        if recipe.memory:
            self.recurrent.kernel = nnx.Param(recipe.memory * jnp.eye(recipe.units))
        self.place = linear(recipe.units, recipe.place_cells)

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: Any = None) -> Answer:
        """Answer to movements (time, batch, 2) from a start (batch, cell)."""

        def step(g: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
            g = jax.nn.relu(self.recurrent(g) + drive)
            return g, g

        _, code = jax.lax.scan(step, self.start(start), self.movement(moves))
        return Answer(code, self.place(code), jnp.zeros((*code.shape[:-1], 0)))


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

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: Any = None) -> Answer:
        """Answer to [speed, sin turn, cos turn] (time, batch, 3); units drop out where a key is given."""
        cell, memory = jnp.split(self.start(start), 2, -1)
        _, hidden = jax.lax.scan(lambda state, x: self.cell(state, x), (cell, memory), moves)
        code = self.linear(hidden)
        kept = code
        if key is not None and self.dropout:
            kept = code * jax.random.bernoulli(key, 1 - self.dropout, code.shape) / (1 - self.dropout)
        logits = self.heads(kept)
        return Answer(code, logits[..., : self.split], logits[..., self.split :])


class SpikingNetwork(nnx.Module):
    """Leaky integrate-and-fire units of `jaxneuro.spiking` with recurrent weights, trained by surrogate derivatives.

    A step of the path is `TICKS` steps of the cells. What is read, and scored, is the trace of each unit's spikes, through which
    they reach the other units too. The place at the start is given as the traces there.
    """

    TICKS, DT, TAU, TRACE = 4, 5.0, 20.0, 150.0  # ms
    STEP = 0.02  # m: what counts as 1 in the movement, so that it weighs against the threshold

    def __init__(self, recipe: Recipe, *, rngs: nnx.Rngs):
        linear = lambda a, b: nnx.Linear(a, b, use_bias=False, kernel_init=uniform, rngs=rngs)
        self.start = linear(recipe.place_cells, recipe.units)
        self.movement = nnx.Linear(2, recipe.units, use_bias=False, rngs=rngs, kernel_init=_within(recipe.units))
        self.recurrent = linear(recipe.units, recipe.units)
        self.bias = nnx.Param(jnp.full((recipe.units,), 0.2))
        self.place = linear(recipe.units, recipe.place_cells)
        self.cell = SpikingCell(LIF(recipe.units, tau=self.TAU), dt=self.DT, surrogate=FastSigmoid(), rngs=rngs)

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: Any = None) -> Answer:
        """Answer to movements (time, batch, 2) from a start (batch, cell)."""
        keep = jnp.exp(-self.DT / self.TRACE)

        def tick(state: tuple, drive: jax.Array) -> tuple:
            cells, trace = state
            cells, fired = self.cell(cells, self.recurrent(trace) + drive + self.bias)
            return (cells, keep * trace + (1 - keep) * fired), None

        def step(state: tuple, drive: jax.Array) -> tuple:
            for _ in range(self.TICKS):
                state, _ = tick(state, drive)
            return state, state[1]

        contrast = start * start.shape[-1] - 1  # codes sum to 1
        trace = jax.nn.sigmoid(self.start(contrast))
        drive = self.movement(moves / self.STEP)
        _, code = jax.lax.scan(step, (self.cell.initialize_carry(trace.shape), trace), drive)
        return Answer(code, self.place(code), jnp.zeros((*code.shape[:-1], 0)))


KINDS = {"relu": ReLUNetwork, "lstm": LSTMNetwork, "spiking": SpikingNetwork}


def network(recipe: Recipe, key: jax.Array) -> nnx.Module:
    """An untrained network of a recipe.

    Raises:
        ValueError: for a recipe that cannot be.
    """
    recipe.check()
    return KINDS[recipe.network](recipe, rngs=nnx.Rngs(params=key))


def _within(units: int) -> Any:
    """Uniform between ± 1/√units."""
    return lambda key, shape, dtype=jnp.float32, **_: jax.random.uniform(key, shape, dtype, -1.0, 1.0) / jnp.sqrt(units)
