"""Why trained networks have grids: what grows under learning alone, without time and without a network.

Units g that explain place-cell targets P through a linear readout grow, at first, as dg/dt = Σ g - g with Σ = P Pᵀ: the spatial
frequencies in which targets correlate most win. With a centre and a surround these are an annulus of frequencies, with a centre
alone the uniform map does. A non-negative code then lets three waves 60° apart help one another, which makes hexagons; one that
is odd in g does not.

Source: Sorscher, Mel, Ganguli & Ocko (2019), NeurIPS 32; Sorscher et al. (2023), Neuron 111:121, eqs. 5-8.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values

TARGETS = ("difference", "gaussian")
NONLINEARITIES = {"relu": lambda g: jnp.clip(g, 0.0, 1.0), "tanh": jnp.tanh}


@partial(jax.jit, static_argnames=("target", "nonlinearity", "units", "bins", "steps"))
def pattern_formation(
    key: jax.Array,
    target: str = "difference",
    nonlinearity: str = "relu",
    *,
    units: int = 32,
    side: Values = 2.2,
    width: Values = 0.12,
    surround: Values = 2.0,
    bins: int = 48,
    steps: int = 1000,
    gain: Values = 3.0,
    rate: Values = 0.1,
) -> jax.Array:
    """Maps (unit, bins, bins) that grow from noise in a periodic box: g ← f(g + rate (gain Σ g / λ - g)), λ the largest of Σ.

    Args:
        key: Of the noise.
        target: "difference" of Gaussians of equal integral, or "gaussian".
        nonlinearity: "relu", which is saturated at 1, or "tanh".
        units: How many, each for itself.
        side: Of the box [m].
        width: Of the targets, standard deviation [m].
        surround: Variance of the surround over that of the centre.
        bins: Bins along the box.
        steps: Of the growth.
        gain: Of the fastest mode; above 1 it grows.
        rate: Size of a step.

    Raises:
        ValueError: for another word, or no units.
    """
    if target not in TARGETS or nonlinearity not in NONLINEARITIES:
        raise ValueError(
            f"target = {target!r}, nonlinearity = {nonlinearity!r}: targets are {', '.join(TARGETS)}, nonlinearities "
            f"{', '.join(NONLINEARITIES)}."
        )
    if units < 1:
        raise ValueError(f"units = {units}: give 1 or more.")
    power = _spectrum(target, side, width, surround, bins)
    f = NONLINEARITIES[nonlinearity]

    def grow(g: jax.Array, _: None) -> tuple[jax.Array, None]:
        driven = jnp.fft.irfft2(power * jnp.fft.rfft2(g), s=(bins, bins))
        return f(g + rate * (gain * driven - g)), None

    start = 0.01 * jax.random.normal(key, (units, bins, bins))
    return jax.lax.scan(grow, f(start), None, length=steps)[0]


def _spectrum(target: str, side: Values, width: Values, surround: Values, bins: int) -> jax.Array:
    """Eigenvalues of Σ in a periodic box, by frequency, the largest being 1."""
    k = 2 * np.pi * np.hypot(np.fft.fftfreq(bins, 1 / bins)[:, None], np.fft.rfftfreq(bins, 1 / bins)) / side
    decay = jnp.exp(-0.5 * (k * width) ** 2)
    power = decay**2 if target == "gaussian" else (decay - jnp.exp(-0.5 * surround * (k * width) ** 2)) ** 2
    return power / jnp.max(power)
