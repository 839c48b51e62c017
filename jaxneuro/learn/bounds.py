"""Free parameters between bounds, as a vector without bounds."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from ..checks import Bounds as Limit
from ..pytree import Pytree, bounds_at, bounds_of, each_once, entries, free, joined, put, reached, static, unit_of

WIDE = 4.0  # a positive interval whose ends differ by more than this factor is taken on a logarithmic scale
REACH = 5.0  # |theta| up to which a search goes: 0.7 % from the ends of the interval
Free = Mapping[str, tuple[float, float]]


class ParameterBox(Pytree):
    """The transform between parameters and an unconstrained vector: the logit of the place between the bounds.

    Attributes:
        low, high: Bounds (parameter,), of the logarithm where `log`.
        names: Of each parameter; see `pytree.names`.
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
        return put(model, dict(zip(self.names, values, strict=True)))

    def current(self, model: Any) -> jax.Array:
        """The parameters that the model has now (parameter,): of those that differ between compartments the first."""
        return jnp.stack([jnp.ravel(jnp.asarray(value, float))[0] for value in free(model, self.names).values()])

    def draw(self, key: jax.Array, count: int, margin: float = 0.05) -> jax.Array:
        """Vectors whose parameters are uniform between the bounds, on their scale (count, parameter)."""
        place = jax.random.uniform(key, (count, len(self.names)), minval=margin, maxval=1 - margin)
        return jnp.log(place) - jnp.log1p(-place)


def box(model: Any, bounds: Free) -> ParameterBox:
    """Check bounds and make the transform.

    Args:
        model: The model.
        bounds: Low and high by name, in the unit of the parameter: see `pytree.names`.

    Returns:
        The transform.

    Raises:
        KeyError: for an unknown path.
        ValueError: for bounds that are reversed, not finite or beyond what a parameter can be, a path or place named twice, a
            region that does not exist, or nothing free.
    """
    if not bounds:
        raise ValueError(f"free is empty: name at least one parameter and its bounds, such as {_example(model)}.")
    bounds = spelled_out(model, bounds)
    each_once({name: joined(model, name) for name in bounds}, lambda part: reached(model, part))
    low, high, log = [], [], []
    for name, (a, b) in bounds.items():
        if not (math.isfinite(a) and math.isfinite(b) and a < b):
            raise ValueError(
                f"bounds of {name!r} = ({a:g}, {b:g}){_unit(model, name)}: must be finite and low < high"
                + (f"; did you mean ({b:g}, {a:g})?" if b < a else ".")
            )
        for part in joined(model, name):
            _refuse_impossible(part.path, a, b, bounds_at(model, part.place.keys))
        log.append(a > 0 and b / a > WIDE)
        low.append(math.log(a) if log[-1] else a)
        high.append(math.log(b) if log[-1] else b)
    return ParameterBox(jnp.asarray(low, float), jnp.asarray(high, float), tuple(bounds), tuple(log))


def spelled_out(model: Any, bounds: Free) -> dict[str, tuple[float, float]]:
    """Bounds with a name of its own for each parameter, in place of patterns.

    Raises:
        KeyError: for an unknown path.
        ValueError: for a parameter that two patterns match.
    """
    found = {}
    for pattern, ends in bounds.items():
        for name in entries(model, pattern):
            if name in found:
                raise ValueError(f"free names {name!r} twice: {pattern!r} matches it too; leave one of them out.")
            found[name] = ends
    return found


def _refuse_impossible(path: str, low: float, high: float, limit: Limit) -> None:
    """Refuse bounds between which a parameter could be what it cannot; the ends themselves are never reached."""
    margin = (high - low) / (1.0 + math.exp(REACH))
    if not limit.hold(low + margin, high - margin):
        raise ValueError(
            f"bounds of {path!r} = ({low:g}, {high:g}) {limit.unit}: it must be {limit.rule}; keep both bounds there."
        )


def check_inside(model: Any, bounds: Free, name: str, value: float) -> None:
    """Refuse a start outside the bounds.

    Raises:
        ValueError: naming value, bounds and fix.
    """
    low, high = bounds[name]
    if not low <= value <= high:
        unit = _unit(model, name)
        raise ValueError(
            f"start {name} = {value:g}{unit} is outside its bounds ({low:g}, {high:g}){unit}: move it, or widen them."
        )


def _unit(model: Any, name: str) -> str:
    unit = unit_of(model, name)
    return unit and f" {unit}"


def _example(model: Any) -> str:
    path = next((p for p in model.paths() if bounds_of(model, p).linear), model.paths()[0])
    return f'free={{"{path}": (1.0, 100.0)}}'
