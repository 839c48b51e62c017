"""Chunks of a pure step, compiled once for all their lengths, that stop before a number that is not finite."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from . import stored
from .advancing import Advance, Chunk

Step = Callable[..., tuple[PyTree, dict[str, jax.Array]]]  # of the state and the data, to the state and figures


def steps(step: Step, *data: PyTree, unit: str = "step") -> Advance:
    """What `loop` advances by, from a function of one step.

    Args:
        step: Pure function (state, *data) to the state after it and a dict of figures, such as the loss; the same function
            shares its compilation. Many seeds at once are a `jax.vmap` of it.
        data: Passed on to it, so that they are no constants of what is compiled.
        unit: What one step is called, where one fails.

    Returns:
        A function whose rows are the means of the figures over a chunk, of each seed where there are several. The first step
        with a figure that is not finite, or with NaN in its state, is not taken and ends the learning.
    """

    def advance(state: PyTree, done: int, count: int) -> Chunk:
        state, sums, made, wrong = _advance(step, state, count, data)
        made, found = int(made), [name for name, at in wrong.items() if at]
        status = f"not finite: {', '.join(found)} in {unit} {done + made}" if found else ""
        row = {name: (np.asarray(total) / max(made, 1)).tolist() for name, total in sums.items()}
        return Chunk(state, row, made, status)

    return advance


@partial(jax.jit, static_argnums=0)
def _advance(step: Step, state: PyTree, count: jax.Array, data: tuple) -> tuple:
    """Make at most `count` steps: the state, the sums of figures, the steps made, and what was wrong in the next one."""
    state = definite(state)
    shapes = _figures(jax.eval_shape(step, state, *data), state)
    sums = {name: jnp.zeros(x.shape, jnp.result_type(x.dtype, jnp.float32)) for name, x in shapes.items()}
    healthy = dict.fromkeys([*sums, "state"], jnp.asarray(False))

    def more(carry: tuple) -> jax.Array:
        return (carry[2] < count) & ~jnp.any(jnp.stack(list(carry[3].values())))

    def once(carry: tuple) -> tuple:
        state, sums, made, _ = carry
        after, figures = step(state, *data)
        wrong = {name: ~jnp.all(jnp.isfinite(x)) for name, x in figures.items()} | {"state": _holds_nan(after)}
        bad = jnp.any(jnp.stack(list(wrong.values())))
        chosen = lambda old, new: jnp.where(bad, old, new)
        sums = {name: chosen(total, total + figures[name]) for name, total in sums.items()}
        return jax.tree.map(chosen, state, definite(after)), sums, made + ~bad, wrong

    return jax.lax.while_loop(more, once, (state, sums, jnp.asarray(0), healthy))


def _figures(given: PyTree, state: PyTree) -> dict:
    """The figures of a step, which gives a state like that before it, and figures by name."""
    if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict)):
        raise TypeError(
            f"a step gave {given!r:.100}: return the state after it and a dict of figures, (state, {{'loss': loss}})."
        )
    if different := stored.difference(stored.described(given[0]), stored.described(state)):
        raise TypeError(
            f"a step gave a state {different}: return one like that before it, of the same shapes and types."
        )
    return given[1]


def _holds_nan(state: PyTree) -> jax.Array:
    numbers = [x for x in jax.tree.leaves(state) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return jnp.any(jnp.stack([jnp.any(jnp.isnan(x)) for x in numbers])) if numbers else jnp.asarray(False)


def definite(state: PyTree) -> PyTree:
    """The state with every number of a definite type, so that no step compiles again what another has compiled."""
    return jax.tree.map(lambda x: jax.lax.convert_element_type(x, jnp.asarray(x).dtype), state)
