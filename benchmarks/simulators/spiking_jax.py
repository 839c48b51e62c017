"""How a compiled function of jax is measured, of jaxneuro and Spyx alike."""

import time
from collections.abc import Callable

import jax

from benchmarks.case import timed


def measured(function: Callable, *arguments) -> dict:
    """Compile a function, then time it: `run_s`, `compile_s`, and `temporary_mb`, what XLA needs besides inputs and outputs."""
    began = time.perf_counter()
    compiled = jax.jit(function).lower(*arguments).compile()
    compile_s = time.perf_counter() - began
    result = jax.block_until_ready(compiled(*arguments))
    times = timed(lambda: jax.block_until_ready(compiled(*arguments)), least=3, most=15, seconds=1.0)
    spiking = float(result.mean()) if hasattr(result, "mean") else None
    return times | {"compile_s": compile_s, "rate": spiking,
                    "temporary_mb": compiled.memory_analysis().temp_size_in_bytes / 1e6}  # fmt: skip
