"""The state of a learning as a folder, by orbax: any pytree of arrays, keys included, that knows what it is of."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from jaxtyping import PyTree

from .. import files
from ..files import digest, require_same
from . import stored
from .trained import Row

FORMAT = 1  # of what is written beside the arrays
OWN = re.compile(r"\d+(\.orbax-checkpoint-tmp.*)?")  # names of folders in the folder


class Kept(NamedTuple):
    """What goes on from chunk to chunk: the state, the best one and the number of its row, and the history."""

    state: PyTree
    best: PyTree
    rows: list[Row]
    number: int


class Checkpoint:
    """A folder that one learning has to itself; see `keeping`. A path that is None keeps nothing."""

    def __init__(self, path: Path | None = None, resume: bool = False):
        self.path, self.resume = path, resume
        self._open = ExitStack()
        self._orbax: Any = None
        self._taken = False

    def save(self, kept: Kept, problem: Mapping[str, str]) -> None:
        """Keep what has been reached, unless it is there already; if it cannot be, there is a warning."""
        if self.path is not None and kept.rows:
            files.kept(self._save, kept, problem)

    def load(self, like: Kept, problem: Mapping[str, str]) -> Kept:
        """What is in the folder; or `like` if there is nothing, or nothing to be resumed.

        Raises:
            ValueError: for the checkpoint of another problem, format or state, one that was damaged, or a second learning.
        """
        if self._taken:
            raise ValueError(
                f"{self.path} is the folder of a learning before this one: give each a folder, by `keeping`."
            )
        self._taken = self.path is not None
        if self.path is None or not self.resume or not (number := self._last()):
            return like
        said = self._read(number, "said")
        if said.get("format") != FORMAT:
            raise ValueError(
                f"{self.path} was written by {'a newer' if 'format' in said else 'an older'} version of jaxneuro, in another "
                f"format of checkpoints than {FORMAT}: go on with that version, or name another folder and begin anew."
            )
        arrays = self._read(number, "arrays")
        if said.pop("digest", "") != _digest(said, arrays):
            raise self._damaged("it is not what was written")
        require_same(self.path, said["problem"], problem)
        state = {"state": like.state, "best": like.best}
        if different := stored.difference(said["leaves"], stored.described(state)):
            raise ValueError(
                f"{self.path} belongs to another problem, {different}: give the same learner, parameters and optimiser, or name "
                "another folder for a new one."
            )
        found = stored.restored(arrays, state)
        return Kept(found["state"], found["best"], stored.rows_from(arrays, said["rows"]), said["number"])

    def _save(self, kept: Kept, problem: Mapping[str, str]) -> None:
        if len(kept.rows) == self._last():
            return
        state = {"state": kept.state, "best": kept.best}
        arrays, rows = stored.rows_apart(kept.rows)
        arrays |= stored.arrays(state)
        said = {
            "format": FORMAT,
            "problem": dict(problem),
            "leaves": stored.described(state),
            "rows": rows,
            "number": kept.number,
        }
        said |= {"digest": _digest(said, arrays)}
        manager, args = self._opened()
        items = {"said": args.JsonSave(said)} | ({"arrays": args.StandardSave(arrays)} if arrays else {})
        manager.save(len(kept.rows), args=args.Composite(**items))

    def _read(self, number: int, what: str) -> dict[str, Any]:
        if not (Path(self.path or "") / str(number) / what).is_dir():  # of a state without numbers, too
            return {}
        try:
            manager, args = self._opened()
            kind = args.JsonRestore() if what == "said" else args.StandardRestore()
            return dict(manager.restore(number, args=args.Composite(**{what: kind}))[what])
        except Exception as fault:  # orbax, tensorstore and json each have their own
            raise self._damaged(fault) from fault

    def _damaged(self, why: object) -> ValueError:
        first = f"{why}".partition("\n")[0][:200]  # orbax writes pages
        return ValueError(
            f"{self.path} cannot be read, as it was damaged or is no checkpoint ({first}): name another folder."
        )

    def _last(self) -> int:
        return max((int(entry.name) for entry in _entries(self.path) if entry.name.isdigit()), default=0)

    def _opened(self) -> tuple[PyTree, PyTree]:
        import orbax.checkpoint as ocp  # takes a second

        if self._orbax is None:
            options = ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=False)
            manager = ocp.CheckpointManager(self.path.absolute(), options=options)  # pyright: ignore
            self._orbax = self._open.enter_context(manager)
        return self._orbax, ocp.args

    def close(self) -> None:
        self._open.close()


NOWHERE = Checkpoint()


def _digest(said: dict[str, object], arrays: stored.Arrays) -> str:
    """A digest of all that is written, as it comes back from JSON too."""
    return digest((json.dumps(said, sort_keys=True), arrays))


@contextmanager
def keeping(path: str | Path | None, resume: bool = False) -> Iterator[Checkpoint]:
    """The checkpoint of a learning, which has its folder to itself; all that can be refused is refused before it begins.

    Args:
        path: Folder, made if need be; None keeps nothing.
        resume: Go on from what is there, if there is something.

    Raises:
        OSError: if nothing can be written there, or another process does.
        ValueError: for a folder that holds a learning that is not to be resumed, or what is none; `resume` without a folder.
    """
    if path is None:
        if resume:
            raise ValueError("resume=True without a checkpoint: name its folder, checkpoint='training'.")
        yield NOWHERE
        return
    path = Path(path)
    if path.is_file():
        raise ValueError(
            f"{path} is a file, as older versions kept their checkpoints: these are folders now; go on with that version, "
            "or name a folder and begin anew."
        )
    files.folder(path)
    try:
        with files.locked(path):
            _require_own(path, resume)
            checkpoint = Checkpoint(path, resume)
            try:
                yield checkpoint
            finally:
                checkpoint.close()
    finally:
        with suppress(OSError):
            path.rmdir()  # if nothing has come into it


def _entries(path: Path | None) -> list[Path]:
    return [entry for entry in sorted(Path(path or "").iterdir()) if not entry.name.startswith(".")]


def _require_own(path: Path, resume: bool) -> None:
    """Refuse what is no checkpoint, or one that is not to be resumed."""
    inside = _entries(path)
    if foreign := [entry.name for entry in inside if not OWN.fullmatch(entry.name) or not entry.is_dir()]:
        raise ValueError(
            f"{path} holds what is no checkpoint, such as {foreign[0]!r}: name an empty folder, or a new one."
        )
    if not resume and any(entry.name.isdigit() for entry in inside):
        raise ValueError(f"{path} holds a training: resume=True goes on with it; name another folder for a new one.")
