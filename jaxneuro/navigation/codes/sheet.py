"""The sheet of an attractor: a rhombus with its opposite sides joined, and the weights on it.

Sources: Burak & Fiete (2009), PLoS Comput. Biol. 5:e1000291, eqs. 2 and 3; Guanella, Kiper & Verschure (2007), Int. J. Neural
Syst. 17:231.
"""

import jax
import jax.numpy as jnp
import numpy as np

SIDES = np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])  # of the rhombus
DIRECTIONS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
PERIOD = 1.463  # of the pattern that these weights amplify most, in units of Burak & Fiete's λ
SHIFT = 2 / 13  # of the weights, in units of λ: 2 neurons of 13, there
STRENGTH = 4 * 169  # weights times cells per λ²; there 169, which hardly suffices for a pattern where it is shifted


def sites(side: int) -> np.ndarray:
    """Places of the sites along the sides of the rhombus (site, 2), from 0 to 1."""
    return np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(-1, 2) / side


def weights_on(side: int) -> jax.Array:
    """Weights from cells to sites (site, direction × site): a difference of Gaussians, never excitatory."""
    wavelength = 1 / PERIOD
    beta = 3 / wavelength**2
    images = np.array([(i, j) for i in range(-3, 4) for j in range(-3, 4)]) @ SIDES
    place = sites(side) @ SIDES
    apart = place[:, None, None] - place - SHIFT * wavelength * DIRECTIONS[:, None]  # (site, direction, site, 2)
    square = ((apart[..., None, :] + images) ** 2).sum(-1)
    weights = (np.exp(-1.05 * beta * square) - np.exp(-beta * square)).sum(-1)
    cells_per_area = 4 * side**2 / (np.sqrt(3) / 2) * wavelength**2
    return jnp.asarray(weights.reshape(side**2, -1) * STRENGTH / cells_per_area)
