"""A loop that ends when it is done, and is differentiated by going back through the states that it had."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ....batching import anyone


def replay(step: Callable, going: Callable, most: int, given: Any, start: Any) -> tuple[Any, Any]:
    """Like a scan of `most` steps, of which only those are done for which `going` holds.

    The gradient keeps the states before each step and does each step again, from the last to the first.

    Args:
        step: From what is given and a state to the next state and a row of results.
        going: Whether to go on from a state; if not, a step changes nothing (in a batch some wait for others).
        most: Bound on the number of steps.
        given: A tree that the steps read.
        start: State at the start.

    Returns:
        The state at the end, and the rows, those of steps that were not done being 0.
    """
    floating, whole = eqx.partition((given, start), eqx.is_inexact_array)

    def forward(floating: Any, whole: Any) -> tuple:
        given, clock = eqx.combine(floating, whole)
        rows = jax.tree.map(lambda x: jnp.zeros((most, *x.shape), x.dtype), jax.eval_shape(step, given, clock)[1])
        kept = jax.tree.map(lambda x: jnp.zeros((most, *jnp.shape(x)), jnp.result_type(x)), clock)
        put = lambda into, x, k: jax.tree.map(lambda i, x: i.at[k].set(x), into, x)

        def body(carry: tuple) -> tuple:
            k, clock, kept, rows = carry
            after, row = step(given, clock)
            return k + 1, after, put(kept, clock, k), put(rows, row, k)

        carry = jnp.asarray(0), clock, kept, rows
        k, end, kept, rows = jax.lax.while_loop(lambda c: (c[0] < most) & anyone(going(c[1])), body, carry)
        return (end, rows), (k, kept)

    def backward(kept: tuple, slopes: Any) -> tuple:
        (k, states), floating, whole = kept
        given, held = eqx.partition(eqx.combine(floating, whole)[0], eqx.is_inexact_array)
        end, rows = jax.tree.map(lambda x: None if x is None or x.dtype == jax.dtypes.float0 else x, slopes)

        def body(carry: tuple) -> tuple:
            k, of_given, of_clock = carry
            moving, still = eqx.partition(jax.tree.map(lambda x: x[k - 1], states), eqx.is_inexact_array)

            def again(given_now: Any, moving: Any) -> Any:
                return eqx.filter(step(eqx.combine(given_now, held), eqx.combine(moving, still)), eqx.is_inexact_array)

            of_more, of_clock = jax.vjp(again, given, moving)[1]((of_clock, jax.tree.map(lambda x: x[k - 1], rows)))
            return k - 1, jax.tree.map(jnp.add, of_given, of_more), of_clock

        carry = k, jax.tree.map(jnp.zeros_like, given), end
        _, of_given, of_clock = jax.lax.while_loop(lambda c: c[0] > 0, body, carry)
        return (of_given, of_clock), None

    @jax.custom_vjp
    def loop(floating: Any, whole: Any) -> tuple:
        return forward(floating, whole)[0]

    def kept(floating: Any, whole: Any) -> tuple:
        results, states = forward(floating, whole)
        return results, (states, floating, whole)

    loop.defvjp(kept, backward)
    return loop(floating, whole)
