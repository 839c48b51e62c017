"""Places in an arena: drawn at random, and refused where they are none."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from .slide import CLEARANCE

TRIES = 1000  # of drawing a place at random, before NaN says that there is none


def uniform(key: jax.Array, shape: tuple[int, ...], bounds: jax.Array, good: Callable) -> jax.Array:
    """Places drawn uniformly from where `good(place)` holds (*shape, 2); NaN if there are none. Without derivative.

    Args:
        key: Of the randomness.
        shape: How many.
        bounds: Lower left and upper right corner of where to look (2, 2) [m].
        good: Whether places will do (..., 2) -> (...).
    """
    low, high = jax.lax.stop_gradient(bounds)
    draw = lambda key: jax.random.uniform(key, (*shape, 2), low.dtype, low, high)

    def again(state: tuple) -> tuple:
        place, fits, tries = state
        place = jnp.where(fits[..., None], place, draw(jax.random.fold_in(key, tries)))
        return place, good(place), tries + 1

    more = lambda state: ~jnp.all(state[1]) & (state[2] < TRIES)
    nowhere = jnp.full((*shape, 2), jnp.nan, low.dtype)
    place, fits, _ = jax.lax.while_loop(more, again, (nowhere, jnp.zeros(shape, bool), 0))
    return jax.lax.stop_gradient(jnp.where(fits[..., None], place, jnp.nan))


def require_places(name: str, places: jax.Array, bounds: jax.Array, inside: jax.Array, to_wall: jax.Array) -> None:
    """Refuse what is no place in an arena.

    Args:
        name: What the places are.
        places: The places (place, 2) [m].
        bounds: Of the arena (2, 2) [m].
        inside: Whether each is inside (place,).
        to_wall: Distance of each to the nearest wall (place,) [m].

    Raises:
        ValueError: with the place, the rule and the fix.
    """
    low, high = np.round(np.asarray(bounds, np.float64), 6).tolist()
    rules = (
        (jnp.isfinite(places).all(-1), "is not finite: give x and y in m"),
        (inside, f"is outside the arena, which reaches from {low} to {high} m: give a place inside"),
        (to_wall >= CLEARANCE / 2, f"is in a wall: give a place {CLEARANCE:g} m or more from every wall"),
    )
    for holds, rule in rules:
        for at in np.flatnonzero(~np.asarray(holds))[:1]:
            which = f"{name}[{at}]" if len(places) > 1 else name
            raise ValueError(f"{which} = {np.asarray(places[at]).tolist()} {rule}.")
