"""What a model may say of the parameters below it: what an edit means there, and which compartments a region is."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import PyTree

from .base import Pytree
from .names import Part


class Owner(Pytree):
    """A pytree that is asked before a parameter below it changes: whoever has regions, or forbids an edit, overrides."""

    def given(self, keys: tuple, path: str, value: PyTree) -> PyTree:
        """What a value becomes before it stands at keys below this model; what would change nothing is refused."""
        del keys, path
        return value

    def reached(self, keys: tuple, path: str, where: PyTree) -> PyTree:
        """Which compartments of this model a region is, for what is at keys below it (compartment,)."""
        del keys
        raise ValueError(
            f"{path}@{where} names a region, and {type(self).__name__} has none: leave out '@{where}'."
            if isinstance(where, str)
            else f"{path!r} in a region: {type(self).__name__} has none, leave out where."
        )


def route(tree: PyTree, keys: tuple) -> Iterator[tuple[Owner, tuple]]:
    """The models on the way to a place, the outermost first, and the keys from each."""
    for n, key in enumerate(keys):
        if isinstance(tree, Owner):
            yield tree, keys[n:]
        tree = tree[key] if isinstance(tree, dict) else getattr(tree, key)


def mask(tree: PyTree, part: Part, where: PyTree) -> PyTree:
    """Which compartments of the innermost model a region is (compartment,).

    Raises:
        ValueError: for a region that does not exist, or that the mechanism is not in.
    """
    owners = list(route(tree, part.place.keys))
    if not owners:
        raise ValueError(f"{part.name!r} names a region, and a {type(tree).__name__} has none: leave out '@{where}'.")
    model, keys = owners[-1]
    return model.reached(keys, part.path, where)


def reached(tree: PyTree, part: Part) -> PyTree:
    """Which compartments a part of a name is in (compartment,), or True where it names no region.

    Raises:
        ValueError: as `mask`.
    """
    return mask(tree, part, part.region) if part.region else np.True_
