"""What the fixed driver may ask of a one-step method, and what it gives it."""

import math
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..arithmetic import Scalar, Values
from ..model import State
from .origin import whole

SOLVED = "solved"  # name of the solutions of linear systems, for the gradient to keep
GAUSS = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))  # nodes of the three-point rule: exact to fifth order


class Grid(NamedTuple):
    """The steps of a run.

    Attributes:
        start: Start of each step (step,) [ms].
        dt: Length of the steps [ms]: one number of Python if they are equal, else one each (step,).
        equal: Whether all are known to be of one length. The gradient of a population is twice as fast with one number, which
            the compiler can fold into the rates; and some methods take equal steps only.
    """

    start: Float[Array, "step"]
    dt: float | Float[Array, "step"] | Float[Array, ""]
    equal: bool

    @property
    def lengths(self) -> Float[Array, "step"]:
        """Length of each step (step,) [ms]."""
        return jnp.broadcast_to(jnp.asarray(self.dt, self.start.dtype), self.start.shape)

    @property
    def points(self) -> Float[Array, "point"]:
        """Boundaries of the steps (step + 1,) [ms]."""
        return jnp.append(self.start, self.start[-1] + self.lengths[-1])


class Arguments(NamedTuple):
    """The `args` of a one-step method; times are local to the step, so that float32 does not lose them.

    Attributes:
        model: The model: parameters, and the methods that a solver asks.
        drive: The stimulus in this step, as a function of local time [ms].
        next_dt: Length of the following step [ms].
        noise: Increments of the Brownian motions that drive gates in this step [√ms], or None.
        prepared: What the method made before the first step: for every step, and for this one.
        origin: What the state is counted from, see `origin.py`; None for zero.
    """

    model: Any
    drive: Any
    next_dt: Values = 0.0
    noise: dict | None = None
    prepared: tuple = (None, None)
    origin: Any = None


class Method(ABC):
    """A one-step method. What it carries from step to step is its own: a state, counted from an origin, and maybe more.

    Attributes (of the class):
        drive_nodes: Where in a step the drive is wanted, as fractions of it: a polynomial goes through its values there.
        resets: Whether a step resets a model that resets, which then tells by `fired`; else the driver asks its `reset`.
    """

    drive_nodes: tuple[float, ...] = GAUSS
    resets: bool = False

    @abstractmethod
    def begin(self, model: Any, state: Any) -> tuple[Any, Any, Any]:
        """Where the origin is first; what of it moves, or None; and the state counted from there."""

    @abstractmethod
    def origin(self, model: Any, first: Any, moved: Any, prepared: Any = None) -> Any:
        """The origin, at the first place or where it has moved; with what was prepared for every step."""

    def move(self, point: Any, carry: Any) -> tuple[Any, Any]:
        """Where the origin is next, and the carry counted from there; by default it stays."""
        return point, carry

    def prepare(self, model: Any, grid: Grid, nodal: Any) -> tuple[Any, Any]:
        """What it is given, made before the first step: something for every step, and something with an axis of steps.

        Args:
            model: The model.
            grid: The steps.
            nodal: The drive at the nodes of all steps (step, node, ...).
        """
        del model, grid, nodal
        return None, None

    @abstractmethod
    def start(self, state: Any, dt: Scalar, args: Arguments) -> Any:
        """The carry at the start, of a state that is counted from the origin."""

    @abstractmethod
    def step(self, carry: Any, dt: Scalar, args: Arguments) -> tuple[Any, Any, Any]:
        """The carry after dt [ms], the state there, and whether it succeeded."""

    @abstractmethod
    def state(self, carry: Any, origin: Any) -> Any:
        """The state in a carry."""

    def put(self, carry: Any, state: Any, origin: Any) -> Any:
        """The carry with another state, asked of a method that does not reset."""
        raise NotImplementedError(
            f"{type(self).__name__} resets nothing, so it must define put(self, carry, state, origin)."
        )

    @abstractmethod
    def finish(self, carry: Any, dt: Scalar, model: Any, origin: Any) -> Any:
        """The state at the end."""


def require_kinetics(kinetics: dict, numbers: dict) -> None:
    """Refuse gates or concentrations of a state of which the model says no kinetics.

    Raises:
        ValueError: naming them.
    """
    if lost := [name for name in numbers if name not in kinetics]:
        raise ValueError(
            f"{lost[0]!r} is in the state's gates or pools, and not in what the model's gate_kinetics or pool_kinetics gives: "
            "give its kinetics there, or keep it in a field of a state of your own."
        )


def vector_field(t: Any, state: State, args: Arguments) -> State:
    """d state / dt, for any solver."""
    return args.model.derivative(whole(args.origin, state), args.drive(t))


def regular_grid(steps: int, dt: float, dtype: jnp.dtype) -> Grid:
    """Equal steps."""
    return Grid(jnp.arange(steps).astype(dtype) * jnp.asarray(dt, dtype), dt, equal=True)


def snapped_grid(steps: int, dt: float, jumps: list[Values], dtype: jnp.dtype) -> Grid:
    """A regular grid in which the point nearest to each jump is moved onto it, so that no step contains a jump.

    The steps beside a moved point are between half and one and a half times `dt` long; the grid depends smoothly on the
    times of the jumps, so gradients with respect to them are those of the discrete solution.

    Args:
        steps: Number of steps.
        dt: Nominal step [ms].
        jumps: Times of the jumps [ms]; those outside the run are ignored.
        dtype: Floating-point type.

    Returns:
        The grid, both arrays (steps,).
    """
    index = jnp.arange(steps + 1)
    shift = jnp.zeros(steps + 1, dtype)
    if jumps:
        at = jnp.sort(jnp.concatenate([jnp.ravel(jnp.asarray(jump, dtype)) for jump in jumps]))
        nearest = jnp.round(jax.lax.stop_gradient(jnp.clip(at / dt, -1.0, steps + 1.0))).astype(int)
        # two jumps nearest to the same point take neighbouring points; equal jumps share one
        new = jnp.concatenate([jnp.zeros(1, bool), jax.lax.stop_gradient(jnp.diff(at)) > 1e-6 * dt])
        rank = jnp.cumsum(new)
        nearest = jax.lax.cummax(nearest - rank) + rank
        inside = (nearest > 0) & (nearest < steps)
        shift = shift.at[jnp.where(inside, nearest, steps + 1)].set(at - nearest.astype(dtype) * dt, mode="drop")
    return Grid((index.astype(dtype) * jnp.asarray(dt, dtype) + shift)[:-1], dt + jnp.diff(shift), equal=False)
