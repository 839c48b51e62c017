"""What the subcommands that compute for long have in common: folder, seed and checkpoint, and how they end and go on."""

import argparse
import math
import shutil
from pathlib import Path

from jaxtyping import PyTree

from ..files import whole as files

CHECKPOINT = "checkpoint"  # within the folder of the computation
INTERRUPTED = 130  # exit code: 128 + SIGINT, as shells report it
COUNTS = ("starts", "steps", "units")
LARGEST_SEED, LARGEST_COUNT = 2**32 - 1, 2**31 - 1  # of a random key; of a whole number on the way to an array


def add_options(parser: argparse.ArgumentParser, folder: str) -> None:
    """Declare the seed, the folder, and what is done with one that is there."""
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="(default: 0)")
    parser.add_argument("--out", type=Path, default=Path(folder), metavar="DIR", help=f"(default: {folder})")
    parser.add_argument("--resume", action="store_true", help="go on from what DIR holds")
    parser.add_argument("--overwrite", action="store_true", help="begin anew, and lose what DIR holds")


def check_numbers(args: argparse.Namespace) -> None:
    """Refuse numbers that no subcommand can use.

    Raises:
        ValueError: naming the option, its value and the fix.
    """
    for name, given in vars(args).items():
        option = f"--{name.replace('_', '-')}"
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{option} {value}: give a finite number.")
            if isinstance(value, int) and name == "seed" and not 0 <= value <= LARGEST_SEED:
                raise ValueError(f"{option} {value}: give a whole number from 0 to {LARGEST_SEED}.")
            if isinstance(value, int) and name in COUNTS and value < 1:
                raise ValueError(f"{option} {value}: there must be at least 1.")
            if isinstance(value, int) and abs(value) > max(LARGEST_COUNT, LARGEST_SEED * (name == "seed")):
                raise ValueError(f"{option} {value}: give a number of at most {LARGEST_COUNT}.")


def prepared(args: argparse.Namespace, *kept: str) -> Path:
    """The folder of a computation, which can be written into and holds nothing that is not to be gone on with or lost.

    Args:
        args: With `out`, `resume` and `overwrite`.
        kept: Names of what the computation writes there beside its checkpoint.

    Raises:
        ValueError: with the choices.
        OSError: for a folder that cannot be made.
    """
    if args.resume and args.overwrite:
        raise ValueError("--resume goes on with what is there and --overwrite loses it: give one of them.")
    if args.out.exists() and not args.out.is_dir():
        raise ValueError(f"--out {args.out} is a file: name a folder.")
    held = [name for name in (CHECKPOINT, *kept) if (args.out / name).exists()]
    if held and not (args.resume or args.overwrite):
        raise ValueError(
            f"{args.out} holds a training or fit ({held[0]}): --resume goes on with it if it is of the same, --out names "
            "another folder, --overwrite loses it and begins anew."
        )
    return files.folder(args.out)


def begin(args: argparse.Namespace) -> Path:
    """The place of a checkpoint, emptied if it is to be overwritten; nothing else has failed until here.

    Raises:
        ValueError: if what is to be resumed was kept by an older version.
        OSError: if another process writes there.
    """
    checkpoint = args.out / CHECKPOINT
    for old in (checkpoint.with_suffix(".npz"), args.out / "training"):
        if args.resume and old.exists() and not checkpoint.exists():
            raise ValueError(
                f"{old} was kept by an older version of jaxneuro: --out names another folder for a new one."
            )
    if args.overwrite and checkpoint.exists():
        with files.locked(checkpoint):
            shutil.rmtree(checkpoint) if checkpoint.is_dir() else checkpoint.unlink()
    return checkpoint


def ended(args: argparse.Namespace, status: str) -> int:
    """The exit code of a computation; if it did not come to its end, that is told, and how it goes on."""
    if status == "interrupted":
        print(how_to_go_on(args))
        return INTERRUPTED
    if status != "finished":
        print(f"{status}: what follows was reached before it.")
    return 0


def status_of(reached: PyTree) -> str:
    """How an optimisation of many starts ended; those that were dropped are told."""
    if reached.dropped:
        print(f"{reached.dropped} of {len(reached.statuses)} starts were dropped: their loss was not a finite number.")
    return "interrupted" if "interrupted" in reached.statuses else "finished"


def how_to_go_on(args: argparse.Namespace) -> str:
    """What is said of a computation that Ctrl-C ended."""
    words = [word for word in args.command.split(" ") if word not in ("--resume", "--overwrite")]
    return f"interrupted: what follows was reached; `{' '.join([*words, '--resume'])}` goes on."
