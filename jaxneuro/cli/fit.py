"""`jaxneuro fit`: fit a cell to a recording; with nothing after it, the rate constants of Hodgkin & Huxley 1952."""

import argparse

from . import training_job
from .choices import add_reading_options, add_step_options


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser(
        "fit", help="fit a cell to a recording, or the squid's rate constants", description=__doc__
    )
    p.set_defaults(run=run)
    p.add_argument("recording", nargs="*", metavar="RECORDING", help="ABF, NWB, IBW, NPZ, CSV or ATF, current clamp")
    p.add_argument("--sweep", type=int, nargs="+", metavar="N", help="sweeps to fit (default: all but those held out)")
    p.add_argument("--hold-out", type=int, nargs="+", default=[], metavar="N", help="sweeps to judge the fit by")
    p.add_argument(
        "--window", type=float, nargs=2, metavar=("START", "END"),
        help="fit only this part of the sweeps [ms]; without --hold-out, what follows judges",
    )  # fmt: skip
    add_step_options(p)
    p.add_argument("--dt", type=float, metavar="MS", help="step of the simulation (default: 0.02)")
    p.add_argument("--model", metavar="NAME", help="what to fit: see `jaxneuro models`, or a model file")
    p.add_argument(
        "--free",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH=LOW:HIGH",
        help="na.g_max=10:200; one of the model's own is changed",
    )
    p.add_argument("--fix", nargs="+", action="extend", default=[], metavar="PATH[=VALUE]", help="what is not free")
    add_reading_options(p)
    p.add_argument("--starts", type=int, metavar="N", help="starts optimised at once")
    p.add_argument("--steps", type=int, metavar="N", help="optimisation steps")
    p.add_argument("--loss", metavar="NAME", help="features of spikes (default), or another: a wrong name lists them")
    p.add_argument("--optimiser", metavar="NAME", help="lm (default), cmaes, de or adam")
    training_job.add_options(p, "jaxneuro-fit")


def run(args: argparse.Namespace) -> int:
    """Choose the job and run it."""
    folder = training_job.prepared(args, "report.json", "cell.json")
    if args.recording:
        from . import recording_job as job
    else:
        _refuse_without_recording(args)
        from . import default_job as job
    return job.run(args, folder)


def _refuse_without_recording(args: argparse.Namespace) -> None:
    names = ("sweep", "hold_out", "window", "step", "level", "dt", "model", "free", "fix", "loss", "optimiser")
    for name in (*names, "junction_potential", "unit", "channel", "current_channel", "columns"):
        if getattr(args, name) not in (None, []):
            option = "--" + name.replace("_", "-")
            raise ValueError(f"{option} needs a recording: jaxneuro fit RECORDING {option} ...")
