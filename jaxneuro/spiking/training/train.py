"""Training: minibatches, an optax optimiser, evaluation, early stopping, checkpoints. One compilation for all epochs."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
from tqdm import tqdm

from ...files import fingerprint
from ..network import Network
from ..run import Engine
from . import checkpoints
from .batches import Scores, check_data, evaluate, recorded
from .endings import best_epoch, ending, overflowed
from .epoch import HEALTHY, Fault, Plan, Progress, epoch
from .parameters import chosen, free, with_free
from .rates import by_path


@dataclass(frozen=True)
class Trained:
    """What training came to.

    Attributes:
        network: The network: of the best epoch by the validation data, without these of the last.
        history: A row for each epoch, on the way through the training data: loss, accuracy, spikes, overflow, and the same with
            `validation_` before it.
        status: "finished", "stopped early", "interrupted", or "not finite: <where>" (the network is the last good one then). An
            end that is not what was hoped for is told, and warned of, instead: "overflow: ..." where no sample had room for its
            spikes, "silent: ..." where no neuron spiked, "diverged: ..." where, without validation data, the last epoch is far
            behind the best.
        best: Number of the epoch with most right answers, then the lowest loss, in the validation data or else on the way.
    """

    network: Network
    history: list[dict[str, float]]
    status: str
    best: int = -1


@checkpoints.alone
def train(
    network: Network,
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
    progress: bool = False,
    callback: Callable[[dict[str, float]], Any] | None = None,
) -> Trained:
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
        progress: Show a bar.
        callback: Function of a dict after each epoch, its row of the history and its number `epoch`: for a log elsewhere.

    Returns:
        The trained network, its history, and how it ended.

    Raises:
        ValueError, KeyError: with the value, the rule and the fix.
    """
    _check(network, data, loss, duration, validation, patience, epochs)
    paths = chosen(network, trainable)
    optimiser, size = by_path(optimiser, learning_rates, paths), min(batch, len(data[1]))
    plan = Plan(optimiser, duration, recorded(network, record), size, augment)
    theta = free(network, paths)
    problem = None
    if checkpoint is not None:
        rest = with_free(network, jax.tree.map(jnp.zeros_like, theta))  # what is trained goes on from what was kept
        aims = {"loss": loss, "regularisers": regularisers, "data": data, "validation": validation}
        problem = fingerprint(network=rest, trainable=tuple(theta), engine=engine, key=key, **vars(plan), **aims)
    state, history = checkpoints.begun(checkpoint, Progress(theta, plan.optimiser.init(theta), theta), resume, problem)
    network = jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), network)
    bar, status = tqdm(total=epochs, initial=len(history), unit="epoch", dynamic_ncols=True, disable=not progress), ""
    try:
        while not (status := status or _ended(history, epochs, patience)):
            began, key_now = time.perf_counter(), jax.random.fold_in(key, len(history))
            state_now, scores, fault = epoch(plan, state, network, loss, regularisers, engine, data, key_now)
            status, row = _fault(fault, len(history)), _row(scores)
            if validation is not None:
                held = with_free(network, state_now.theta)
                row |= _row(
                    evaluate(held, validation, loss, engine=engine, duration=duration, record=plan.record),
                    "validation_",
                )
            rows = [*history, row | {"seconds": time.perf_counter() - began}]
            better = _best(rows) == len(rows) - 1
            state, history = state_now.replace(best=state_now.theta) if better else state_now, rows
            checkpoints.save(checkpoint, state, history, problem)
            _show(bar, row)
            if callback is not None:
                callback({"epoch": len(history) - 1, **history[-1]})
            status = status or ("" if regularisers else overflowed(row))
    except KeyboardInterrupt:
        status = "interrupted"
        checkpoints.save(checkpoint, state, history, problem)
    bar.close()
    can_spike = any(population.spikes for population in network.populations.values())
    told = len(data[1]) // plan.batch * plan.batch
    status = ending(status, history, told, can_spike=can_spike, chosen=validation is not None)
    return Trained(with_free(network, state.best), history, status, best_epoch(history) if history else -1)


def _ended(history: list, epochs: int, patience: int | None) -> str:
    if patience is not None and history and len(history) - 1 - _best(history) >= patience:
        return "stopped early"
    return "finished" if len(history) >= epochs else ""


def _best(history: list[dict[str, float]]) -> int:
    """The epoch whose network is kept: the best by the validation data, and the last without these."""
    if "validation_loss" not in history[-1]:
        return len(history) - 1
    return best_epoch(history)


def _row(scores: Scores, prefix: str = "") -> dict[str, float]:
    return {prefix + name: float(getattr(scores, name)) for name in ("loss", "accuracy", "spikes", "overflow")}


def _fault(fault: Fault, number: int) -> str:
    if int(fault.step) == HEALTHY:
        return ""
    what = ["loss"] if bool(fault.loss) else []
    what += [f"derivative by {path}" for path, wrong in fault.derivatives.items() if bool(wrong)]
    return f"not finite: {', '.join(what)} in step {int(fault.step)} of epoch {number}"


def _show(bar: Any, row: dict[str, float]) -> None:
    bar.update()
    bar.set_postfix({name: f"{value:.4g}" for name, value in row.items() if name.endswith(("loss", "accuracy"))})


def _check(
    network: Network,
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
