"""Whether all ways to the gradient of a network agree, and whether the question is well posed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...biophysics.network import SpikeTrains
from ...pytree import Pytree
from ..engines.events import Events
from ..network import SpikingNetwork
from ..run import Response, run

SHIFTS = (-2.0, -1.0, 1.0, 2.0)
TIMES = "input"  # stands for the input times among the paths


class GradCheck(Pytree):
    """Derivatives of a loss along one random direction of each parameter, by four ways.

    Attributes:
        derivatives: By path, by automatic differentiation in reverse, by EventProp, in forward mode, and by central
            differences of order 4 (4,).
        error: Largest difference between two of the ways, relative to the largest derivative.
        spread: How much central differences of two steps differ, relative to the largest derivative: a kink, if not small.
        changed: Whether a neuron spikes more or less often somewhere within the steps, or with thresholds moved by the margin.
        ill: Whether the draw is ill-conditioned: the loss jumps or bends nearby, so that agreement is not to be expected.
    """

    derivatives: dict[str, jax.Array]
    error: jax.Array
    spread: jax.Array
    changed: jax.Array
    ill: jax.Array


def gradcheck(
    network: SpikingNetwork,
    inputs: SpikeTrains,
    loss: Callable[[Response], jax.Array],
    *,
    duration: float,
    engine: Events,
    key: jax.Array,
    record: tuple[str, ...] = (),
    step: float = 1e-5,
    margin: float = 1e-3,
    tolerance: float = 1e-5,
) -> GradCheck:
    """Compare the ways to a gradient in exact events. Needs float64; can be jitted and mapped over networks.

    Args:
        network: The network.
        inputs: Its input; times are differentiated too, under the path "input".
        loss: From a response to a number.
        duration: Length of the run [ms].
        engine: The engine; its adjoint is varied.
        key: Random key of the directions.
        record: Populations whose membrane potential the loss reads.
        step: Length of the shorter step of the differences, in units of the parameters.
        margin: How far thresholds are moved to see whether a spike is about to appear or vanish.
        tolerance: Largest spread of a well-posed draw.

    Raises:
        ValueError: in float32, where differences mean nothing.
    """
    if not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError("gradcheck compares to 1e-6: enable float64 with jax.config.update('jax_enable_x64', True).")
    point = {path: jnp.asarray(network.get(path), float) for path in network.paths()}
    point[TIMES] = jnp.asarray(inputs.times, float)

    def at(values: dict, adjoint: str) -> tuple[jax.Array, dict]:
        moved = network
        for path in network.paths():
            moved = moved.set(path, values[path])
        given = engine.replace(adjoint=adjoint)
        response = run(moved, SpikeTrains(values[TIMES]), duration=duration, engine=given, record=record)
        counts = {name: jnp.isfinite(times).sum(axis=-1) for name, times in response.times.items()}
        return loss(response), counts

    directions = _directions(key, point)
    reverse = jax.grad(lambda values: at(values, "autodiff")[0])(point)
    adjoint = jax.grad(lambda values: at(values, "eventprop")[0])(point)
    basis = _one_at_a_time(directions)
    forward = jax.vmap(lambda d: jax.jvp(lambda values: at(values, "autodiff")[0], (point,), (d,))[1])(basis)
    values, counts = _shifted(lambda values: at(values, "eventprop"), point, basis, step, margin)
    rows = len(point)
    near, far = ((values[b : 4 * rows : 4] - values[a : 4 * rows : 4]) for a, b in ((1, 2), (0, 3)))
    near, far = near / (2 * step), far / (4 * step)
    dots = lambda g: jnp.stack([jnp.sum(jnp.where(directions[p] != 0, g[p], 0.0) * directions[p]) for p in point])
    table = jnp.stack([dots(reverse), dots(adjoint), forward, (4 * near - far) / 3], axis=1)
    scale = jnp.max(jnp.abs(table))
    spread = jnp.max(jnp.abs(near - far)) / scale
    changed = jnp.stack([jnp.any(n != n[-1]) for n in counts.values()]).any()
    error = jnp.max(table.max(axis=1) - table.min(axis=1)) / scale
    return GradCheck(dict(zip(point, table, strict=True)), error, spread, changed, changed | ~(spread < tolerance))


def _directions(key: jax.Array, point: dict) -> dict:
    """A random direction of length 1 for each parameter, without the padding of spike trains."""
    found = {}
    for name, k in zip(point, jax.random.split(key, len(point)), strict=True):
        d = jnp.where(jnp.isfinite(point[name]), jax.random.normal(k, point[name].shape), 0.0)
        found[name] = d / jnp.linalg.norm(jnp.ravel(d))
    return found


def _one_at_a_time(directions: dict) -> dict:
    """Points, as many as there are parameters; in each, one of them moves (parameter, ...)."""
    share = jnp.eye(len(directions))
    return {p: share[:, n].reshape(-1, *[1] * d.ndim) * d for n, (p, d) in enumerate(directions.items())}


def _shifted(at: Callable, point: dict, basis: dict, step: float, margin: float) -> tuple[Any, Any]:
    """Values at the points shifted by the steps, at thresholds moved down and up, and at the point itself, last."""
    shifts = jnp.asarray(SHIFTS) * step
    moved = {
        p: (point[p] + jnp.multiply.outer(shifts, d).swapaxes(0, 1)).reshape(-1, *d.shape[1:]) for p, d in basis.items()
    }
    ends = jnp.asarray([-margin, margin, 0.0])
    apart = {
        p: jnp.broadcast_to(x, (3, *x.shape)) + (ends.reshape(-1, *[1] * x.ndim) if p.endswith(".threshold") else 0.0)
        for p, x in point.items()
    }
    return jax.vmap(at)({p: jnp.concatenate([moved[p], apart[p]]) for p in point})
