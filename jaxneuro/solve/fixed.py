"""The fixed-step driver: a checkpointed scan over the steps of any method."""

import functools
import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree, Shaped

from ..arithmetic import SLOPE, Scalar, Values
from ..machine import alike
from ..model import Model, State
from .method import SOLVED, Arguments, Grid, Method

FAR = 512  # steps that are counted from one origin where it moves: to move it costs about as much as five of them

KEPT = jax.checkpoint_policies.save_only_these_names(SOLVED, SLOPE)  # beside the state: less to keep than to redo


def solve_fixed(
    method: Method,
    model: Model,
    initial: State,
    drive: Callable,
    grid: Grid,
    observe: Callable,
    *,
    every: int = 1,
    noise: dict | None = None,
    threshold: float | None = None,
) -> tuple[PyTree[Shaped[Array, "row ..."]], State, Bool[Array, ""]]:
    """Run a one-step method over a grid.

    Memory of a reverse-mode gradient: about 2 √rows states of the model, 3 with a cable, √rows slopes of its gates, and one
    segment of √rows × `every` steps, beside the recorded rows themselves; forward mode needs none.

    Args:
        method: `start` makes the carry, `step` advances it, `finish` gives the state; see `Method`.
        model: Passed to the method; its `reset` is applied after every step of a method that does not reset, if the model does.
        initial: State at time 0.
        drive: Function of absolute times [ms], vectorised, giving what the stimulus does.
        grid: The steps.
        observe: Function (state, drive, spike time) of what to record.
        every: Record after every so many steps; divides the number of steps.
        noise: Brownian increments of the gates, with a leading axis of steps, or None.
        threshold: Look for spikes, upward crossings of this level [mV], in a model that does not reset; None not to.

    Returns:
        The records with a leading axis of rows, the state at the end, and whether every step succeeded and ended in a state
        that the model calls sound.
    """
    steps = grid.start.shape[0]
    nodes, resets, sound = method.drive_nodes, model.resets, model.sound
    spiking = resets or threshold is not None
    no_spike = model.no_spike(initial) if spiking else None

    # Everything that is known before the loop is computed before it, in one vectorised sweep.
    nodal = drive(grid.start[:, None] + grid.lengths[:, None] * jnp.asarray(nodes, grid.start.dtype))
    varying = None if grid.equal else (grid.lengths, jnp.append(grid.lengths[1:], grid.lengths[-1]))
    constant, by_step = method.prepare(model, grid, nodal)
    inputs = (varying, nodal, noise, by_step, grid.start if spiking else None)
    no_spike = alike(no_spike, model, inputs)
    rows = jax.tree.map(lambda x: x.reshape(steps // every, every, *x.shape[1:]), inputs)

    first, point, state = method.begin(model, initial)
    origin_at = lambda point: method.origin(model, first, point, constant)

    def arguments(
        origin: Any, varying: tuple | None, nodal: PyTree, noise: dict | None, by_step: PyTree, start: jax.Array | None
    ) -> tuple[Scalar, Arguments]:
        del start
        dt, next_dt = (grid.dt, grid.dt) if varying is None else varying
        return dt, Arguments(model, _local(nodal, nodes, dt), next_dt, noise, (constant, by_step), origin)

    @partial(jax.checkpoint, prevent_cse=False, policy=KEPT)  # pyright: ignore[reportArgumentType]
    def step(origin: Any, carry: tuple, x: PyTree) -> tuple:
        packed, ok, spike = carry
        dt, args = arguments(origin, *x)
        before = method.state(packed, origin)
        packed, y, success = method.step(packed, dt, args)
        if resets and method.resets:
            spike = jax.tree.map(jnp.minimum, spike, model.fired(y, x[-1]))
        elif resets:
            y, _ = model.reset(before, y, x[-1], dt)
            state, time = model.reset(before, method.state(packed, origin), x[-1], dt)
            packed, spike = method.put(packed, state, origin), jax.tree.map(jnp.minimum, spike, time)
        elif threshold is not None:
            spike = jnp.minimum(spike, crossing(before.v, y.v, threshold, x[-1], dt))
        return (packed, ok & success & sound(y), spike), (y, args.drive(dt))

    def some(origin: Any, carry: tuple, x: PyTree) -> tuple:
        """Steps without a record."""
        return jax.lax.scan(lambda c, a: (step(origin, c, a)[0], None), carry, x)

    def last(origin: Any, carry: tuple, x: PyTree) -> tuple:
        """The last step of a row, and its record."""
        (packed, ok, spike), (y, driven) = step(origin, carry, jax.tree.map(lambda a: a[-1], x))
        return (packed, ok), observe(y, driven, spike)

    def row(origin: Any, carry: tuple, x: PyTree) -> tuple:
        carry = (*carry, no_spike)
        if every > 1:
            carry, _ = some(origin, carry, jax.tree.map(lambda a: a[:-1], x))
        return last(origin, carry, x)

    def counted(part: Callable, carry: tuple, x: PyTree) -> tuple:
        """Part of a run, counted from the state at the start of it."""
        point, packed = method.move(*carry[:2])
        carry, records = part(origin_at(point), (packed, *carry[2:]), x)
        return (point, *carry), records

    def long_row(carry: PyTree, x: PyTree) -> tuple:
        early = jax.tree.map(lambda a: a[:-1], x)
        (point, *carry), _ = _in_parts(partial(counted, some), (*carry, no_spike), early, every - 1, FAR)
        carry, records = last(origin_at(point), tuple(carry), x)
        return (point, *carry), records

    count = steps // every
    size, moves = _segment(count), bool(jax.tree.leaves(point))
    far = max(FAR // (size * every), 1) * size if moves else count  # whole segments that have one origin

    @partial(jax.checkpoint, prevent_cse=False)  # pyright: ignore[reportArgumentType]
    def segment(origin: Any, carry: tuple, x: PyTree) -> tuple:
        return jax.lax.scan(partial(row, origin), carry, x)

    def segments(origin: Any, carry: tuple, x: PyTree) -> tuple:
        return _in_parts(partial(segment, origin), carry, x, len(jax.tree.leaves(x)[0]), size)

    def long_segment(carry: tuple, x: PyTree) -> tuple:
        return jax.lax.scan(long_row, carry, x)

    dt, args = arguments(origin_at(point), *jax.tree.map(lambda x: x[0], inputs))
    carry = alike((point, method.start(state, dt, args), sound(initial)), model, inputs)
    if moves and every > FAR:
        part, far = jax.checkpoint(long_segment, prevent_cse=False), size  # pyright: ignore[reportArgumentType]
    else:
        part = partial(counted, segments)
    (point, packed, ok), records = _in_parts(part, carry, rows, count, far)
    start = observe(initial, args.drive(0.0), no_spike)
    records = jax.tree.map(lambda a, b: jnp.concatenate([b[None], a]), records, start)
    end = grid.dt if varying is None else varying[0][-1]
    return records, method.finish(packed, end, model, origin_at(point)), ok


def crossing(
    v0: Float[Array, "*cell"], v1: Float[Array, "*cell"], level: Scalar, start: Scalar, dt: Scalar
) -> Float[Array, "*cell"]:
    """When a step from v0 to v1 rises through a level, on a straight line [ms]; infinity if it does not."""
    up = (v0 < level) & (v1 >= level)
    return jnp.where(up, start + dt * (level - v0) / jnp.where(up, v1 - v0, 1.0), jnp.inf)


def _segment(length: int) -> int:
    """How many of so many rows are a segment, at the start of which the gradient keeps the carry: about √length."""
    root = math.isqrt(length)
    divisors = [d for d in range(max(root // 4, 1), 4 * root + 1) if length % d == 0]
    return min(divisors, key=lambda d: abs(math.log(d / max(root, 1))), default=root)


def _in_parts(part: Callable, carry: tuple, xs: PyTree, length: int, size: int) -> tuple:
    """A scan over so many at a time, and at last over what is left."""
    if size >= length:
        return part(carry, xs)
    whole = length - length % size
    head = jax.tree.map(lambda x: x[:whole].reshape(whole // size, size, *x.shape[1:]), xs)
    carry, ys = jax.lax.scan(part, carry, head)
    ys = jax.tree.map(lambda y: y.reshape(whole, *y.shape[2:]), ys)
    if whole == length:
        return carry, ys
    carry, tail = part(carry, jax.tree.map(lambda x: x[whole:], xs))
    return carry, jax.tree.map(lambda a, b: jnp.concatenate([a, b]), ys, tail)


def _local(nodal: PyTree, nodes: tuple, dt: Scalar) -> Callable:
    """The drive as a function of local time [ms]: the polynomial through its values at the nodes of the step."""
    if len(nodes) == 1:
        return lambda t: jax.tree.map(lambda a: a[0], nodal)

    def at(t: Values) -> PyTree:
        fraction = t / dt
        weights = [
            math.prod(1 / (a - b) for b in nodes if b != a) * _product(fraction - b for b in nodes if b != a)
            for a in nodes
        ]
        return jax.tree.map(lambda a: sum(w * a[i] for i, w in enumerate(weights)), nodal)

    return at


def _product(factors: Iterable[Values]) -> Values:
    return functools.reduce(lambda a, b: a * b, factors)
