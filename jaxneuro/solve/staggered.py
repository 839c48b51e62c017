"""The default method as a diffrax solver."""

from typing import Any, ClassVar

import diffrax

from .leapfrog import LEAPFROG
from .method import Arguments
from .origin import count


class Staggered(diffrax.AbstractSolver):
    """Staggered second-order method: the default of `simulate`, also for `diffrax.diffeqsolve` with constant steps.

    The equations are in `leapfrog.py`, whose method the fixed driver takes instead of this class.
    It has no error estimate: for adaptive steps use a solver of diffrax, such as
    `diffrax.Kvaerno5()`.
    """

    term_structure: ClassVar = diffrax.AbstractTerm
    interpolation_cls: ClassVar = diffrax.LocalLinearInterpolation

    def order(self, terms: Any) -> int:
        del terms
        return 2

    def init(self, terms: Any, t0: Any, t1: Any, y0: Any, args: Arguments) -> Any:
        del terms
        return LEAPFROG.start(y0, t1 - t0, args).state.gates

    def step(self, terms: Any, t0: Any, t1: Any, y0: Any, args: Arguments, solver_state: Any, made_jump: Any) -> Any:
        del terms, made_jump
        dt = t1 - t0
        local = args._replace(drive=lambda t: args.drive(t0 + t), next_dt=dt)
        carry, y1, _ = LEAPFROG.step(count(args.origin, y0.replace(gates=solver_state)), dt, local)
        return y1, None, dict(y0=y0, y1=y1), carry.state.gates, diffrax.RESULTS.successful

    def func(self, terms: Any, t0: Any, y0: Any, args: Arguments) -> Any:
        return terms.vf(t0, y0, args)
