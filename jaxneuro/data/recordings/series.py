"""What every reader of recordings produces: one measured or commanded quantity against time."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .quantity import check_units, convert

COLUMNS = ("time", "step", "voltage", "current")  # what the columns of a table may hold; a step stands for the times


@dataclass(frozen=True)
class Series:
    """A voltage or a current as a file holds it; its numbers are read only when they are asked for.

    Attributes:
        quantity: `voltage` or `current`.
        name: What the file calls it.
        values: Reads the numbers (time,) [unit].
        unit: As the file declares it; None if it does not.
        clock: Reads the times of the samples, from the first (time,) [ms].
        start: Time of the first sample in the file [ms].
        sweep: Number of the sweep; None if the file numbers none.
        electrode: What it belongs to: an electrode, or the voltage that a command drives; empty if unknown.
        channel: Its place in the file, such as `ADC 1`.
        row: Row of a table in the file that links voltages with currents.
        recorded: False for a command; None if nobody says.
        bias: Of a voltage, the constant current injected besides the command [nA].
        assumed: The quantities whose unit is a guess, as the file declares none.
    """

    quantity: str
    name: str
    values: Callable[[], np.ndarray] = field(repr=False)
    unit: str | None
    clock: Callable[[], np.ndarray] = field(repr=False)
    start: float = 0.0
    sweep: int | None = None
    electrode: str = ""
    channel: str = ""
    row: int | None = None
    recorded: bool | None = True
    bias: float = 0.0
    assumed: tuple[str, ...] = ()

    def read(self, unit: str | None, where: str) -> np.ndarray:
        """The numbers [mV or nA], from the unit that is given, else the file's own."""
        return convert(self.values(), unit or self.unit, self.quantity, where)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from others of the same sweep."""
        return self.electrode, self.channel, self.name

    def answers_to(self, word: str) -> bool:
        """Whether a user's word means it: its name, channel, number of the channel, or electrode."""
        return means(word, self.name, self.channel, self.electrode)

    def __str__(self) -> str:
        of = [self.channel, self.electrode not in ("", self.channel) and f"of {self.electrode}"]
        of += [self.recorded is not None and ("recorded" if self.recorded else "commanded")]
        return f"{self.name!r} [{self.unit or 'no unit'}] {', '.join(word for word in of if word)}".rstrip()


@dataclass(frozen=True)
class Choice:
    """What a user says about a file: which channels, in which units.

    Attributes:
        channel: The voltage: a name, number or electrode.
        current_channel: The current: a name or number.
        columns: Names of the columns or arrays of time, voltage and current.
        units: Units that replace those in the file.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
    """

    channel: str | None = None
    current_channel: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    junction_potential: float = 0.0

    @classmethod
    def of(
        cls,
        channel: str | int | None,
        current_channel: str | int | None,
        columns: dict[str, str] | None,
        units: dict[str, str] | None,
        junction_potential: float,
    ) -> "Choice":
        """What the arguments of a reader ask for; numbers of channels become words.

        Raises:
            ValueError: for a unit that is none of its quantity, or a quantity that does not exist.
        """
        for quantity in columns or {}:
            if quantity not in COLUMNS:
                raise ValueError(f"columns={{{quantity!r}: ...}}: the quantities are {', '.join(COLUMNS)}.")
        voltage, current = (None if word is None else str(word) for word in (channel, current_channel))
        return cls(voltage, current, columns or {}, check_units(units), junction_potential)


def means(word: str, name: str, channel: str, electrode: str = "") -> bool:
    """Whether a user's word is a name, a channel such as `ADC 1`, an electrode, or the number of either."""
    number = "".join(letter for letter in channel or electrode if letter.isdigit())
    return bool(word) and (word in (name, electrode, number) or word.lower() == channel.lower())


def even_clock(count: int, step: float) -> Callable[[], np.ndarray]:
    """Times of evenly spaced samples [ms]."""
    return lambda: step * np.arange(count)
