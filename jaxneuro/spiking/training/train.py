"""Training: minibatches, an optax optimiser, evaluation, early stopping, checkpoints. One compilation for all epochs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ...learn import Chunk, Progress, Trained, bounded, by_path, keeping, loop, unbounded
from ..network import SpikingNetwork
from ..run import Engine
from .batches import Scores, check_data, evaluate, recorded
from .endings import best_epoch, ending, merit, overflowed
from .epoch import HEALTHY, Fault, Learner, Plan, epoch


def train(
    network: SpikingNetwork,
    data: tuple[Any, ...],
    loss: Any,
    *,
    engine: Engine,
    duration: float,
    key: jax.Array,
    epochs: int = 100,
    batch: int = 100,
    optimiser: optax.GradientTransformation | None = None,
    learning_rates: Mapping[str, Any] | None = None,
    trainable: Iterable[str] = ("connections.*.weight",),
    regularisers: tuple[Any, ...] = (),
    augment: Callable | None = None,
    validation: tuple[Any, ...] | None = None,
    patience: int | None = None,
    record: tuple[str, ...] | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress = True,
) -> Trained[SpikingNetwork]:
    """Train a network in any engine that gives derivatives.

    Ctrl-C ends the training after the last whole epoch; the same call with `resume=True` goes on as if nothing had happened, to
    the bit. A loss or derivative that is not finite ends it too, and the status says which and where.

    Args:
        network: Where it starts.
        data: Inputs with a leading axis of samples, as `run` takes them, targets (sample, ...), and, where samples are of
            different length, where each ends (sample,) [ms]: decoders read nothing after it.
        loss: Loss of one sample, such as `CrossEntropy(FirstSpike(...))`.
        engine: How it is run.
        duration: Length of a run [ms].
        key: Random key of the order of the samples and of `augment`.
        epochs: Passes through the data, in all: those before a resumption count.
        batch: Samples of a step; samples that do not fill the last batch of an epoch wait for the next.
        optimiser: Any optax transformation; by default `adam(1e-3)`. Calls with the same object share a compilation.
        learning_rates: By path or pattern, such as `{"*.delay": 0.1}`, a learning rate of Adam, a schedule of it, or an optax
            transformation; the first that matches counts, and the optimiser is of the rest.
        trainable: Paths, or patterns of paths, of what is trained.
        regularisers: Functions of the responses of a batch and the network, such as `RateRange("hidden", 0, 10)`.
        augment: Function (key, inputs of a batch) to inputs of a batch, anew in every step.
        validation: Samples that choose the best epoch: by right answers, then by loss.
        patience: Stop when so many epochs have brought nothing better.
        record: Populations whose potential the loss reads; by default the readout if it never spikes.
        checkpoint: Folder that keeps the state of the last whole epoch, by orbax; if it cannot, there is a warning.
        resume: Go on from `checkpoint` if there is one.
        progress: Function of each row of the history, for a log elsewhere; True for a bar, False or None for nothing.

    Returns:
        `state` is the network: that of the best epoch by the validation data, without these of the last. `history` has a row for
        each epoch, on the way through the training data: `epochs` made, loss, accuracy, spikes, overflow, and the same with
        `validation_` before it. `best` is the index of the row with most right answers, then the lowest loss, in the validation
        data or else on the way. `status` is "finished", "stopped early", "interrupted", or "not finite: <where>" (the network is
        the last good one then). An end that is not what was hoped for is told, and warned of, instead: "overflow: ..." where no
        sample had room for its spikes, "silent: ..." where no neuron spiked, "diverged: ..." where, without validation data, the
        last epoch is far behind the best.

    Raises:
        ValueError, KeyError: with the value, the rule and the fix.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    with keeping(checkpoint, resume) as kept:
        _check(network, data, loss, duration, validation, patience, epochs)
        theta = unbounded(network, trainable)
        optimiser, size = by_path(optimiser, learning_rates, tuple(theta)), min(batch, len(data[1]))
        plan = Plan(optimiser, duration, recorded(network, record), size, augment)
        fixed = bounded(network, jax.tree.map(jnp.zeros_like, theta))  # what is trained goes on from what was kept
        aims = {"loss": loss, "regularisers": regularisers, "data": data, "validation": validation}
        problem = {"network": fixed, "trainable": tuple(theta), "engine": engine, "key": key, **vars(plan), **aims}
        network = jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), network)

        def advance(learner: Learner, number: int, _: int) -> Chunk:
            draw = jax.random.fold_in(key, number)
            learner, scores, fault = epoch(plan, learner, network, loss, regularisers, engine, data, draw)
            row = _row(scores)
            if validation is not None:
                held, how = bounded(network, learner.theta), {"engine": engine, "duration": duration}
                row |= _row(evaluate(held, validation, loss, record=plan.record, **how), "validation_")
            return Chunk(learner, row, 1, _fault(fault, number) or ("" if regularisers else overflowed(row)))

        by_validation = None if validation is None else merit
        ran = loop(
            advance, Learner(theta, plan.optimiser.init(theta)), epochs, chunk=1, unit="epochs", merit=by_validation,
            patience=patience, progress=progress, checkpoint=kept, problem=problem,
        )  # fmt: skip
    can_spike = any(population.spikes for population in network.populations.values())
    told = len(data[1]) // plan.batch * plan.batch
    status = ending(ran.status, ran.history, told, can_spike=can_spike, chosen=validation is not None)
    best = best_epoch(ran.history) if ran.history else -1
    return Trained(bounded(network, ran.state.theta), ran.history, status, best)


def _row(scores: Scores, prefix: str = "") -> dict[str, float]:
    return {prefix + name: float(getattr(scores, name)) for name in ("loss", "accuracy", "spikes", "overflow")}


def _fault(fault: Fault, number: int) -> str:
    if int(fault.step) == HEALTHY:
        return ""
    what = ["loss"] if bool(fault.loss) else []
    what += [f"derivative by {path}" for path, wrong in fault.derivatives.items() if bool(wrong)]
    return f"not finite: {', '.join(what)} in step {int(fault.step)} of epoch {number}"


def _check(
    network: SpikingNetwork,
    data: tuple,
    loss: Any,
    duration: float,
    validation: tuple | None,
    patience: int | None,
    epochs: int,
) -> None:
    check_data(network, data, loss, duration)
    if validation is not None:
        check_data(network, validation, loss, duration, "validation")
    elif patience is not None:
        raise ValueError(f"patience = {patience} without validation data: give validation=(inputs, targets).")
    if epochs < 1:
        raise ValueError(f"epochs = {epochs}: give at least 1.")
