"""The state of an optimisation as a file, read without executing anything (`allow_pickle=False`)."""

import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def save(path: str | Path, state: Any, history: np.ndarray, starts: jax.Array) -> None:
    """Write the arrays of a state, the history and the starts; a file that is there is replaced in one move.

    Args:
        path: The file (NPZ).
        state: Pytree of arrays.
        history: Losses so far (start, step).
        starts: What the run began from (start, parameter); tells later whether it is the same problem.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    leaves = {f"leaf{i}": _plain(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, history=history, starts=np.asarray(starts), **leaves)
    os.replace(part, path)


def load(path: str | Path, like: Any, starts: jax.Array) -> tuple[Any, np.ndarray]:
    """Read a state back.

    Args:
        path: The file.
        like: A state of the same optimiser on the same problem.
        starts: What this run begins from.

    Returns:
        The state and the history (start, step).

    Raises:
        ValueError: if the file is not a checkpoint, or that of another problem.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
    except Exception as fault:
        raise ValueError(f"{path} is not a checkpoint ({fault}): delete it, or run without resume.") from fault
    leaves, tree = jax.tree.flatten(like)
    found = [stored.get(f"leaf{i}") for i in range(len(leaves))]
    begun = stored.get("starts", np.empty(0))
    same = begun.shape == starts.shape and np.allclose(begun, starts, rtol=1e-4, atol=1e-4)
    if not same or any(a is None or a.shape != _plain(b).shape for a, b in zip(found, leaves, strict=True)):
        raise ValueError(
            f"{path} belongs to another problem: it began from starts of shape {begun.shape}, this run from "
            f"{starts.shape} with other numbers. Use the same seed, starts and optimiser, or run without resume."
        )
    return jax.tree.unflatten(tree, [_restore(a, b) for a, b in zip(found, leaves, strict=True)]), stored["history"]


def _plain(leaf: Any) -> np.ndarray:
    is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def _restore(stored: Any, like: Any) -> Any:
    if isinstance(like, np.ndarray):
        return stored.astype(like.dtype)
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(jnp.asarray(stored))
    return jnp.asarray(stored, like.dtype)
