"""Values that differ between the devices of a `jax.shard_map`, whose loops ask that what they carry is marked so throughout."""

import jax
from jaxtyping import PyTree


def alike(tree: PyTree, *others: PyTree) -> PyTree:
    """The tree, every array in it marked as differing between devices if one in it or the others does."""
    axes = frozenset().union(*(_axes(x) for x in jax.tree.leaves((tree, others))))
    return jax.tree.map(lambda x: _marked(x, axes), tree) if axes else tree


def _axes(x: PyTree) -> frozenset:
    """The axes of the mesh along which an array differs."""
    kind = jax.typeof(x)
    marks = getattr(kind, "manual_axis_type", None)  # what newer versions of jax call it
    return frozenset(marks.varying if marks is not None else getattr(kind, "vma", None) or ())


def _marked(x: PyTree, axes: frozenset) -> PyTree:
    missing = tuple(axes - _axes(x))
    if jax.__version_info__ < (0, 8, 2):
        return jax.lax.pvary(x, missing)  # pyright: ignore[reportAttributeAccessIssue]
    return jax.lax.pcast(x, missing, to="varying") if missing else x
