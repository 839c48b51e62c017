"""Which current belongs to which voltage: one answer for all formats, or a refusal that names the choices."""

import warnings
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from ...recording import Recording
from ..source import Sweeps
from .measured import measured
from .numbering import matched, numbered
from .plausible import warn_of_disagreement
from .quantity import OWN_UNIT
from .series import Choice, Series

SAME_TIME = 1e-3  # ms


def paired(series: list[Series], choice: Choice, where: str, label: Callable[[int], str]) -> Sweeps:
    """Every sweep of a file, by number: each voltage with the current that was injected meanwhile.

    A current belongs to a voltage if the file says so in a row of a table; else if both have one sweep number (or
    starting time, or number in their names) and one electrode. A command is taken before a measurement of it.

    Args:
        series: What the file holds.
        choice: What the user chose.
        where: The file, for errors.
        label: Names a sweep by its number.

    Returns:
        Sweeps, read when they are called.

    Raises:
        ValueError: for what is missing, and for what is ambiguous; the message lists the choices.
    """
    voltages = named([s for s in series if s.quantity == "voltage"], choice.channel, "channel", where)
    currents = named([s for s in series if s.quantity == "current"], choice.current_channel, "current_channel", where)
    _refuse_simultaneous(voltages, where)
    for what, found in (("voltage", voltages), ("current", currents)):
        if not found:
            raise ValueError(f"{where} holds no {what}: a current-clamp recording with its injected current is needed.")
    partners = matched(voltages, currents, where)
    pairs = {}
    for voltage, candidates in zip(voltages, partners, strict=True):
        current = _belonging(voltage, candidates, choice, where)
        if current:
            pairs[voltage] = current, _witness(current, candidates)
    if not pairs:
        raise ValueError(
            f"{where}: no current belongs to {voltages[0]}: {choices(currents)}. Choose, such as "
            f"{say_choice('current_channel', _own_word(currents[0], currents))}."
        )
    _say_left_out([v for v in voltages if v not in pairs], where)
    return {n: partial(load, v, *pairs[v], choice, label(n)) for n, v in numbered(list(pairs)).items()}


def load(voltage: Series, current: Series, witness: Series | None, choice: Choice, where: str) -> Recording:
    """The recording of one pair, with the current at the times of the voltage.

    A witness, the current as it was recorded, that takes another course than the command is a warning.

    Raises:
        ValueError: if the current does not cover the voltage, or a number cannot be what the file says.
    """
    v = voltage.read(choice.units.get("voltage"), where)
    t = voltage.clock()
    i, how = _at_times(t, current.read(choice.units.get("current"), where), voltage, current, where)
    if witness and i.size > 1 and t.size == i.size:
        recorded = _at_times(t, witness.read(choice.units.get("current"), where), voltage, witness, where)[0]
        warn_of_disagreement(i, recorded, float(t[1] - t[0]), where, str(witness))
    added = f"; a bias current of {1e3 * voltage.bias:g} pA is added" if voltage.bias else ""
    assumed = {*voltage.assumed, *current.assumed} - set(choice.units)
    unit = choice.units.get("current") or current.unit or OWN_UNIT["current"]
    return measured(
        t, v, i + voltage.bias, where, choice.junction_potential,
        source=f"voltage {voltage}; current {current}{how}{added}", current_unit=unit, assumed=assumed, told=set(choice.units),
    )  # fmt: skip


def named(found: list[Series], word: str | None, argument: str, where: str) -> list[Series]:
    """Those that a user's word means; all if there is none."""
    if word is None:
        return found
    chosen = [s for s in found if s.answers_to(str(word))]
    if not chosen:
        raise ValueError(f"{where} has nothing that {say_choice(argument, word)} could mean: {choices(found)}.")
    return chosen


def say_choice(argument: str, value: object) -> str:
    """An argument, in Python and at the command."""
    return f"{argument}={str(value)!r} (--{argument.replace('_', '-')} {str(value)!r})"


def _own_word(wanted: Series, among: list[Series]) -> str:
    """A word that means one series and no other of its sweep: its name, else its channel."""
    words = (wanted.name, wanted.channel)
    return next((w for w in words if w and len({s.identity for s in among if s.answers_to(w)}) == 1), wanted.name)


def choices(found: Iterable[Series]) -> str:
    """What there is to choose from, each once."""
    said = dict.fromkeys(str(s) for s in {s.identity: s for s in found}.values())
    listed = list(said)
    return "there are " + "; ".join(listed[:16]) + (f" and {len(listed) - 16} more" if len(listed) > 16 else "")


def _refuse_simultaneous(voltages: list[Series], where: str) -> None:
    """Two voltages at one time are two cells, or a cell and a trigger."""
    moments: dict[object, Series] = {}
    for voltage in voltages:
        start = round(voltage.start / SAME_TIME)
        moment = ("sweep", voltage.sweep) if voltage.sweep is not None and voltage.row is None else ("start", start)
        first = moments.setdefault(moment, voltage)
        if (first.electrode or first.channel or first.name) != (voltage.electrode or voltage.channel or voltage.name):
            if moment[0] == "start" and not first.electrode:
                continue  # names that differ say nothing where sweeps have no numbers
            word = voltage.electrode if first.electrode != voltage.electrode else _own_word(voltage, voltages)
            raise ValueError(
                f"{where} holds several voltages at one time ({first} and {voltage}): which is the membrane's? "
                f"{choices(voltages)}. Choose, such as {say_choice('channel', word)}."
            )


def _belonging(voltage: Series, candidates: list[Series], choice: Choice, where: str) -> Series | None:
    """The one current of a voltage, or None if it has none."""
    found = candidates
    if choice.current_channel is None:
        found = [c for c in found if not (c.electrode and voltage.electrode) or c.electrode == voltage.electrode]
        found = [c for c in found if c.electrode == voltage.electrode] or found
        found = [c for c in found if not c.recorded] or found
    elif len(found) > 1:
        found = [c for c in found if c.electrode == voltage.electrode] or found
    found = [c for c in found if abs(c.start - voltage.start) < SAME_TIME] or found
    if len(found) > 1:
        raise ValueError(
            f"{where}: {voltage} could have any of several currents: {choices(found)}. Choose, such as "
            f"{say_choice('current_channel', _own_word(found[0], found))}."
        )
    return found[0] if found else None


def _witness(current: Series, candidates: list[Series]) -> Series | None:
    """The only recording of a current that is commanded."""
    found = [c for c in candidates if c.recorded and c is not current and not c.electrode]
    return found[0] if current.recorded is False and len(found) == 1 else None


def _say_left_out(alone: list[Series], where: str) -> None:
    if not alone:
        return
    listed = ", ".join(repr(s.name) for s in alone[:8]) + (", ..." if len(alone) > 8 else "")
    warnings.warn(f"{where}: no current belongs to {len(alone)} voltages ({listed}): they are left out.", stacklevel=5)


def _at_times(t: np.ndarray, i: np.ndarray, voltage: Series, current: Series, where: str) -> tuple[np.ndarray, str]:
    """The current at the times of the voltage, held from sample to sample as a converter does."""
    if current.clock is voltage.clock:
        return i, ""
    times = current.clock()
    step = np.median(np.diff(times)) if times.size > 1 else 0.0
    if abs(voltage.start - current.start) > max(SAME_TIME, 0.01 * step):
        raise ValueError(
            f"{where}: the voltage begins at {voltage.start / 1e3:.9g} s and the current at {current.start / 1e3:.9g} s: "
            "both must cover the same time; cut them to it."
        )
    if times.size != i.size or t.size < 2 or times.size < 2:
        return i, ""  # refused with the lengths
    if times.shape == t.shape and np.allclose(times, t, rtol=0.0, atol=0.02 * step):
        return i, ""
    if times[-1] + 1.01 * step < t[-1]:
        raise ValueError(
            f"{where}: the voltage lasts {t[-1]:.6g} ms ({t.size} samples) and the current {times[-1]:.6g} ms "
            f"({times.size} samples): there must be one current for each time; cut them to the same time."
        )
    held = np.searchsorted(times, t + 1e-3 * step, side="right") - 1
    if np.array_equal(held, np.arange(t.size)):
        return i[held], f"; the current is cut to the voltage, {t.size} of its {i.size} samples"
    return i[held], f"; the current is held between its samples, {step:g} ms apart"
