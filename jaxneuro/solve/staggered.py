"""The default method as a diffrax solver."""

from typing import ClassVar

import diffrax

from ..arithmetic import Scalar, Values
from ..model import State
from .leapfrog import LEAPFROG
from .method import Arguments


class Staggered(diffrax.AbstractSolver):
    """Staggered second-order method: the default of `simulate`, also for `diffrax.diffeqsolve` with constant steps.

    The equations are in `leapfrog.py`, whose method the fixed driver takes instead of this class.
    It has no error estimate: for adaptive steps use a solver of diffrax, such as
    `diffrax.Kvaerno5()`.
    """

    term_structure: ClassVar = diffrax.AbstractTerm
    interpolation_cls: ClassVar = diffrax.LocalLinearInterpolation

    def order(self, terms: diffrax.AbstractTerm) -> int:
        del terms
        return 2

    def init(self, terms: diffrax.AbstractTerm, t0: Scalar, t1: Scalar, y0: State, args: Arguments) -> dict:
        del terms
        return LEAPFROG.start(y0, t1 - t0, args).gates

    def step(
        self,
        terms: diffrax.AbstractTerm,
        t0: Scalar,
        t1: Scalar,
        y0: State,
        args: Arguments,
        solver_state: dict,
        made_jump: Values,
    ) -> tuple:
        del terms, made_jump
        dt = t1 - t0
        local = args._replace(drive=lambda t: args.drive(t0 + t), next_dt=dt)
        carry, y1, _ = LEAPFROG.step(y0.replace(gates=solver_state), dt, local)
        return y1, None, dict(y0=y0, y1=y1), carry.gates, diffrax.RESULTS.successful

    def func(self, terms: diffrax.AbstractTerm, t0: Scalar, y0: State, args: Arguments) -> State:
        return terms.vf(t0, y0, args)
