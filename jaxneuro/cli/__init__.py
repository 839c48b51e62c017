"""The `jaxneuro` command: one module a subcommand."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from .. import __version__

REFUSED = (
    ValueError,
    KeyError,
    OSError,
    ImportError,
    OverflowError,
    MemoryError,
)  # what the package raises for input that it cannot use
UNTRIED_JAXLIB = (0, 13)  # a flag that a jaxlib does not know ends the process


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `jaxneuro`; those of the process by default.

    Returns:
        0, 2 for input that cannot be used, or 130 after Ctrl-C.
    """
    _let_xla_use_the_processor()
    from . import training_job

    args = _parser().parse_args(arguments)
    args.command = " ".join(["jaxneuro", *(sys.argv[1:] if arguments is None else arguments)])
    try:
        training_job.check_numbers(args)
        return args.run(args) or 0
    except KeyboardInterrupt:
        print("\njaxneuro: interrupted.", file=sys.stderr)
        return training_job.INTERRUPTED
    except REFUSED as fault:
        if isinstance(fault, ImportError) and fault.name:  # not one of ours, which name an extra
            raise
        text = str(fault.args[0]) if isinstance(fault, KeyError) and fault.args else str(fault)
        text = text or f"{type(fault).__name__}: give smaller numbers."
        print(f"jaxneuro: error: {' '.join(text.split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from . import fit, grid_cells, models, navigate, simulate

    parser = argparse.ArgumentParser(
        prog="jaxneuro", description="Simulate neurons, take gradients, fit recordings.", epilog="More: README.md"
    )
    parser.add_argument("--version", action="version", version=_version())
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (fit, simulate, grid_cells, navigate, models):
        module.add_to(subcommands)
    return parser


def _version() -> str:
    return f"jaxneuro {__version__}, jax {version('jax')}"


def _let_xla_use_the_processor() -> None:
    """Compile time loops natively and with the widest vectors; must come before jax's first computation."""
    if os.environ.get("XLA_FLAGS") or os.environ.get("JAX_PLATFORMS", "cpu") not in ("", "cpu"):
        return
    if tuple(map(int, version("jaxlib").split(".")[:2])) >= UNTRIED_JAXLIB:
        return
    flags = ["--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000"]
    processor = Path("/proc/cpuinfo")
    if processor.exists() and "avx512f" in processor.read_text():
        flags.append("--xla_cpu_prefer_vector_width=512")
    os.environ["XLA_FLAGS"] = " ".join(flags)
