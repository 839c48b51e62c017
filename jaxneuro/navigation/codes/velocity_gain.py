"""The gain of an attractor, measured: how fast the bump moves at a known drive."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ..motion.path import Path
from .attractor import Attractor
from .checks import require_positive
from .sheet import weights_on
from .sheet_cells import RateCells, SpikingCells

DRIVE = 0.03  # gain × speed at which the gain is measured, that of a rat
STARTING, MEASURING = 300, 2000  # ms


def attractor(
    key: jax.Array,
    spacing: Values = 0.5,
    orientation: Values = 0.0,
    *,
    cells: RateCells | SpikingCells | None = None,
    side: int = 16,
) -> Attractor:
    """A sheet whose cells are grid cells of a spacing; its gain is measured, as the speed of the bump at a known drive.

    Args:
        key: Of the measurement.
        spacing: Distance of neighbouring fields [m].
        orientation: Direction from a field to one of its six neighbours [rad].
        cells: What the cells are; rate cells by default.
        side: Number of sites along a side.

    Raises:
        ValueError: for a spacing that is not positive, or a sheet that is too small for a bump.
    """
    require_positive("m", spacing=spacing)
    if side < 8:
        raise ValueError(f"side = {side}: a bump needs 8 sites along a side or more.")
    cells = RateCells() if cells is None else cells
    sheet = Attractor(weights_on(side), 1.0, 1.0, 0.0, cells, side)
    return sheet.replace(gain=1 / (spacing * _response(sheet, key)), spacing=spacing, orientation=orientation)


@jax.jit
def _response(sheet: Attractor, key: jax.Array) -> jax.Array:
    """Speed of the bump per drive [rhombus sides/s], along x."""
    velocity = jnp.tile(jnp.array([DRIVE, 0.0]), ((STARTING + MEASURING) // 20, 1))
    still = Path(jnp.zeros((len(velocity) + 1, 2)), jnp.zeros(len(velocity) + 1), velocity, 0.02)  # pyright: ignore
    along = sheet.follow(still, key).displacement[:, 0]
    return (along[-1] - along[STARTING // 20]) / (DRIVE * MEASURING / 1e3)
