"""Spiking units."""

import math

import jax
import jax.numpy as jnp
from flax import nnx

from ....spiking import LIF, SpikingCell, surrogates
from ..recipe import Recipe
from .answer import STEP, Answer, contrast, uniform, within


class LIFNetwork(nnx.Module):
    """Leaky integrate-and-fire units of `jaxneuro.spiking` that integrate from the start, and learn by surrogate derivatives.

    v ← exp(-dt/tau) v + W r + V x + b;  s = 1 where v ≥ 1, else 0;  v ← v - s;  r ← k r + (1 - k) s, k = exp(-dt/trace)

    Other units and the place cells receive r alone, the trace of a unit's spikes, which is the code: 1 for a spike at each tick,
    1000 / DT = 100 Hz. With W = 1, as at first, a unit keeps r + (1 - k) v but for what it is told, V x, and for the leak, for
    which b makes up on average: it holds its rate. So do derivatives, by any surrogate that is at most 1, as a ramp is. A step of
    the path is TICKS ticks, as long as one of `sorscher`. The start is given as traces, logistic in the place code.

    Source: Seung (1996), PNAS 93:13339, for cells that hold a rate by what they send themselves; Eliasmith & Anderson (2003),
    Neural Engineering, chapter 8, for doing so through traces. Numbers and training are of this package.
    """

    TICKS, DT, TAU, TRACE = 2, 10.0, 50.0, 150.0  # ms; the trace is that of NMDA receptors
    QUIET = 1.5  # traces begin round 1 / (1 + exp(QUIET)): at 18 Hz

    def __init__(self, recipe: Recipe, *, rngs: nnx.Rngs):
        units, leak = recipe.units, -math.expm1(-self.DT / self.TAU) / 2  # of a tick; potentials are 1/2 on average
        linear = lambda a, b, bias=0.0: nnx.Linear(
            a, b, use_bias=bias != 0, kernel_init=uniform, bias_init=nnx.initializers.constant(bias), rngs=rngs
        )
        self.start = linear(recipe.place_cells, units, -self.QUIET)
        self.movement = nnx.Linear(2, units, use_bias=False, kernel_init=within(units), rngs=rngs)
        self.recurrent = linear(units, units, leak)
        self.recurrent.kernel = nnx.Param(jnp.eye(units))
        self.place = linear(units, recipe.place_cells)
        self.cell = SpikingCell(
            LIF(units, tau=self.TAU, subtract=True), dt=self.DT, surrogate=surrogates.StraightThrough(0.5)
        )

    def __call__(self, moves: jax.Array, start: jax.Array, *, key: jax.Array | None = None) -> Answer:
        """Answer to movements (time, batch, 2) from a start (batch, cell)."""
        keep = jnp.exp(-self.DT / self.TRACE)

        def step(state: tuple, drive: jax.Array) -> tuple:
            cells, trace = state
            for _ in range(self.TICKS):
                cells, fired = self.cell(cells, self.recurrent(trace) + drive)
                trace = keep * trace + (1 - keep) * fired
            return (cells, trace), trace

        trace = jax.nn.sigmoid(self.start(contrast(start)))
        cells = self.cell.initialize_carry(trace.shape).replace(v=jnp.full_like(trace, 0.5))
        _, code = jax.lax.scan(step, (cells, trace), self.movement(moves / STEP))
        return Answer(code, self.place(code), jnp.zeros((*code.shape[:-1], 0)))
