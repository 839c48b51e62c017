"""The state of an optimisation as a file, read without executing anything (`allow_pickle=False`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..files import require_same, writing

Problem = Mapping[str, str]  # a digest by part, see `fingerprint`


def require_unused(path: str | Path | None, resume: bool) -> None:
    """Refuse to begin where an optimisation is kept already, before anything is computed.

    Raises:
        ValueError: with the choices.
    """
    if path is not None and not resume and Path(path).exists():
        raise ValueError(
            f"{path} holds an optimisation: resume=True goes on with it; name another file for a new one, or delete it."
        )


def save(path: str | Path, state: Any, history: np.ndarray, starts: jax.Array, problem: Problem) -> None:
    """Write the arrays of a state, the history and the starts; a file that is there is replaced in one move.

    Args:
        path: The file (NPZ).
        state: Pytree of arrays.
        history: Losses so far (start, step).
        starts: What the run began from (start, parameter).
        problem: What it is a run of; tells later whether it is the same.

    Raises:
        OSError: if it cannot be written; then what was there is still there.
    """
    leaves = {f"leaf{i}": _plain(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    said = {"history": history, "starts": np.asarray(starts), "problem": np.asarray(json.dumps(dict(problem)))}
    with writing(path, "b") as file:
        np.savez(file, allow_pickle=False, **said, **leaves)


def load(path: str | Path, like: Any, starts: jax.Array, problem: Problem) -> tuple[Any, np.ndarray]:
    """Read a state back.

    Args:
        path: The file.
        like: A state of the same optimiser on the same problem.
        starts: What this run begins from.
        problem: What it is a run of.

    Returns:
        The state and the history (start, step).

    Raises:
        ValueError: if the file is not a checkpoint, or that of another problem.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        if damaged := [name for name, array in stored.items() if not isinstance(array, np.ndarray)]:
            raise ValueError(f"{damaged[0]} is no array")
        before = json.loads(str(stored["problem"])) if "problem" in stored else None
    except Exception as fault:
        raise ValueError(f"{path} is not a checkpoint ({fault}): delete it, or run without resume.") from fault
    leaves, tree = jax.tree.flatten(like)
    found = [stored.get(f"leaf{i}", np.empty(0, object)) for i in range(len(leaves))]
    begun = stored.get("starts", np.empty(0))
    require_same(path, before, problem)
    same = begun.shape == starts.shape and np.allclose(begun, starts, rtol=1e-4, atol=1e-4)
    if not same or any(a.dtype == object or a.shape != _plain(b).shape for a, b in zip(found, leaves, strict=True)):
        raise ValueError(
            f"{path} belongs to another problem: it began from starts of shape {begun.shape}, this run from "
            f"{starts.shape} with other numbers. Use the same seed, starts and optimiser, or run without resume."
        )
    history = stored.get("history")
    if (
        history is None
        or history.dtype.kind != "f"
        or history.shape[:1] != starts.shape[:1]
        or not all(map(_sound, found, leaves))
    ):
        raise ValueError(f"{path} holds numbers that no run has kept: it was edited or damaged; delete it.")
    return jax.tree.unflatten(tree, [_restore(a, b) for a, b in zip(found, leaves, strict=True)]), history


def _sound(stored: np.ndarray, like: Any) -> bool:
    """Whether an array is of the kind that it was, and a number everywhere; infinite losses are of starts without one."""
    plain = _plain(like)
    return stored.dtype.kind == plain.dtype.kind and not (stored.dtype.kind == "f" and np.isnan(stored).any())


def _plain(leaf: Any) -> np.ndarray:
    is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def _restore(stored: Any, like: Any) -> Any:
    if isinstance(like, np.ndarray):
        return stored.astype(like.dtype)
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(jnp.asarray(stored))
    return jnp.asarray(stored, like.dtype)
