"""Files that are whole or not there: written beside their place and moved into it, by one writer at a time."""

import json
import os
import secrets
import shutil
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class NotKept(UserWarning):
    """A checkpoint could not be written; what was to be kept goes on without it."""


@contextmanager
def writing(path: str | Path, mode: str = "") -> Iterator[IO]:
    """A file to write, that comes to its place in one move when all of it is on the disk; after an error nothing has changed.

    Args:
        path: The file; one that is there is replaced.
        mode: "" for text in UTF-8, "b" for bytes.

    Raises:
        OSError: if it cannot be written.
    """
    path, encoding = Path(path).resolve(), None if mode else "utf-8"
    if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced
        with path.open(f"w{mode}", encoding=encoding) as file:
            yield file
        return
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        with _opened(part, path, f"x{mode}", encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync(path.parent)


def _opened(part: Path, path: Path, mode: str, encoding: str | None) -> IO:
    try:
        return part.open(mode, encoding=encoding)
    except OSError as fault:
        said = f"{fault.strerror}; make its folder, or name another place"
        raise OSError(fault.errno, said, str(path)) from None  # of the kind that the number stands for


def _sync(where: Path) -> None:
    """Have the names of a folder on the disk too, where a system knows how."""
    with suppress(OSError):
        number = os.open(where, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def folder(path: str | Path) -> Path:
    """A folder to write into, made if need be; said before anything long begins.

    Raises:
        OSError: if there can be none, with the fix.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as fault:
        raise OSError(
            f"nothing can be written into {path} ({fault.strerror or fault}): name another folder."
        ) from fault
    return path


@contextmanager
def locked(path: str | Path | None) -> Iterator[None]:
    """Keep others from writing a file or folder; beside it, a file `.lock` says who does. None is nobody's.

    The lock is the system's, so that of a process that has died is none.

    Raises:
        OSError: if another holds it, naming process, host and time; or if there can be no file there.
    """
    if path is None:
        yield
        return
    path = Path(path).absolute()
    folder(path.parent)
    file = _taken(path.with_name(f"{path.name}.lock"), path)
    try:
        yield
    finally:
        _release(file)


def _taken(lock: Path, path: Path) -> IO[str]:
    while True:
        file = lock.open("a+", encoding="utf-8")
        if not _lock(file):
            with file:
                raise OSError(
                    f"{path} is being written by {_holder(file)}: wait for it, stop it, or name another place."
                )
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                break
        file.close()  # the one before has just taken it away
    file.truncate(0)
    said = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    file.write(json.dumps(said))
    file.flush()
    return file


def _lock(file: IO[str]) -> bool:
    """Whether the lock could be had; where a file system knows no locks, it is had by all."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as fault:
        warnings.warn(f"{file.name} cannot be locked ({fault}): see to it that no two runs write there.", stacklevel=5)
    return True


def _holder(file: IO[str]) -> str:
    try:
        file.seek(0)
        said = json.loads(file.read())
        return f"process {said['pid']} on {said['host']} since {said['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


def _release(file: IO[str]) -> None:
    with suppress(OSError):  # elsewhere an open file may not be removed
        os.unlink(file.name)
    file.close()


def kept(save: Callable[..., None], *arguments: object) -> None:
    """Save, and warn if it fails: a full disk must not throw away what was reached."""
    try:
        save(*arguments)
    except (
        OSError,
        RuntimeError,
        ValueError,
        MemoryError,
    ) as fault:  # libraries report a full disk in ways of their own
        warnings.warn(f"the state could not be kept ({fault}); the run goes on without.", NotKept, stacklevel=3)
