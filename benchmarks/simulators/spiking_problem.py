"""The network that every package runs: three dense layers of leaky integrate-and-fire neurons; numbers only, no package."""

import numpy as np

BATCH, LAYERS, DECAY, SHARPNESS, RATE = 64, 3, float(np.exp(-1 / 20)), 25.0, 0.05


def weights(size: int) -> list[np.ndarray]:
    """Weights of each layer (pre, post), so that a few in a hundred neurons spike at a step."""
    generator = np.random.default_rng(0)
    noise = (generator.standard_normal((size, size)) for _ in range(LAYERS))
    return [(w * 2.0 / size**0.5 + 0.5 / size).astype(np.float32) for w in noise]


def inputs(size: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Spikes (time, batch, channel), 0 or 1, and the rates that are wanted of the last layer (batch, neuron)."""
    generator = np.random.default_rng(1)
    spikes = (generator.random((steps, BATCH, size), np.float32) < RATE).astype(np.float32)
    return spikes, generator.random((BATCH, size), np.float32)
