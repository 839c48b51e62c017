"""What the fixed driver may ask of a one-step method, and what it gives it."""

import math
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from ..arithmetic import Scalar
from ..model import State
from .grid import Grid
from .origin import count, whole

SOLVED = "solved"  # name of the solutions of linear systems, for the gradient to keep
GAUSS = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))  # nodes of the three-point rule: exact to fifth order


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
    next_dt: Any = None
    noise: dict | None = None
    prepared: tuple = (None, None)
    origin: Any = None


class Method(ABC):
    """A one-step method. What it carries from step to step is its own: a state, counted from an origin, and maybe more.

    Attributes (of the class):
        drive_nodes: Where in a step the drive is wanted, as fractions of it: a polynomial goes through its values there.
    """

    drive_nodes: tuple[float, ...] = GAUSS

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

    @abstractmethod
    def put(self, carry: Any, state: Any, origin: Any) -> Any:
        """The carry with another state."""

    @abstractmethod
    def finish(self, carry: Any, dt: Scalar, model: Any, origin: Any) -> Any:
        """The state at the end."""


def vector_field(t: Any, state: State, args: Arguments) -> State:
    """d state / dt, for any solver."""
    return args.model.derivative(whole(args.origin, count(args.origin, state)), args.drive(t))
