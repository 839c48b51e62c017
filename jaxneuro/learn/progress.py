"""How far a learning is: each row of its history goes to one function, by default a bar."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from tqdm import tqdm

from .trained import Row

Progress = Callable[[Row], object] | bool | None  # a function of each row, True for a bar, False or None for nothing
SHOWN = ("loss", "accuracy", "return")  # names of figures that end so stand beside the bar


@contextmanager
def shown(progress: Progress, total: int, unit: str, done: int = 0) -> Iterator[Callable[[Row], object]]:
    """The function that gets each row, while the learning goes on.

    Args:
        progress: What the user asked for. The bar is drawn in terminals and notebooks, and not into files.
        total: Steps in all.
        unit: What steps are called, in the row too.
        done: Steps made before.
    """
    if callable(progress):
        yield progress
        return
    hidden = not progress or (None if "ipykernel" not in sys.modules else False)  # None: unless in a terminal
    with tqdm(total=total, initial=done, unit=f" {unit}", dynamic_ncols=True, disable=hidden) as bar:

        def show(row: Row) -> None:
            if bar.n == done and not bar.disable:  # its clock begins here: what came before was compiling
                bar.initial = bar.n = bar.last_print_n = row[unit]
                bar.start_t = bar.last_print_t = time.time()
            bar.update(row[unit] - bar.n)
            bar.set_postfix({name: f"{np.mean(value):.4g}" for name, value in row.items() if name.endswith(SHOWN)})

        yield show
