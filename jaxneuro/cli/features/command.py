"""`jaxneuro features RECORDING`: passive properties, sag, rheobase, f–I curve, and the features of every step as a table."""

import argparse
from pathlib import Path

from ...files import folder, writing
from ...fitting.properties import intrinsic_properties
from ..choices import add_reading_options, add_step_options, chosen_sweeps, pairing_lines
from ..output import drawn, write_report
from .report import draw, step_table

REPORT, TABLE, FIGURE = "features.json", "features.csv", "features.png"


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser(
        "features", help="passive properties, f-I curve, features of every step of a recording", description=__doc__
    )
    p.set_defaults(run=run, hold_out=[], seed=None)
    p.add_argument("recording", nargs="+", metavar="RECORDING", help="ABF, NWB, IBW, NPZ, CSV or ATF, current clamp")
    p.add_argument("--sweep", type=int, nargs="+", metavar="N", help="(default: all)")
    add_step_options(p)
    add_reading_options(p)
    p.add_argument(
        "--out", type=Path, default=Path("jaxneuro-features"), metavar="DIR", help="(default: jaxneuro-features)"
    )
    p.add_argument("--overwrite", action="store_true", help="lose the features that DIR holds")


def run(args: argparse.Namespace) -> None:
    """Measure, print, write."""
    _refuse_to_lose(args)
    sweeps, _ = chosen_sweeps(args)
    print(pairing_lines(sweeps))
    found = intrinsic_properties(sweeps, step=tuple(args.step) if args.step else None, level=args.level)
    print(f"\n{step_table(found)}\n")
    for name, text in found.rows():
        print(f"{name.replace('_', ' '):<17} {text}")
    out = folder(args.out)
    with writing(out / TABLE) as file:
        file.write(found.csv())
    print(f"\nwrote {out / TABLE}")
    write_report(out / REPORT, args, "finished", found.numbers())
    drawn(out / FIGURE, lambda: draw(found, sweeps))


def _refuse_to_lose(args: argparse.Namespace) -> None:
    if args.out.exists() and not args.out.is_dir():
        raise ValueError(f"--out {args.out} is a file: name a folder.")
    if (args.out / REPORT).exists() and not args.overwrite:
        raise ValueError(
            f"{args.out} holds features ({REPORT}): --out names another folder, --overwrite loses what is there."
        )
