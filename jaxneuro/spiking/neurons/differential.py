"""Neurons without a closed form: any ordinary differential equation with a threshold and a reset."""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ...pytree import static
from .base import Neuron, State

PIECES = 4  # of a step; in each the excess is taken for a cubic, whose maximum is known
HALVINGS = 12  # of the bracket on the cubic
POLISH = 3  # Newton's steps with the method itself, from the root of the cubic


class Differential(Neuron):
    """Base class of neurons given by a differential equation, which goes one step of a Runge–Kutta method at a time.

    Subclasses give `slope`, `excess` and `fire`. The excess and its slope are read off the method's dense output at five
    points; a spike lies where the cubics through them first reach 0, were it for a moment between two points. Newton's
    method, with steps of the method itself, then makes the time as accurate as the method. After `fire` sets `hold`, no
    spike is looked for so long, while the state goes on: for a neuron that is not reset.

    Attributes:
        size: Number of neurons.
        step: Longest step [ms]; the error goes with it to the power of the order of the method.
        solver: An explicit Runge–Kutta method of diffrax.
    """

    step: float = static(default=0.125)  # pyright: ignore[reportIncompatibleVariableOverride]
    solver: Any = static(default=diffrax.Dopri8())

    def slope(self, state: State) -> State:
        """The derivative of the state in time [1/ms]; that of `hold` is not used."""
        raise NotImplementedError

    def flow(self, state: State, t: Values) -> State:
        return self._stepped(state, t)[0]

    def crossing(self, state: State, within: Values) -> jax.Array:
        held = jnp.minimum(state.hold, within)
        start, rest = jax.lax.stop_gradient((self.flow(state, held), within - held))
        part = first_root(*self._looks(start, rest))

        def polished(_: int, t: jax.Array) -> jax.Array:
            value, rate = self._rise(self.flow(start, t))
            return jnp.clip(t - value / jnp.where(rate > 0, rate, jnp.inf), 0.0, rest)

        t = jax.lax.fori_loop(0, POLISH, polished, jnp.where(jnp.isfinite(part), part, 0.0) * rest)
        return jnp.where(jnp.isfinite(part), held + t, jnp.inf)

    def _stepped(self, state: State, t: Values) -> tuple:
        """One step: the state at its end, and in it as a function of a number between 0 and 1.

        The stages go through a scan, which compiles the slope once; the loop of diffrax has no forward mode.
        """
        tableau = self.solver.tableau
        shares = np.zeros((tableau.num_stages + 1, tableau.num_stages))  # of all stages in the next one, and in the end
        for row, given in zip(shares[1:], (*tableau.a_lower, tableau.b_sol), strict=True):
            row[: len(given)] = given

        def moved(stages: State, share: jax.Array) -> State:
            return jax.tree.map(lambda x, k: x + jnp.tensordot(share.astype(x.dtype), k, 1), state, stages)

        def stage(stages: State, now: tuple) -> tuple:
            number, share = now
            rate = self.slope(moved(stages, share))
            return jax.tree.map(lambda k, x: k.at[number].set(t * x), stages, rate), None

        none = jax.tree.map(lambda x: jnp.zeros((tableau.num_stages, *x.shape), x.dtype), state)
        stages, _ = jax.lax.scan(stage, none, (jnp.arange(tableau.num_stages), jnp.asarray(shares[:-1])))
        end = moved(stages, jnp.asarray(shares[-1]))
        inside = self.solver.interpolation_cls(t0=0.0, t1=1.0, y0=state, y1=end, k=stages)
        return end.replace(hold=jnp.maximum(state.hold - t, 0.0)), inside.evaluate

    def _rise(self, state: State) -> tuple[jax.Array, jax.Array]:
        """The excess and its derivative in time."""
        return jax.jvp(self.excess, (state,), (self.slope(state),))

    def _looks(self, state: State, t: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The excess and its derivative, per step, at the ends of the pieces of a step (point, neuron)."""
        inside = self._stepped(state, t)[1]
        value, rate = jax.vmap(lambda s: self._rise(inside(s)))(jnp.linspace(0.0, 1.0, PIECES + 1, dtype=state.v.dtype))
        return value, rate * t


def first_root(value: jax.Array, rate: jax.Array) -> jax.Array:
    """Where the cubics through values and derivatives at equal distances in [0, 1] first reach 0 from below, or infinity.

    0 where the first value is not negative.

    Args:
        value: Values (point, ...).
        rate: Derivatives (point, ...).
    """
    pieces = value.shape[0] - 1
    low, high, rise, fall = value[:-1], value[1:], rate[:-1] / pieces, rate[1:] / pieces
    square, cube = 3 * (high - low) - 2 * rise - fall, rise + fall - 2 * (high - low)

    def cubic(s: jax.Array) -> jax.Array:
        return low + s * (rise + s * (square + s * cube))

    inner = square**2 - 3 * rise * cube  # where the derivative vanishes: the maximum is the root with this sign
    bend = jnp.sqrt(jnp.maximum(inner, 0.0)) - square
    top = rise / jnp.where(bend == 0, 1.0, bend)
    top = jnp.where((inner > 0) & (top > 0) & (top < 1) & (cubic(top) > high), top, 1.0)
    there = (low < 0) & (cubic(top) >= 0)
    left, right = jnp.zeros_like(top), top
    for _ in range(HALVINGS):
        middle = 0.5 * (left + right)
        below = cubic(middle) < 0
        left, right = jnp.where(below, middle, left), jnp.where(below, right, middle)
    at = jnp.where(there, (jnp.arange(pieces).reshape(-1, *[1] * (low.ndim - 1)) + right) / pieces, jnp.inf)
    return jnp.where(value[0] >= 0, 0.0, jnp.min(at, axis=0))
