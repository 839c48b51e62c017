"""A pytree and a history as arrays by name, and back: what a file can hold."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from .trained import Row

Arrays = dict[str, np.ndarray]


def arrays(tree: PyTree) -> Arrays:
    """The leaves by number, keys as their data; without those that are empty, which orbax refuses."""
    return {str(i): array for i, array in enumerate(map(_plain, jax.tree.leaves(tree))) if array.size}


def described(tree: PyTree) -> dict[str, list]:
    """Shape and type of each leaf by its path, as they come back from JSON."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="."): _kind(leaf) for path, leaf in leaves}


def difference(before: dict[str, list], now: dict[str, list]) -> str:
    """The first leaf in which two descriptions differ, in words; "" if none does."""
    for name in {**before, **now}:
        if before.get(name) != now.get(name):
            was, here = (_said(leaves.get(name)) for leaves in (before, now))
            return f"whose {name} is {was} and here {here}"
    return ""


def restored(found: Arrays, like: PyTree) -> PyTree:
    """The tree of `like` with the leaves found."""
    leaves, tree = jax.tree.flatten(like)
    return jax.tree.unflatten(tree, [_as(found.get(str(i), _plain(leaf)), leaf) for i, leaf in enumerate(leaves)])


def rows_apart(rows: list[Row]) -> tuple[Arrays, list[Row]]:
    """Arrays of rows end to end by name, as many small ones are slow to write, and the rows with their shapes instead."""
    ends: dict[str, list[np.ndarray]] = {}
    plain = []
    for row in rows:
        given = {
            name: np.asarray(value) for name, value in row.items() if np.ndim(value) and not isinstance(value, list)
        }
        for name, array in given.items():
            ends.setdefault(name, []).append(array.ravel())
        plain.append({name: {"shape": given[name].shape} if name in given else _number(x) for name, x in row.items()})
    joined = {f"rows {name}": np.concatenate(parts) for name, parts in ends.items()}
    return {name: array for name, array in joined.items() if array.size}, plain


def rows_from(found: Arrays, rows: list[Row]) -> list[Row]:
    """The rows that `rows_apart` has taken apart."""
    at: dict[str, int] = {}

    def taken(name: str, value: PyTree) -> PyTree:
        if not isinstance(value, dict):
            return value
        start, size = at.get(name, 0), int(np.prod(value["shape"]))
        at[name] = start + size
        return found.get(f"rows {name}", np.empty(0))[start : start + size].reshape(value["shape"])

    return [{name: taken(name, value) for name, value in row.items()} for row in rows]


def _number(value: PyTree) -> PyTree:
    """What JSON can hold: a list or a number of Python."""
    return value if isinstance(value, str) else np.asarray(value).tolist()


def _is_key(leaf: PyTree) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: PyTree) -> np.ndarray:
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)


def _kind(leaf: PyTree) -> list:
    """Shape and type; a number of Python or numpy has that which a step of JAX makes of it."""
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct):
        return [list(leaf.shape), str(leaf.dtype)]
    array = np.asarray(leaf)
    return [list(array.shape), str(jax.dtypes.canonicalize_dtype(array.dtype))]


def _said(kind: list | None) -> str:
    return "missing" if kind is None else f"{kind[1]} of shape {tuple(kind[0])}"


def _as(array: np.ndarray, like: PyTree) -> PyTree:
    """An array as the leaf that it was: of JAX, on its devices if it was tied to them, a number of Python, or of numpy."""
    if not isinstance(like, jax.Array):
        return array if isinstance(like, np.ndarray) else type(like)(array)
    leaf = jnp.asarray(array)
    leaf = jax.random.wrap_key_data(leaf, impl=jax.random.key_impl(like)) if _is_key(like) else leaf
    return jax.device_put(leaf, like.sharding) if like.committed else leaf
