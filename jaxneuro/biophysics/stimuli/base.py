"""What a stimulus is: a function of time whose jumps are declared, so that no solver steps across one."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Values
from ...model import Drive as Drive
from ...pytree import Pytree, parameter, static


class Stimulus(Pytree):
    """Base of every stimulus: `__call__(t)` gives its value at times t [ms], of any shape.

    The value is a current density [µA/cm²] into every compartment; `inject` makes it a current [nA] into one.
    """

    def __call__(self, t: jax.Array) -> jax.Array:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, t).")

    def jumps(self) -> list[Values]:
        """Times at which the value, or its slope, jumps [ms]."""
        return []

    def end(self) -> float | None:
        """The time after which the stimulus is not defined [ms]; None if it is defined for ever, or that is traced."""
        return min((float(np.min(end)) for end in self.ends() if not isinstance(end, Tracer)), default=None)

    def ends(self) -> list[Values]:
        """The times after which parts of it are not defined [ms]."""
        return []

    def targets(self) -> list[Values]:
        """The compartments that it names."""
        return []

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        """The effect on a membrane; the second argument converts nA to µA/cm² in each compartment."""
        del density_per_nanoampere
        return Drive(self(t)[..., None])

    def __add__(self, other: "Stimulus") -> "Stimulus":
        return Sum((self, other))

    def __mul__(self, factor: Values) -> "Stimulus":
        return Scaled(self, factor)

    __rmul__ = __mul__


class Injected(Stimulus):
    """See `inject`."""

    stimulus: Stimulus
    compartment: Values = 0

    def __call__(self, t: jax.Array) -> jax.Array:
        return self.stimulus(t)

    def jumps(self) -> list[Values]:
        return self.stimulus.jumps()

    def ends(self) -> list[Values]:
        return self.stimulus.ends()

    def targets(self) -> list[Values]:
        return [self.compartment]

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        target = jnp.asarray(self.compartment)
        if target.ndim:
            raise ValueError(
                f"a current of nA goes into one compartment, not into shape {target.shape}: add stimuli, one for each."
            )
        here = jnp.arange(density_per_nanoampere.shape[-1], dtype=target.dtype) == target
        density = jnp.where(here, density_per_nanoampere, 0.0)
        return jax.tree.map(lambda x: x * density, self.stimulus.drive(t, jnp.ones(1)))


class Placed(Stimulus):
    """See `inject`: into a place by name, which a cell finds."""

    stimulus: Stimulus
    place: str = static()

    def __call__(self, t: jax.Array) -> jax.Array:
        return self.stimulus(t)

    def jumps(self) -> list[Values]:
        return self.stimulus.jumps()

    def ends(self) -> list[Values]:
        return self.stimulus.ends()

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        raise ValueError(f"the stimulus goes into {self.place!r}, and the model has no places: give a compartment.")


class Sum(Stimulus):
    """Several stimuli at once: `a + b`."""

    parts: tuple[Stimulus, ...]

    def __call__(self, t: jax.Array) -> jax.Array:
        return sum((part(t) for part in self.parts), jnp.zeros_like(t))

    def jumps(self) -> list[Values]:
        return [jump for part in self.parts for jump in part.jumps()]

    def ends(self) -> list[Values]:
        return [end for part in self.parts for end in part.ends()]

    def targets(self) -> list[Values]:
        return [compartment for part in self.parts for compartment in part.targets()]

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        drives = [part.drive(t, density_per_nanoampere) for part in self.parts]
        return sum(drives[1:], drives[0])


class Scaled(Stimulus):
    """A stimulus times a number: `2 * a`."""

    stimulus: Stimulus
    factor: Values = parameter()

    def __call__(self, t: jax.Array) -> jax.Array:
        return self.factor * self.stimulus(t)

    def jumps(self) -> list[Values]:
        return self.stimulus.jumps()

    def ends(self) -> list[Values]:
        return self.stimulus.ends()

    def targets(self) -> list[Values]:
        return self.stimulus.targets()

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        return jax.tree.map(lambda x: self.factor * x, self.stimulus.drive(t, density_per_nanoampere))


class PerCell(Stimulus):
    """See `per_cell`."""

    stimulus: Stimulus

    def __call__(self, t: jax.Array) -> jax.Array:
        raise ValueError(
            "per_cell is for a population of a network, and outermost, as per_cell(jax.vmap(inject)(...)): for one cell, "
            "jax.vmap over simulate."
        )

    def targets(self) -> list[Values]:
        return self.stimulus.targets()

    def jumps(self) -> list[Values]:
        return self.stimulus.jumps()

    def ends(self) -> list[Values]:
        return self.stimulus.ends()


def per_cell(stimulus: Stimulus) -> PerCell:
    """A stimulus for each cell of a population in a network, from one whose numbers have a leading axis (cell, ...).

    Such as `per_cell(jax.vmap(step)(amplitudes))`.
    """
    return PerCell(stimulus)


def inject(stimulus: Stimulus, compartment: int | str = 0) -> Injected | Placed:
    """The stimulus as a current [nA] through an electrode in one compartment, instead of a density everywhere.

    A conductance, as of `voltage_clamp` or `dynamic_clamp`, is then in µS.

    Args:
        stimulus: What is injected.
        compartment: Its number, or a place of the cell by name, such as `dend[2](0.3)`.

    Raises:
        ValueError: for what is neither.
    """
    if isinstance(compartment, str):
        return Placed(stimulus, compartment)
    if not isinstance(compartment, Tracer) and np.asarray(compartment).dtype.kind not in "iuf":
        raise ValueError(f"compartment = {compartment!r}: give its number, or the name of a place.")
    return Injected(stimulus, compartment)


def check(name: str, value: PyTree, *, rule: str = "finite") -> None:
    """Refuse a bad number early; traced values, whose number is not known yet, pass.

    Args:
        name: What to call the value in the message.
        value: Number or array.
        rule: `finite`, `positive`, `non-negative` or `increasing`; each implies finite, except that a length may be
            infinite.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    if isinstance(value, Tracer):
        return
    x = np.asarray(value)
    if rule == "increasing" and np.isfinite(x).all() and x.ndim == 1 and np.all(np.diff(x) > 0):
        return
    if rule == "finite" and np.isfinite(x).all():
        return
    if (rule == "positive" and np.all(x > 0)) or (rule == "non-negative" and np.all(x >= 0)):
        return
    raise ValueError(f"{name} = {_worst(x, rule)}: must be {rule}. {FIXES[rule]}")


FIXES = {
    "finite": "Replace NaN and infinite values, or cut them away.",
    "positive": "Give a number above zero.",
    "non-negative": "Give zero or a positive number; shift `start` to begin earlier.",
    "increasing": "Sort the samples by time and drop repeated times.",
}


def _worst(x: np.ndarray, rule: str) -> str:
    if x.ndim == 0:
        return str(x)
    flat = x.ravel()
    bad = ~np.isfinite(flat)
    if rule == "increasing" and not bad.any():
        at = int(np.argmax(np.diff(flat, prepend=-np.inf) <= 0))
        return f"[..., {flat[max(at - 1, 0)]:g}, {flat[at]:g}, ...] at index {at}"
    at = int(np.argmax(bad if bad.any() else flat <= 0))
    return f"[..., {flat[at]:g}, ...] at index {at}"
