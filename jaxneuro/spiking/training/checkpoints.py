"""The state of a training as a folder, by orbax; only the last whole epoch is kept."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp


@contextmanager
def _manager(folder: str | Path) -> Any:
    options = ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=False)
    with ocp.CheckpointManager(Path(folder).absolute(), options=options) as manager:
        yield manager


def save(folder: str | Path, progress: Any, history: list[dict[str, float]]) -> None:
    """Keep the state after `len(history)` epochs, any pytree of arrays, unless it is there already."""
    leaves = {str(i): leaf for i, leaf in enumerate(jax.tree.leaves(progress)) if leaf.size}  # orbax refuses empty ones
    with _manager(folder) as manager:
        if len(history) not in manager.all_steps():
            kept = ocp.args.Composite(state=ocp.args.StandardSave(leaves), history=ocp.args.JsonSave({"rows": history}))
            manager.save(len(history), args=kept)


def load(folder: str | Path, like: Any) -> tuple[Any, list[dict[str, float]]]:
    """The state in a folder, or `like` and an empty history if there is none.

    Raises:
        ValueError: if the folder holds the state of another training.
    """
    leaves, tree = jax.tree.flatten(like)
    with _manager(folder) as manager:
        if manager.latest_step() is None:
            return like, []
        wanted = ocp.args.Composite(
            state=ocp.args.StandardRestore({str(i): leaf for i, leaf in enumerate(leaves) if leaf.size}),
            history=ocp.args.JsonRestore(),
        )
        try:
            found = manager.restore(manager.latest_step(), args=wanted)
        except (ValueError, KeyError, TypeError) as fault:
            raise _other(folder) from fault
    stored = [found["state"].get(str(i), leaf) for i, leaf in enumerate(leaves)]
    if any(a.shape != b.shape or a.dtype != b.dtype for a, b in zip(stored, leaves, strict=True)):
        raise _other(folder)
    return jax.tree.unflatten(tree, stored), found["history"]["rows"]


def _other(folder: str | Path) -> ValueError:
    return ValueError(
        f"{folder} holds the state of another training: give the same network, trained paths and optimiser, another folder, "
        "or resume=False."
    )
