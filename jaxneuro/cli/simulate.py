"""`jaxneuro simulate`: a model, a stimulus, a figure."""

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ..biophysics import stimuli
from ..biophysics.membrane import Cell, FoxLu
from ..biophysics.point import PointNeuron
from ..model import Model
from ..recording import Recording
from .models import model_named
from .output import write_csv

STIMULI = ("step", "pulses", "ramp", "chirp", "sine", "ou")
PICTURES = (".png", ".pdf", ".svg")
SHOWN = 12  # spike times printed


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser("simulate", help="a model, a stimulus, a figure", description=__doc__)
    p.set_defaults(run=run)
    p.add_argument("model", metavar="MODEL", help="name from `jaxneuro models`, or a file that a fit wrote")
    p.add_argument("--stimulus", choices=STIMULI, default="step", help="its form (default: step)")
    p.add_argument("--amplitude", type=float, default=10.0, help="its size, in --unit (default: 10)")
    p.add_argument("--unit", choices=("uA/cm2", "nA"), default="uA/cm2", help="current density or current")
    p.add_argument("--start", type=float, default=5.0, metavar="MS", help="its onset (default: 5)")
    p.add_argument("--stop", type=float, metavar="MS", help="its end (default: that of the run)")
    p.add_argument("--frequency", type=float, default=20.0, metavar="HZ", help="of sine and pulses; of chirp the last")
    p.add_argument("--width", type=float, default=1.0, metavar="MS", help="of one pulse (default: 1)")
    p.add_argument("--mean", type=float, default=0.0, help="mean of ou, whose --amplitude is its deviation")
    p.add_argument("--tau", type=float, default=3.0, metavar="MS", help="correlation time of ou (default: 3)")
    p.add_argument("--duration", type=float, default=100.0, metavar="MS", help="length of the run (default: 100)")
    p.add_argument("--dt", type=float, default=0.025, metavar="MS", help="step (default: 0.025)")
    p.add_argument(
        "--level", type=float, metavar="MV", help="what a spike must reach (default: 0, or less if none does)"
    )
    p.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes", help="e.g. na.g_max=100")
    p.add_argument("--seed", type=int, default=0, help="of noisy models and stimuli (default: 0)")
    p.add_argument("--out", action="append", metavar="FILE", help=".png, .pdf, .svg, .npz or .csv; may be repeated")


def run(args: argparse.Namespace) -> None:
    """Simulate, print the spikes, write the files."""
    from ..simulate import simulate

    outputs = [_output(name) for name in args.out or [f"{Path(args.model).stem}.png"]]
    model = model_named(args.model)
    for change in args.changes:
        model = changed(model, change)
    stimulus = build_stimulus(args)
    recording = simulate(model, stimulus, duration=args.duration, dt=args.dt, **_what_it_takes(model, args))
    if not bool(recording.ok):
        raise ValueError(f"the simulation diverged at dt = {args.dt} ms: take a smaller --dt or other parameters.")
    recording = recording.replace(name=args.model)
    _report_spikes(recording, args.level)
    for path in outputs:
        _write(path, recording, model, stimulus, args)
        print(f"wrote {path}")


def changed(model: Model, change: str) -> Any:
    """The model with one PATH=VALUE applied.

    Raises:
        ValueError: for words that are not PATH=VALUE.
    """
    path, equals, value = change.partition("=")
    try:
        number = float(value)
    except ValueError:
        equals = ""
        number = 0.0
    if not equals:
        raise ValueError(f"--set {change}: write PATH=NUMBER, such as na.g_max=100.")
    return model.set(path.strip(), number)


def build_stimulus(args: argparse.Namespace) -> Any:
    """The stimulus that the options describe."""
    named, stop = ("--duration", args.duration) if args.stop is None else ("--stop", args.stop)
    if not stop > args.start:
        raise ValueError(f"{named} {stop:g} ms is not after --start {args.start:g} ms: give the stimulus some time.")
    if not args.frequency > 0:
        raise ValueError(f"--frequency {args.frequency:g}: give a positive one [Hz].")
    length, period = stop - args.start, 1e3 / args.frequency
    made = {
        "step": lambda: stimuli.step(args.amplitude, args.start, length),
        "pulses": lambda: stimuli.pulse_train(
            args.amplitude, args.start, args.width, period, max(int(length / period), 1)
        ),
        "ramp": lambda: stimuli.ramp(0.0, args.amplitude, args.start, length),
        "chirp": lambda: stimuli.chirp(args.amplitude, 0.0, args.frequency, args.start, length),
        "sine": lambda: stimuli.sine(args.amplitude, args.frequency, args.start, length),
        "ou": lambda: stimuli.ornstein_uhlenbeck(
            jax.random.key(args.seed), args.duration, mean=args.mean, deviation=args.amplitude, tau=args.tau
        ),
    }[args.stimulus]()
    return stimuli.inject(made) if args.unit == "nA" else made


def _what_it_takes(model: Model, args: argparse.Namespace) -> dict[str, PyTree]:
    """A model with a reset records its spikes, as its voltage shows none; a noisy one needs a key."""
    noisy = isinstance(model, Cell) and any(isinstance(channel, FoxLu) for channel in model.channels.values())
    return {
        "record": ("v", "spikes") if isinstance(model, PointNeuron) else "v",
        "key": jax.random.key(args.seed + 1) if noisy else None,
    }


def _output(name: str) -> Path:
    path = Path(name)
    if path.suffix not in (*PICTURES, ".npz", ".csv"):
        raise ValueError(f"--out {name}: the suffix must be one of {', '.join((*PICTURES, '.npz', '.csv'))}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"--out {name}: there is no folder {path.parent}; make it first.")
    return path


def _report_spikes(recording: Recording, level: float | None) -> None:
    spikes = recording.spike_times(level, max_spikes=4096)
    times = np.asarray(spikes.times)[np.asarray(spikes.mask)]
    print(f"{recording.name}: {len(times)} spike{'s' * (len(times) != 1)}")
    if len(times):
        more = f" ... {times[-1]:.3f}" if len(times) > SHOWN else ""
        print("at " + " ".join(f"{t:.3f}" for t in times[:SHOWN]) + more + " ms")
    else:
        print(f"the voltage stays within {recording.v.min():.2f} and {recording.v.max():.2f} mV")


def _write(path: Path, recording: Recording, model: Model, stimulus: Any, args: argparse.Namespace) -> None:
    values = np.asarray(stimulus(recording.t))
    if path.suffix in PICTURES:
        from .output import picture

        density = "model's unit" if isinstance(model, PointNeuron) else "µA/cm²"
        picture(path, recording, values, density if args.unit == "uA/cm2" else "nA")
        return
    from ..data import write_npz

    # µA/cm² over an area in µm²: 1e-8 cm²/µm² × 1e3 nA/µA
    area = model.surface if isinstance(model, Cell) else 1e5
    factor = 1.0 if args.unit == "nA" else 1e-5 * float(np.asarray(area).ravel()[0])
    with_current = recording.replace(current=factor * values)
    (write_npz if path.suffix == ".npz" else write_csv)(path, with_current)
