"""The gradient of a loss by sets of parameters, the same way for every simulator in JAX."""

import time
from collections.abc import Callable

import jax
import numpy as np

from ..case import peak_memory_mb, timed
from .dendrites import STEPS


def timed_gradient(loss: Callable[[jax.Array], jax.Array], g: jax.Array) -> dict:
    """Run time of a loss and of its gradient, and the memory of that, for sets of parameters (set, ...)."""
    one = g.shape[0] == 1
    value, slope = (jax.jit(f if one else jax.vmap(f)) for f in (loss, jax.grad(loss)))
    g = g[0] if one else g
    value(g).block_until_ready()
    forward = timed(lambda: value(g).block_until_ready(), seconds=1.0)
    began = time.perf_counter()
    finite = bool(np.isfinite(slope(g)).all())
    first = time.perf_counter() - began
    times = timed(lambda: slope(g).block_until_ready(), seconds=1.0)
    temporary = slope.lower(g).compile().memory_analysis().temp_size_in_bytes / 1e6
    return {"first_call_s": first, "forward_s": forward["run_s"], "finite": finite, "temporary_mb": temporary,
            "peak_mb": peak_memory_mb(), "steps": STEPS, **times}  # fmt: skip
