"""The state of a training as a folder, by orbax; only the last row of its history is kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from ...files import require_same
from ...files import whole as files

Train = TypeVar("Train", bound=Callable[..., Any])


def alone(train: Train) -> Train:
    """A training, with arguments `checkpoint` and `resume`, that has its folder to itself, and knows before it begins that it can
    write there and that nothing is there to be overwritten.

    Raises:
        OSError: if nothing can be written there, or another process does.
        ValueError: as `require_unused`.
    """

    @wraps(train)
    def guarded(*arguments: Any, **options: Any) -> Any:
        folder = options.get("checkpoint")
        if folder is None:
            return train(*arguments, **options)
        with _kept_apart(Path(folder)):
            if not options.get("resume"):
                require_unused(folder)
            return train(*arguments, **options)

    return guarded  # pyright: ignore[reportReturnType]


@contextmanager
def _kept_apart(folder: Path) -> Iterator[None]:
    files.folder(folder)
    try:
        with files.locked(folder):
            yield
    finally:
        with suppress(OSError):
            folder.rmdir()  # if nothing has come into it


@contextmanager
def _opened(folder: str | Path) -> Any:
    import orbax.checkpoint as ocp  # takes a second

    options = ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=False)
    with ocp.CheckpointManager(Path(folder).absolute(), options=options) as manager:
        yield manager, ocp.args


def save(
    folder: str | Path | None, progress: Any, history: list[dict[str, Any]], problem: Mapping[str, str] | None = None
) -> None:
    """Keep the state after `len(history)` rows, any pytree of arrays, unless it is there already or there is no folder.

    If it cannot be kept, there is a warning, and the training goes on.

    Args:
        folder: Where; None for nowhere.
        progress: The state.
        history: A row for each step, epoch or chunk.
        problem: What the training is of, see `fingerprint`; tells later whether it is the same.
    """
    if folder is not None and history:
        files.kept(_save, folder, progress, history, problem)


def _save(folder: str | Path, progress: Any, history: list[dict[str, Any]], problem: Mapping[str, str] | None) -> None:
    all_leaves = jax.tree.leaves(progress)
    leaves = {str(i): leaf for i, leaf in enumerate(all_leaves) if leaf.size}  # orbax refuses empty ones
    said = {"rows": history, "shapes": _shapes(all_leaves), "problem": problem}
    with _opened(folder) as (manager, args):
        if len(history) not in manager.all_steps():
            kept = args.Composite(state=args.StandardSave(leaves), history=args.JsonSave(said))
            manager.save(len(history), args=kept)


def begun(
    folder: str | Path | None, like: Any, resume: bool, problem: Mapping[str, str] | None = None
) -> tuple[Any, list[dict[str, Any]]]:
    """State and history with which a training begins: those in the folder, or `like` and an empty history for a new one.

    Raises:
        ValueError: as `load` where it resumes.
    """
    return load(folder, like, problem) if resume else (like, [])


def require_unused(folder: str | Path | None) -> None:
    """Refuse a folder that holds a training to one that begins: it would be taken for the other's when resumed.

    Raises:
        ValueError: with the folder and the fix.
    """
    if folder is not None and any(kept.name.isdigit() for kept in Path(folder).glob("*")):
        raise ValueError(f"{folder} holds a training: resume=True goes on with it; name another folder for a new one.")


def load(
    folder: str | Path | None, like: Any, problem: Mapping[str, str] | None = None
) -> tuple[Any, list[dict[str, Any]]]:
    """The state in a folder, or `like` and an empty history if there is none.

    Raises:
        ValueError: without a folder, or if it holds the state of another training, or what is no number.
    """
    if folder is None:
        raise ValueError("resume=True without a checkpoint: name its folder, checkpoint='training'.")
    leaves, tree = jax.tree.flatten(like)
    with _opened(folder) as (manager, args):
        if manager.latest_step() is None:
            return like, []
        said = manager.restore(manager.latest_step(), args=args.Composite(history=args.JsonRestore()))["history"]
        if problem is not None:
            require_same(folder, said.get("problem"), problem, "training")
        if said.get("shapes", _shapes(leaves)) != _shapes(leaves):
            raise _other(folder)  # before arrays are read: orbax would print a page for each that does not fit
        kept = {str(i): leaf for i, leaf in enumerate(leaves) if leaf.size}
        wanted = args.Composite(state=args.StandardRestore(kept))
        try:
            found = manager.restore(manager.latest_step(), args=wanted)
        except (ValueError, KeyError, TypeError) as fault:
            raise _other(folder) from fault
    stored = [_placed(found["state"].get(str(i), leaf), leaf) for i, leaf in enumerate(leaves)]
    if any(a.shape != b.shape or a.dtype != b.dtype for a, b in zip(stored, leaves, strict=True)):
        raise _other(folder)
    if any(jnp.issubdtype(leaf.dtype, jnp.inexact) and bool(jnp.isnan(leaf).any()) for leaf in stored):
        raise ValueError(
            f"{folder} holds what is no number, which no training keeps: it was damaged; name another folder."
        )
    return jax.tree.unflatten(tree, stored), said["rows"]


def _shapes(leaves: list[Any]) -> list[Any]:
    """Shapes and types, as they come back from a file."""
    return [[list(leaf.shape), str(leaf.dtype)] for leaf in leaves]


def _placed(leaf: Any, like: Any) -> jax.Array:
    """As free to move between devices as it was: orbax ties it to one, and functions would be compiled anew for it."""
    return leaf if getattr(like, "committed", False) else jnp.asarray(np.asarray(leaf))


def _other(folder: str | Path) -> ValueError:
    return ValueError(
        f"{folder} holds the state of another training: give the same network, trained paths and optimiser, or another "
        "folder."
    )
