"""Opening files without trusting them: what every reader shares."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ..recording import Recording

Sweeps = dict[int, Callable[[], Recording]]  # by number; each is read only when called
DENSEST = (
    1100  # bytes out of one by deflate, at most (1032, by RFC 1951, and a little more): who promises more is damaged
)


def existing(path: str | Path) -> Path:
    """The path, once it is known to be a file with something in it.

    Raises:
        FileNotFoundError: if there is none; the message names what is beside it.
        ValueError: if it is a folder or empty.
    """
    path = Path(path).expanduser()
    if not path.exists():
        beside = sorted(p.name for p in path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else []
        hint = f" {path.parent} has {', '.join(beside[:8])}." if beside else " Check the spelling and the folder."
        raise FileNotFoundError(f"there is no file {path}.{hint}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name one file in it.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes): copy it again from where it came.")
    return path


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a file library raises on damaged bytes into one error that names the file and the fix."""
    try:
        yield
    except ImportError:
        raise
    except Exception as fault:  # MemoryError as well: a damaged header asks for more than there is
        detail = f"{type(fault).__name__}: {fault}".splitlines()[0]
        raise ValueError(
            f"{path} cannot be read as {what} ({path.stat().st_size} bytes; {detail}): it is damaged, cut short or of "
            "another format; copy it again from where it came."
        ) from fault


def optional(module: str) -> Any:
    """A library of the extra `files`.

    Raises:
        ImportError: naming that extra.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise ImportError(f'this file needs {module}, which is not installed: pip install "jaxneuro[files]"') from fault


def pick(sweeps: Sweeps, sweep: int, where: str | Path) -> Recording:
    """One sweep of a file.

    Raises:
        ValueError: if it does not exist; the message lists those that do.
    """
    if sweep not in sweeps:
        raise ValueError(f"{where} has no sweep {sweep}. There are: {spans(sorted(sweeps))}.")
    return sweeps[sweep]()


def spans(numbers: list[int]) -> str:
    """Numbers in words, runs shortened: `0-16, 20`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs) or "none"
