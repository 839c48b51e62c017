"""What a one-step method is given."""

from typing import Any, NamedTuple

from .origin import count, whole

SOLVED = "solved"  # name of the solutions of linear systems, for the gradient to keep


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
    noise: Any = None
    prepared: Any = None
    origin: Any = None


def vector_field(t: Any, state: Any, args: Arguments) -> Any:
    """d state / dt, for any solver."""
    return args.model.derivative(whole(args.origin, count(args.origin, state)), args.drive(t))
