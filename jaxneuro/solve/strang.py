"""The default method with the axial currents split off and taken exactly: one matrix product a step.

For populations of cells of one shape, and for accelerators, where a tree solve would wait for itself. Membrane for half a
step, diffusion along the tree for a whole one, membrane for half a step: second order in time, as the default, with an
error two or three times larger; for up to some hundred compartments, as the matrix is dense.

Source: Strang (1968), SIAM J. Numer. Anal. 5:506.
"""

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name

from ..arithmetic import Scalar
from ..model import Drive, Membrane, Model, State
from .leapfrog import Leapfrog, membrane_line
from .linear import EXACT, diffusion_step
from .method import SOLVED, Grid
from .origin import Origin


def Strang() -> Leapfrog:
    """The method, for `simulate(..., solver=Strang())`; the jumps of the stimulus must lie between steps."""
    return Leapfrog(_membrane, _axial, _prepare)


def _prepare(model: Model, grid: Grid, nodal: Drive) -> tuple[jax.Array | None, jax.Array | None]:
    """What diffusion does to v in a step, and by step what it makes of the current that is injected."""
    if not (isinstance(model, Membrane) and model.coupled):
        return None, None
    if not grid.equal:
        raise ValueError(
            "Strang() takes equal steps, but a jump of the stimulus lies within one, or at a traced time: move it to a "
            "multiple of dt, or leave out solver."
        )
    change, response = diffusion_step(model.cable.rates(model.capacitance * model.nanoampere), float(grid.dt))
    current = nodal.current[:, 0]  # one number if it is the same everywhere
    inflow = jnp.broadcast_to(current, (current.shape[0], model.compartments)) / model.capacitance
    return change, jnp.matmul(inflow, response.T, precision=EXACT)


def _axial(model: Membrane, v: jax.Array, change: jax.Array) -> jax.Array:
    """How v [mV] changes in a step by diffusion: a potential that is the same everywhere not at all."""
    del model
    return jnp.matmul(change, v - v[0], precision=EXACT)


def _membrane(
    model: Membrane, origin: Origin, v: jax.Array, state: State, drive: Drive, dt: Scalar, prepared: tuple
) -> jax.Array:
    """v after dt [ms], the gates held, counted from the origin; see `membrane_step`.

    What is injected flows away along the cable, so it belongs to that part: at the point of an electrode the two are large
    and nearly cancel.
    """
    conductance, offset = membrane_line(model, state, drive)
    change, injected = prepared
    if change is None:
        offset = offset - drive.current
    z = 0.5 * dt * conductance
    weight = jnp.where(0.5 * z < model.capacitance, model.capacitance + 0.5 * z, z)
    v = v - (0.5 * dt * offset + z * state.v) / weight
    if change is not None:
        v = checkpoint_name(v + jnp.matmul(change, v, precision=EXACT) + (origin.flow + injected), SOLVED)
    return v - (0.5 * dt * offset + z * (origin.state.v + v)) / weight
