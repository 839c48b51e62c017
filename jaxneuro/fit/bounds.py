"""Free parameters between bounds, as a vector without bounds."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..biophysics.membrane import region as compartments_of
from ..checks import Bounds as Limit
from ..checks import field_bounds
from ..pytree import Pytree, find, static

WIDE = 4.0  # a positive interval whose ends differ by more than this factor is taken on a logarithmic scale
REACH = 5.0  # |theta| up to which a search goes: 0.7 % from the ends of the interval
Free = Mapping[str, tuple[float, float]]


class Box(Pytree):
    """The transform between parameters and an unconstrained vector: the logit of the place between the bounds.

    Attributes:
        low, high: Bounds (parameter,), of the logarithm where `log`.
        names: Paths of each parameter; paths joined by `+` share one value, `path@region` is only in a region.
        log: Whether the scale is logarithmic.
    """

    low: jax.Array
    high: jax.Array
    names: tuple[str, ...] = static()
    log: tuple[bool, ...] = static()

    def values(self, theta: jax.Array) -> jax.Array:
        """Parameters (parameter,) at a vector theta (parameter,)."""
        x = self.low + (self.high - self.low) * jax.nn.sigmoid(theta)
        return jnp.where(jnp.asarray(self.log), jnp.exp(jnp.where(jnp.asarray(self.log), x, 0.0)), x)

    def theta(self, values: jax.Array) -> jax.Array:
        """The vector of parameters (parameter,); values on or beyond the bounds become the nearest within reach."""
        values = jnp.asarray(values)
        x = jnp.where(jnp.asarray(self.log), jnp.log(jnp.where(jnp.asarray(self.log), values, 1.0)), values)
        place = jnp.clip((x - self.low) / (self.high - self.low), jax.nn.sigmoid(-REACH), jax.nn.sigmoid(REACH))
        return jnp.log(place) - jnp.log1p(-place)

    def cell(self, model: Any, theta: jax.Array) -> Any:
        """The model with the parameters of a vector theta (parameter,)."""
        return self.insert(model, self.values(theta))

    def insert(self, model: Any, values: jax.Array) -> Any:
        """The model with parameters (parameter,)."""
        for name, value in zip(self.names, values, strict=True):
            for part in name.split("+"):
                path, _, region = part.partition("@")
                if region:
                    model = model.set(path, value, where=region)
                else:
                    model = model.set(path, jnp.broadcast_to(value, jnp.shape(jnp.asarray(model.get(path)))))
        return model

    def current(self, model: Any) -> jax.Array:
        """The parameters that the model has now (parameter,)."""
        return jnp.stack([_current(model, name.split("+")[0]) for name in self.names])

    def draw(self, key: jax.Array, count: int, margin: float = 0.05) -> jax.Array:
        """Vectors whose parameters are uniform between the bounds, on their scale (count, parameter)."""
        place = jax.random.uniform(key, (count, len(self.names)), minval=margin, maxval=1 - margin)
        return jnp.log(place) - jnp.log1p(-place)


def box(model: Any, free: Free) -> Box:
    """Check bounds and make the transform.

    Args:
        model: The model; paths are its own.
        free: Bounds (low, high) by path, in the unit of the parameter; `"k.e+m.e"` gives two paths one value, and
            `"na.g_max@soma"` is the parameter in one region of a cell with a morphology, see `Cell.set`.

    Returns:
        The transform.

    Raises:
        KeyError: for an unknown path.
        ValueError: for bounds that are reversed, not finite or beyond what a parameter can be, a path or place named twice, a
            region that does not exist, or nothing free.
    """
    if not free:
        raise ValueError(f"free is empty: name at least one parameter and its bounds, such as {_example(model)}.")
    low, high, log, seen = [], [], [], {}
    for name, (a, b) in free.items():
        limits = {}
        for part in name.split("+"):
            path, reached = part.partition("@")[0], _reached(model, part)
            place = find(model, path).keys  # one parameter may be written in two ways
            if np.any(reached & seen.get(place, False)):
                raise ValueError(f"free names {path!r} twice: give it one pair of bounds in each compartment.")
            seen[place] = reached | seen.get(place, False)
            limits[path] = field_bounds(model, place)
        if not (math.isfinite(a) and math.isfinite(b) and a < b):
            raise ValueError(
                f"bounds of {name!r} = ({a:g}, {b:g}): must be finite and low < high"
                + (f"; did you mean ({b:g}, {a:g})?" if b < a else ".")
            )
        for path, limit in limits.items():
            _refuse_impossible(path, a, b, limit)
        log.append(a > 0 and b / a > WIDE)
        low.append(math.log(a) if log[-1] else a)
        high.append(math.log(b) if log[-1] else b)
    return Box(jnp.asarray(low, float), jnp.asarray(high, float), tuple(free), tuple(log))


def _refuse_impossible(path: str, low: float, high: float, limit: Limit) -> None:
    """Refuse bounds between which a parameter could be what it cannot; the ends themselves are never reached."""
    margin = (high - low) / (1.0 + math.exp(REACH))
    if not limit.hold(low + margin, high - margin):
        raise ValueError(
            f"bounds of {path!r} = ({low:g}, {high:g}) {limit.unit}: it must be {limit.rule}; keep both bounds there."
        )


def _reached(model: Any, part: str) -> np.ndarray:
    """Which compartments a `path` or `path@region` reaches (compartment,); raises and lists those that there are."""
    path, _, region = part.partition("@")
    model.get(path)
    if not region:
        return np.ones(model.compartments, bool)
    if not hasattr(model, "cable"):
        raise ValueError(f"{part!r} names a region, and {type(model).__name__} has none: leave out '@{region}'.")
    model.set(path, 0.0, where=region)  # refuses a region without the mechanism
    return np.asarray(compartments_of(region, model.cable, model.compartments))


def _current(model: Any, part: str) -> jax.Array:
    """What the model has where a `path` or `path@region` reaches first."""
    path, _, _ = part.partition("@")
    values = jnp.ravel(jnp.asarray(model.get(path), float))
    return values[int(np.argmax(_reached(model, part))) if values.size == model.compartments else 0]


def check_inside(free: Free, name: str, value: float) -> None:
    """Refuse a start outside the bounds.

    Raises:
        ValueError: naming value, bounds and fix.
    """
    low, high = free[name]
    if not low <= value <= high:
        raise ValueError(f"start {name} = {value:g} is outside its bounds ({low:g}, {high:g}): move it, or widen them.")


def _example(model: Any) -> str:
    path = next((p for p in model.paths() if p.endswith("g_max")), model.paths()[0])
    return f'free={{"{path}": (1.0, 100.0)}}'
