"""How much memory there is, so that what cannot be had is refused before it is asked for."""

import os
from pathlib import Path

import jax

SMALL = 1 << 28  # bytes: below this nothing is refused, and nothing is looked up
LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container


def refuse(size: float, what: str, remedy: str) -> None:
    """Refuse an array, or several, larger than the free memory of the default device.

    Args:
        size: Of all together [bytes].
        what: What they are.
        remedy: What to do instead.

    Raises:
        ValueError: with both sizes and the remedy.
    """
    free = available() if size > SMALL else None
    if free is not None and size > free:
        raise ValueError(f"{what} needs {size / 1e9:.3g} GB of memory, and {free / 1e9:.3g} GB are free: {remedy}")


def available() -> float | None:
    """Free memory of the default device [bytes]; None where nobody tells.

    Of an accelerator what its driver says. Of a computer what Linux calls available, or else all that is built in, and not
    more than a container may have.
    """
    of_device = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in of_device:
        return float(of_device["bytes_limit"] - of_device.get("bytes_in_use", 0))
    found = [x for x in (_of_linux() or _built_in(), _of_container()) if x is not None]
    return min(found, default=None)


def _of_linux() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _built_in() -> float | None:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # of systems that have not the one or the other
        return None


def _of_container() -> float | None:
    try:
        return float(LIMIT.read_text())  # "max" if there is none
    except (OSError, ValueError):
        return None
