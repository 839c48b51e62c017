"""Any solver of diffrax, as a method of the fixed driver."""

import diffrax
import jax
from jaxtyping import PyTree

from ..arithmetic import Scalar
from ..model import Model, State
from .exponential_euler import ExponentialEuler
from .method import Arguments, Method, vector_field
from .origin import Origin, begin, put, whole

TERM = diffrax.ODETerm(vector_field)

Memory = tuple[State, PyTree]  # the state, and what the solver remembers


def is_solver(given: object) -> bool:
    """Whether it is a solver of diffrax."""
    return isinstance(given, diffrax.AbstractSolver)


class AnySolver(Method):
    """A method of the fixed driver (see `fixed.py`). What it carries is the state and what the solver remembers.

    The state is counted from that at the start, see `origin.py`: a solver may remember states, so the origin stays there.

    Within `jax.shard_map` diffrax gives a derivative of Runge–Kutta steps only with `check_vma=False` and a solver whose loops
    are bounded, as `diffrax.Heun(scan_kind="bounded")`.
    """

    def __init__(self, solver: diffrax.AbstractSolver):
        self.solver = solver
        self.resets = isinstance(solver, ExponentialEuler)  # whose step is the model's own `advance`

    def begin(self, model: Model, state: State) -> tuple[State, None, State]:
        """Where the origin is, None because it stays there, and the state counted from there."""
        del model
        first, counted = begin(state)
        return first, None, counted

    def origin(self, model: Model, first: State, moved: None, prepared: object = None) -> Origin:
        """The origin."""
        del model, moved, prepared
        return Origin(first)

    def start(self, state: State, dt: Scalar, args: Arguments) -> Memory:
        """The state and the solver's memory."""
        return state, self.solver.init(TERM, 0.0, dt, state, args)

    def step(self, carry: Memory, dt: Scalar, args: Arguments) -> tuple[Memory, State, jax.Array]:
        """The carry after dt [ms], the state there, and whether the solver succeeded."""
        # made_jump: the drive may have jumped between the steps, so nothing evaluated in the last one holds
        y, _, _, memory, result = self.solver.step(TERM, 0.0, dt, carry[0], args, carry[1], made_jump=True)
        return (y, memory), whole(args.origin, y), result == diffrax.RESULTS.successful

    def state(self, carry: Memory, origin: Origin) -> State:
        """The state in a carry."""
        return whole(origin, carry[0])

    def put(self, carry: Memory, state: State, origin: Origin) -> Memory:
        """The carry with another state."""
        return put(origin, carry[0], state), carry[1]

    def finish(self, carry: Memory, dt: Scalar, model: Model, origin: Origin) -> State:
        """The state at the end."""
        del dt, model
        return whole(origin, carry[0])
