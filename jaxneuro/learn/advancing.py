"""The one loop of everything that learns: chunks of steps, with progress, interruption, resumption, and the best so far."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxtyping import PyTree

from ..files import fingerprint
from .checkpoint import NOWHERE, Checkpoint, Kept
from .progress import Progress, shown
from .trained import Row, State, Trained

LONGEST_CHUNK = 256  # steps between two looks at the outside world, where the loop chooses
LOOK = 0.5  # s: what a chunk should take then, so that progress shows and Ctrl-C is answered; ten times what keeping it takes


class Chunk(NamedTuple):
    """What a learner gives back for a chunk of steps.

    Attributes:
        state: After it; of a pytree of arrays, that of the last step whose numbers were finite.
        row: Figures of the chunk, for the history and for who looks on.
        made: Steps made; 0 if none was, and then there is no row.
        status: Why the learning is over; "" to go on.
    """

    state: PyTree
    row: Row
    made: int
    status: str = ""


Advance = Callable[[PyTree, int, int], Chunk]  # of the state, the steps made before, and how many to make at most


def loop(
    advance: Advance,
    state: State,
    total: int,
    *,
    chunk: int | None = None,
    unit: str = "steps",
    merit: Callable[[Row], Any] | None = None,
    patience: int | None = None,
    seconds: float | None = None,
    progress: Progress = True,
    checkpoint: Checkpoint = NOWHERE,
    problem: Mapping[str, object] | None = None,
) -> Trained[State]:
    """Advance a state until its steps are made, or something else ends it.

    Ctrl-C ends it after the last whole chunk; from its checkpoint it goes on as if nothing had happened, to the bit.

    Args:
        advance: Function of the state, the steps made before and how many to make, to a `Chunk`; what it draws comes from a key
            in the state, or from one folded with the steps made. `steps` makes one of a pure step.
        state: Where it starts, any pytree of arrays.
        total: Steps in all; those before a resumption count.
        chunk: Steps between two looks at the outside world; chosen to take half a second by default.
        unit: What steps are called, such as "epochs": in rows, errors and the bar.
        merit: Function of a row, whose largest value marks the best state, the first of equals; without it, the last is best.
        patience: Stop when so many rows have brought nothing better.
        seconds: Stop after so many seconds of processor time, compilation included.
        progress: Function of each row; True for a bar, False or None for nothing.
        checkpoint: From `keeping(folder, resume)`; written after each chunk.
        problem: What the learning is of, by name: what goes on from the checkpoint must be of the same.

    Returns:
        The best state, the history, and how it ended.

    Raises:
        ValueError: for numbers below 1, `patience` without `merit`, or a checkpoint of another problem.
    """
    _check(total, chunk, unit, merit, patience, checkpoint)
    said = fingerprint(unit_of_steps=unit, **(problem or {})) if checkpoint.path else {}
    kept = checkpoint.load(Kept(state, None if merit is None else state, [], -1), said)
    size, status, since = chunk or 1, "", time.process_time()
    with shown(progress, total, unit, _done(kept, unit)) as show:
        try:
            while not (status := status or _over(kept, total, unit, patience, seconds, since)):
                began, done = time.perf_counter(), _done(kept, unit)
                made = advance(kept.state, done, min(size, total - done))
                status, took = made.status or ("" if made.made else "no step made"), time.perf_counter() - began
                if made.made:
                    row = {unit: done + made.made, **_own(made.row, unit), "seconds": took}
                    kept = _after(kept, made.state, row, merit)
                    checkpoint.save(kept, said)
                    spent = time.perf_counter() - began
                    show(row)
                    size = size if chunk else _resized(size, took, max(LOOK, 10 * (spent - took)))
        except KeyboardInterrupt:
            status = "interrupted"
            checkpoint.save(kept, said)  # unless it is there
    return Trained(kept.state if merit is None else kept.best, kept.rows, status, kept.number)


def _after(kept: Kept, state: PyTree, row: Row, merit: Callable[[Row], Any] | None) -> Kept:
    """What is kept after one more row."""
    rows, number = [*kept.rows, row], len(kept.rows)
    if merit is None:
        return Kept(state, None, rows, number)
    if not kept.rows or _better(merit(row), merit(kept.rows[kept.number])):
        return Kept(state, state, rows, number)
    return Kept(state, kept.best, rows, kept.number)


def _better(now: Any, best: Any) -> Any:
    return now > best or best != best  # anything is better than NaN


def _own(row: Row, unit: str) -> Row:
    """The learner's figures, none of which may stand where the loop's do."""
    for name in (unit, "seconds"):
        if name in row:
            raise ValueError(f"a figure is called {name!r}, as what the loop counts is: give it another name.")
    return row


def _done(kept: Kept, unit: str) -> int:
    return kept.rows[-1][unit] if kept.rows else 0


def _over(kept: Kept, total: int, unit: str, patience: int | None, seconds: float | None, since: float) -> str:
    """Why the loop is to end, or ""."""
    if patience is not None and kept.rows and len(kept.rows) - 1 - kept.number >= patience:
        return "stopped early"
    if _done(kept, unit) >= total:
        return "finished"
    return "out of time" if seconds is not None and time.process_time() - since > seconds else ""


def _resized(size: int, took: float, wanted: float) -> int:
    """How many steps the next chunk has, so that it takes about as long as it should."""
    if took < 0.5 * wanted:
        return min(2 * size, LONGEST_CHUNK)
    return max(size // 2, 1) if took > 2 * wanted else size


def _check(
    total: int, chunk: int | None, unit: str, merit: Callable | None, patience: int | None, checkpoint: Checkpoint
) -> None:
    if not isinstance(checkpoint, Checkpoint):
        raise TypeError(f"checkpoint = {checkpoint!r}: give what `keeping(folder, resume)` gives within its `with`.")
    for name, number in ((unit, total), ("chunk", chunk), ("patience", patience)):
        if number is not None and number < 1:
            raise ValueError(f"{name} = {number}: give at least 1.")
    if patience is not None and merit is None:
        raise ValueError(f"patience = {patience} without a merit: say by which rows one is better than another.")
