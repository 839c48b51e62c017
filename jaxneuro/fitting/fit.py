"""A cell fitted to recordings."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..checks import check_key
from ..learn import (
    REACH,
    STATUS,
    Free,
    LevenbergMarquardt,
    ParameterBox,
    Progress,
    box,
    check_inside,
    keeping,
    optimise,
    spelled_out,
)
from ..model import Model
from ..pytree import Pytree, static, unit_of
from ..recording import Recording
from ..summary import Row, Summarised, brief, fields
from .quality import Health, audit, laplace, score
from .residuals import SweepResiduals, Weights
from .starts import screened_starts
from .targets import Target, target

GOOD = 2.0  # starts whose loss is within this factor of the best are as good as it
MEMORY = 1.5e9  # bytes of traces and tangents held at once
FAR, WORSE = 10.0, 1.0  # times the best loss, and by how much, that a start has stalled at
EDGE = 0.02  # of `REACH` within which a parameter is at its bound
FREE = 0.2  # a parameter whose spread is a larger share of itself is called free


class FitResult(Summarised, Pytree):
    """What a fit came to.

    Attributes:
        cell: The model with the parameters of the best start.
        names: Paths of the free parameters.
        values: Parameters that every start reached (start, parameter).
        theta: The same as unconstrained vectors (start, parameter).
        loss: Half the sum of squared residuals of every start (start,).
        history: Best loss after each step (start, step); NaN for steps that were not made.
        status: Index into `learn.STATUS` (start,).
        ensemble: Starts within a factor of two of the best loss, best first (member,).
        deviation: Standard deviation of each parameter in the Laplace approximation at the best start (parameter,); NaN if
            not checked.
        health: Whether derivatives could be trusted; None if not checked, as after Ctrl-C.
        fitted: Scores on the fitted sweeps; see `scores.score`.
        held_out: Scores on the sweeps held out; None without.
    """

    cell: Model
    names: tuple[str, ...] = static()
    values: Any = None
    theta: Any = None
    loss: Any = None
    history: Any = None
    status: Any = None
    ensemble: Any = None
    deviation: Any = None
    health: Health | None = None
    fitted: dict[str, Any] | None = None
    held_out: dict[str, Any] | None = None

    @property
    def units(self) -> dict[str, str]:
        """The unit of each parameter, "" if it has none."""
        return {name: unit_of(self.cell, name) for name in self.names}

    def rows(self) -> Iterator[Row]:
        """The best loss, how the starts ended, what each parameter came to, and what there is to know of the cell."""
        if np.ndim(self.loss) != 1:  # a placeholder of JAX, or several fits at once
            yield from fields(self)
            return
        yield "loss", f"{np.min(self.loss, initial=np.inf):.4g}, the best of {len(self.loss)} starts"
        yield "starts", ", ".join(f"{count} {word}" for word, count in Counter(self.statuses).items())
        verdicts, ranges = self.verdicts, self.ranges
        for name in self.names:
            low, high = ranges[name]
            yield name, f"{low:.4g} to {high:.4g}, {verdicts[name]}"
        yield "cell", brief(self.cell)

    @property
    def statuses(self) -> list[str]:
        """The status of every start in words; `stalled` too if its loss stayed at ten times the best."""
        loss = np.asarray(self.loss, float)
        best = loss.min(initial=np.inf)
        far = (loss > FAR * best) & (loss > best + WORSE)
        words = [STATUS[int(code)] for code in np.asarray(self.status)]
        return ["stalled" if f and w in ("finished", "converged") else w for f, w in zip(far, words, strict=True)]

    @property
    def dropped(self) -> int:
        """How many starts were dropped because their loss was not a finite number."""
        return self.statuses.count("dropped")

    @property
    def spread(self) -> dict[str, float]:
        """How much each parameter is left open, as a share of itself: over the ensemble, or by Laplace if that is more."""
        members = np.asarray(self.values)[np.asarray(self.ensemble)]
        if not len(members):
            return dict.fromkeys(self.names, float("nan"))
        size = np.maximum(np.abs(members.mean(0)), 1e-12)
        among = members.std(0) if len(members) > 1 else np.full(len(size), np.nan)
        share = np.fmax(among, np.asarray(self.deviation)) / size
        return dict(zip(self.names, share.tolist(), strict=True))

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest value of each parameter over the ensemble; NaN if there is none."""
        members = np.asarray(self.values)[np.asarray(self.ensemble)]
        ends = (members.min(0), members.max(0)) if len(members) else (np.full(len(self.names), np.nan),) * 2
        return {name: (float(a), float(b)) for name, a, b in zip(self.names, *ends, strict=True)}

    @property
    def at_bound(self) -> tuple[str, ...]:
        """Parameters of the best start that are where the search ends, 0.7 % of the interval from a bound."""
        if not len(self.ensemble):
            return ()
        theta = np.abs(np.asarray(self.theta)[self.ensemble[0]])
        return tuple(name for name, x in zip(self.names, theta, strict=True) if x > REACH * (1 - EDGE))

    @property
    def verdicts(self) -> dict[str, str]:
        """`at its bound` for a parameter that the search would have taken further, whatever the data say of it; `free` for one
        that they leave open by more than a fifth of itself, else `constrained`.

        `unknown` if there is but one good start and deviations were not estimated.
        """
        words = {True: "free", False: "constrained"}
        said = {name: words[share > FREE] if share == share else "unknown" for name, share in self.spread.items()}
        return said | dict.fromkeys(self.at_bound, "at its bound")


def fit(
    model: Model,
    target: Recording | Sequence[Recording] | Target,
    *,
    free: Free,
    key: jax.Array,
    loss: Weights | Callable[..., Any] | None = None,
    optimiser: Any = None,
    starts: int = 16,
    steps: int = 30,
    begin: Mapping[str, float] | None = None,
    hold_out: Recording | Sequence[Recording] | Target | None = None,
    dt: float = 0.02,
    window: tuple[float, float] | None = None,
    draws: int = 512,
    check: bool = True,
    progress: Progress = True,
    checkpoint: str | Path | None = None,
    resume: bool = False,
) -> FitResult:
    """Fit a cell to current-clamp recordings.

    The model runs freely from the first measured voltage under the measured current. Starts are random kinetics with
    conductances by current balance, the best of `draws`; see `starts`, `residuals`, `levenberg_marquardt`.

    Args:
        model: A cell.
        target: Sweeps of one cell, or a `Target` for more control.
        free: Bounds (low, high) of the free parameters by name, in their units: a path; a pattern of paths, `"*.g_max"`;
            `"k.e+m.e"`, which gives two paths one value; `"na.g_max@soma"`, the parameter in one region.
        key: Random key.
        loss: Weights of the residual groups, or a function (cell, target) -> residuals or scalar loss.
        optimiser: `LevenbergMarquardt()` by default, `CMAES()`, `DifferentialEvolution()`, any optax transformation, or any
            solver of optimistix.
        starts: Number of starts, optimised at once.
        steps: Optimisation steps.
        begin: A start of one's own, values by path; it replaces the last of the screened ones.
        hold_out: Sweeps to judge the fit by.
        dt: Step of the simulation [ms].
        window: Part of the sweeps that is used (start, end) [ms]; see `target`.
        draws: Random kinetics to choose the starts from.
        check: Whether to check derivatives and estimate deviations.
        progress: Function of a row with `steps` and the best `loss`; True for a bar, False or None for nothing.
        checkpoint: Folder that keeps the state of the optimisation, by orbax.
        resume: Go on from it, if there is something.

    Returns:
        The fitted cell and how far to trust it.

    Raises:
        KeyError: for an unknown path.
        ValueError: for bounds reversed, a start outside, recordings that cannot be fitted, a checkpoint that is there already
            or of another problem; names value, rule and fix.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    if starts < 1:
        raise ValueError(f"starts = {starts}: must be at least 1.")
    check_key(key)
    if model.resets and not callable(loss):
        raise ValueError(
            f"{type(model).__name__} has a reset, so its voltage shows no spikes to compare with a recording: fit a cell with "
            "channels, such as jaxneuro.cells.adapting(), or give a loss of your own."
        )
    with keeping(checkpoint, resume) as kept:
        limits = box(model, free)
        goal = as_target(target, dt, window, beside=hold_out)
        judge = None if _nothing(hold_out) else as_target(hold_out, dt, None, beside=target)  # pyright: ignore[reportArgumentType]
        own = limits.theta(_own_start(model, limits, spelled_out(model, free), begin)) if begin else None
        of = _residuals(model, limits, goal, loss)
        draw, search = jax.random.split(key)
        theta = screened_starts(of, starts, draw, draws=draws)
        if own is not None:
            theta = theta.at[-1].set(own)
        method = _default(goal, len(limits.names)) if optimiser is None else optimiser
        done = optimise(of, theta, optimiser=method, steps=steps, key=search, progress=progress, checkpoint=kept)
    return _result(of, done, judge, check)


def as_target(sweeps: Any, dt: float, window: tuple[float, float] | None, beside: Any = None) -> Target:
    """Recordings as a target, beside others of the same protocol; a target as it is."""
    if isinstance(sweeps, Target):
        return sweeps
    others = [beside] if isinstance(beside, Recording) else [] if isinstance(beside, Target) else list(beside or [])
    return target(sweeps, dt=dt, window=window, beside=others)


class OwnLoss(Pytree):
    """A loss of the user's own, a function (cell, target), as a function of a parameter vector."""

    function: Callable = static()
    model: Any = None
    box: Any = None
    target: Any = None

    def __call__(self, theta: jax.Array) -> jax.Array:
        return self.function(self.box.cell(self.model, theta), self.target)


def _residuals(model: Model, limits: ParameterBox, goal: Target, loss: Any) -> Any:
    model = jax.tree.map(lambda x: jnp.asarray(x, float), model)
    if callable(loss):
        return OwnLoss(loss, model, limits, goal)
    return SweepResiduals(model, limits, goal, loss or Weights())


def _default(goal: Target, parameters: int) -> LevenbergMarquardt:
    """Levenberg–Marquardt with as many Jacobians at once as `MEMORY` holds."""
    traces = 2 * goal.v.size * (parameters + 1)  # the voltage and its tangents, as they are made and as they are kept
    return LevenbergMarquardt(limit=REACH, batch=max(int(MEMORY / (traces * goal.v.dtype.itemsize)), 1))


def _own_start(model: Model, limits: ParameterBox, free: Free, begin: Mapping[str, float]) -> jax.Array:
    values = limits.current(model)
    for name, value in begin.items():
        if name not in limits.names:
            raise KeyError(f"start {name!r} is not free. Free are: {', '.join(limits.names)}.")
        values = values.at[limits.names.index(name)].set(value)
    for name, value in zip(limits.names, values, strict=True):
        check_inside(model, free, name, float(value))
    return values


def _nothing(hold_out: Any) -> bool:
    return hold_out is None or (not isinstance(hold_out, Recording | Target) and not len(hold_out))


def _result(of: Any, done: Any, judge: Target | None, check: bool) -> FitResult:
    loss = np.asarray(done.loss, float)
    values = np.asarray(jax.vmap(of.box.values)(jnp.asarray(done.theta)))
    order = np.argsort(loss, kind="stable")
    good = order[loss[order] <= GOOD * loss[order[0]]] if np.isfinite(loss).any() else order[:0]
    best = jnp.asarray(done.theta)[int(order[0])]
    cell = of.box.cell(of.model, best)
    deviation, health = np.full(len(of.box.names), np.nan), None
    if not len(good):
        warnings.warn(
            f"all {len(loss)} starts were dropped: no loss was finite. Narrow the bounds or halve dt.", stacklevel=3
        )
    elif check and isinstance(of, SweepResiduals) and "interrupted" not in done.statuses:
        residual, jacobian, health = audit(of, best)
        slope = np.asarray(jax.jacfwd(of.box.values)(best)).diagonal()
        deviation = np.abs(slope) * np.sqrt(np.diag(laplace(residual, jacobian)))
        if health.warning:
            warnings.warn(health.warning, stacklevel=3)
    return FitResult(cell, of.box.names, values, done.theta, loss, done.history, np.asarray(done.status), good,
                     deviation, health, score(cell, of.target),
                     None if judge is None else score(cell, judge))  # fmt: skip
