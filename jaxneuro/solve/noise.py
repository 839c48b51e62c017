"""Brownian motions for channel noise: the same path for the same key, whatever the step."""

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ..model import Model, State
from .method import Grid

RESOLUTION = 1e-3  # ms: below this the virtual Brownian tree interpolates


def gate_increments(model: Model, state: State, grid: Grid, key: jax.Array | None) -> dict | None:
    """Increments of the Brownian motion of every noisy gate, from the middle of each step to the middle of the next.

    Args:
        model: The model; a gate whose kinetics have a `count` is noisy.
        state: A state of it.
        grid: The steps.
        key: Random key.

    Returns:
        Increments by channel and gate (step, compartment) [√ms], None for a gate without noise; None if there is none.

    Raises:
        ValueError: if there is a noisy gate and no key.
    """
    kinetics = model.gate_kinetics(state)
    noisy = [(c, g) for c, gates in kinetics.items() for g, k in gates.items() if k.count is not None]
    if not noisy:
        return None
    if key is None:
        raise ValueError("the model has noisy channels, so the run needs a random key: pass key=jax.random.key(0).")
    import diffrax  # takes half a second, and only noise needs it here

    end = grid.points[-1]
    span = 2.0 ** jnp.ceil(
        jnp.log2(end + 1e-6)
    )  # runs of different lengths within the same power of two share their path
    times = jnp.append(grid.start + 0.5 * grid.lengths, end)
    increments: dict = {c: dict.fromkeys(gates) for c, gates in kinetics.items()}
    for (channel, gate), gate_key in zip(noisy, jax.random.split(key, len(noisy)), strict=True):
        shape = jax.ShapeDtypeStruct(state.v.shape, state.v.dtype)
        path = diffrax.VirtualBrownianTree(0.0, span, RESOLUTION, shape, gate_key)
        values: PyTree = jax.vmap(lambda t, path=path: path.evaluate(t))(times)
        increments[channel][gate] = jnp.diff(values, axis=0)
    return increments
