"""scikit-learn's handwritten digits in spike times, by surrogate gradients in the fixed-step engine.

    python benchmarks/spiking_digits.py [--seeds 3] [--epochs 150]

1797 digits of 8 x 8 pixels, 20 % of each class held out as test, 10 % as validation (the same for all seeds). A pixel
spikes once, the earlier the darker, white ones never: 64 channels, a hidden layer of 256 neurons, 10 leaky readouts, 30
ms. Writes results/spiking_digits.json. Needs `pip install .[bench]`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.spiking_case import options, report, seeded

DURATION = 30.0  # ms


def digits() -> dict:
    """Training, validation and test data: spike trains and classes."""
    import jax.numpy as jnp
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from jaxneuro import spiking

    def encoded(pixels, classes) -> tuple:
        trains = spiking.encoders.latency(pixels / 16.0, first=1.0, last=20.0, threshold=0.0)
        return trains, jnp.asarray(classes)

    pixels, classes = load_digits(return_X_y=True)
    rest, test, rest_y, test_y = train_test_split(pixels, classes, test_size=0.2, stratify=classes, random_state=0)
    train, held, train_y, held_y = train_test_split(rest, rest_y, test_size=0.125, stratify=rest_y, random_state=0)
    return {"train": encoded(train, train_y), "validation": encoded(held, held_y), "test": encoded(test, test_y)}


def disturbed(key, trains):
    """Spikes moved by about a millisecond, and a fifth of them left out."""
    import jax
    import jax.numpy as jnp

    move_key, keep_key = jax.random.split(key)
    times = trains.times + 1.0 * jax.random.normal(move_key, trains.times.shape)
    kept = jax.random.bernoulli(keep_key, 0.8, times.shape)
    return trains.replace(times=jnp.where(kept, jnp.maximum(times, 0.0), jnp.inf))


def learn(seed: int, data: dict, epochs: int) -> dict:
    """Train one network."""
    import jax
    import optax

    from jaxneuro import spiking

    key = jax.random.key(seed)
    layers = {"hidden": spiking.CurrentLIF(256), "out": spiking.LeakyIntegrator(10)}
    network = spiking.feedforward(key, 64, layers, mean=8.0, spread=4.0)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMax(3.0))
    how = {"engine": spiking.FixedStep(1.0, spiking.surrogates.FastSigmoid()), "duration": DURATION}
    steps = epochs * (len(data["train"][1]) // 50)
    trained = spiking.train(
        network, data["train"], loss, **how, key=key, epochs=epochs, batch=50, validation=data["validation"],
        optimiser=optax.adam(optax.cosine_decay_schedule(5e-3, steps)), augment=disturbed,
    )  # fmt: skip
    found = spiking.evaluate(trained.state, data["test"], loss, **how)
    return {"test_accuracy": found.accuracy, "spikes": found.spikes, "status": trained.status}


if __name__ == "__main__":
    chosen = options(__doc__, seeds=3, epochs=150)
    data = digits()
    rows = [seeded("64-256-10, surrogate", lambda seed: learn(seed, data, chosen.epochs), chosen.seeds)]
    report("spiking_digits", rows, epochs=chosen.epochs)
