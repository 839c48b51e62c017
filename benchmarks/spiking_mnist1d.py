"""mnist1d: spiking networks beside a gated recurrent network (GRU) of no fewer parameters and the same budget.

    python benchmarks/spiking_mnist1d.py --part convolution [--seeds 3] [--epochs 40]      also: gru
    python benchmarks/spiking_mnist1d.py --part delays --epochs 60

4000 training sequences of length 40 (Greydanus & Kobak 2020, arXiv:2011.14439), made by the generator on PyPI, of which
400 choose the epoch; 10 000 further ones of another seed of the generator are the test, because its own 1000 test
sequences, also reported, do not tell networks apart that differ by half a percent. Each part has a row for the sequences
as they are and one for sequences disturbed anew in each step, and writes results/spiking_mnist1d_PART.json. Needs
`pip install .[bench]`.

Convolution: three layers of leaky integrate-and-fire neurons without reset at the 40 places of a sequence, which stands
still as a current for eight steps; the mean over places drives leaky readouts. Delays: the sequence runs by, one value a
step; the first layer hears it, and the second the first, at several delays. GRU: reads out its mean state. All
have the same batches, disturbances and schedule of Adam's rate. Tried on the validation data, and the number of steps
on 4000 sequences of a third seed: for the GRU rates of 0.003
and 0.01, dropout of 0 and 0.2; for the convolution rates of 0.003 and 0.01, strides and dilations, means over places or
all of them read out, 4, 6 and 8 steps, a reset or none, dropout of 0 and 0.1.
"""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.spiking_case import options, report, seeded

LENGTH, BATCH, RATE, DECAY = 40, 50, 1e-2, 1e-2
CHANNELS, KERNEL, DILATIONS, STEPS = 35, 5, (1, 2, 4), 8
HIDDEN, FIRST, SECOND = 64, (0, 1, 2, 3, 4, 5, 6, 7), (0, 4, 8)  # neurons of a layer, delays into each [steps of 1 ms]
GRU_HIDDEN = 64


def sequences() -> dict:
    """Training, validation and test data: (sample, time, 1) and classes."""
    import jax.numpy as jnp
    from mnist1d.data import get_dataset_args, make_dataset

    args = get_dataset_args()
    made = make_dataset(args)
    args.seed, args.num_samples = args.seed + 1, 12_500
    new, scale = make_dataset(args), made["x"].std()

    def pair(x, y) -> tuple:
        return jnp.asarray(x[..., None] / scale, jnp.float32), jnp.asarray(y)

    return {
        "train": pair(made["x"][:3600], made["y"][:3600]),
        "validation": pair(made["x"][3600:], made["y"][3600:]),
        "test": pair(new["x"], new["y"]),
        "test of the generator": pair(made["x_test"], made["y_test"]),
    }


def shifted(key, x):
    """Sequences moved round by up to three places, with a little noise."""
    import jax
    import jax.numpy as jnp

    shift_key, noise_key = jax.random.split(key)
    shift = jax.random.randint(shift_key, (x.shape[0],), -3, 4)
    return jax.vmap(partial(jnp.roll, axis=0))(x, shift) + 0.1 * jax.random.normal(noise_key, x.shape)


def optimiser(data: dict, epochs: int, rate: float, decay: float):
    """Adam with clipped derivatives, decay of weights, and a cosine schedule."""
    import optax

    schedule = optax.cosine_decay_schedule(rate, epochs * (len(data["train"][1]) // BATCH))
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=decay))


def convolution(rngs):
    """1 - 35 - 35 - 35 - 10: convolutions over places, normalised over steps and places, into LIF neurons."""
    import jax.numpy as jnp
    from flax import nnx

    from jaxneuro import spiking
    from jaxneuro.spiking.engines.steps import SpikingCell

    def over_time(neuron, **options):
        return nnx.RNN(
            SpikingCell(neuron, surrogate=spiking.surrogates.Arctan(), **options), time_major=True, unroll=STEPS
        )

    def layer(channels: int, dilation: int) -> tuple:
        return (
            nnx.Conv(channels, CHANNELS, KERNEL, kernel_dilation=dilation, use_bias=False, rngs=rngs),
            nnx.BatchNorm(CHANNELS, momentum=0.9, rngs=rngs),
            over_time(spiking.LIF(CHANNELS, jnp.full(CHANNELS, 2.0), reset=None), train=("tau",), spatial_axes=1),
            nnx.Dropout(0.1, broadcast_dims=(0,), rngs=rngs),
        )

    first, second, third = (layer(*each) for each in zip((1, CHANNELS, CHANNELS), DILATIONS, strict=True))
    return nnx.Sequential(
        lambda x: jnp.broadcast_to(x, (STEPS, *x.shape)),
        *first, *second, *third,
        lambda spikes: spikes.mean(axis=2),
        nnx.Linear(CHANNELS, 10, rngs=rngs),
        over_time(spiking.LeakyIntegrator(10, tau=10.0, tau_syn=None)),
        lambda v: v.mean(axis=0),
    )  # fmt: skip


def gru(rngs):
    """1 - 64 - 10: flax's GRU cell, and a dense readout of its mean state."""
    from flax import nnx

    return nnx.Sequential(
        nnx.RNN(nnx.GRUCell(1, GRU_HIDDEN, rngs=rngs)),
        lambda states: states.mean(axis=1),
        nnx.Dropout(0.2, rngs=rngs),
        nnx.Linear(GRU_HIDDEN, 10, rngs=rngs),
    )


def learn_model(seed: int, data: dict, epochs: int, disturb, build) -> dict:
    """Train a module of flax.

    One call for each batch: XLA's convolutions are many times slower within a loop of its own on CPUs.
    """
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    model, key = build(nnx.Rngs(seed)), jax.random.key(seed)
    graph, weights, rest = nnx.split(model, nnx.Param, ...)
    model.eval()
    fixed = nnx.graphdef(model)
    update = optimiser(data, epochs, RATE, DECAY)

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(weights, rest, moments, rows, key):
        x, y = (part[rows] for part in data["train"])

        def loss(weights):
            model = nnx.merge(graph, weights, rest, copy=True)
            scores = model(x if disturb is None else disturb(key, x))
            error = optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()
            return error, nnx.state(model, nnx.Not(nnx.Param))

        gradient, rest = jax.grad(loss, has_aux=True)(weights)
        updates, moments = update.update(gradient, moments, weights)
        return optax.apply_updates(weights, updates), rest, moments

    @jax.jit
    def right(weights, rest, x, y):
        return jnp.mean(jnp.argmax(nnx.merge(fixed, weights, rest, copy=True)(x), axis=1) == y)

    moments, best = update.init(weights), (-1.0, 0.0, 0.0)
    for number in range(epochs):
        order_key, step_key = jax.random.split(jax.random.fold_in(key, number))
        rows = jax.random.permutation(order_key, len(data["train"][1])).reshape(-1, BATCH)
        for batch, batch_key in zip(rows, jax.random.split(step_key, len(rows)), strict=True):
            weights, rest, moments = step(weights, rest, moments, batch, batch_key)
        now = tuple(
            float(right(weights, rest, *data[part])) for part in ("validation", "test", "test of the generator")
        )
        best = max(best, now, key=lambda b: b[0])
    parameters = sum(x.size for x in jax.tree.leaves(weights))
    names = ("validation_accuracy", "test_accuracy", "generator_test_accuracy")
    return dict(zip(names, best, strict=True)) | {"parameters": parameters}


def delayed_network(key):
    """1 - 64 - 64 - 10 with several delays into each hidden layer."""
    import jax

    from jaxneuro import spiking

    keys = iter(jax.random.split(key, 20))
    connections = {}
    for pre, post, delays, rows, spread in (
        ("input", "first", FIRST, 1, 0.7),
        ("first", "second", SECOND, HIDDEN, 0.25),
    ):
        for delay in delays:
            weight = spread * jax.random.normal(next(keys), (rows, HIDDEN))
            connections[f"{post}_{delay}"] = spiking.Connection(pre, post, weight, float(delay))
    connections["out"] = spiking.Connection("second", "out", 0.3 * jax.random.normal(next(keys), (HIDDEN, 10)))
    layers = {name: spiking.LIF(HIDDEN, tau=4.0, bias=jax.numpy.zeros(HIDDEN)) for name in ("first", "second")}
    layers["out"] = spiking.LeakyIntegrator(10, tau=10.0, tau_syn=1.0, bias=jax.numpy.zeros(10))
    return spiking.SpikingNetwork(1, layers, connections, "out")


TRAINED = ("connections.*.weight", "populations.*.bias", "populations.*.tau")


def learn_delays(seed: int, data: dict, epochs: int, disturb) -> dict:
    """Train the network with delays."""
    import jax

    from jaxneuro import spiking

    key = jax.random.key(seed)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMean(10.0))
    how = {"engine": spiking.FixedStep(1.0, surrogate=spiking.surrogates.FastSigmoid(4.0)), "duration": float(LENGTH)}
    network = delayed_network(key)
    trained = spiking.train(
        network, data["train"], loss, **how, key=key, epochs=epochs, batch=BATCH, validation=data["validation"],
        optimiser=optimiser(data, epochs, RATE / 2, 0.0), trainable=TRAINED, augment=disturb,
    )  # fmt: skip
    found, of_generator = (
        spiking.evaluate(trained.state, data[part], loss, **how) for part in ("test", "test of the generator")
    )
    parameters = 3 + sum(network.get(path).size for path in network.paths() if path.endswith((".weight", ".bias")))
    accuracy = {"test_accuracy": found.accuracy, "generator_test_accuracy": of_generator.accuracy}
    return accuracy | {"parameters": parameters, "spikes": found.spikes, "status": trained.status}


PARTS = {
    "convolution": ("spiking, convolution", partial(learn_model, build=convolution)),
    "delays": ("spiking, delays", learn_delays),
    "gru": ("GRU", partial(learn_model, build=gru)),
}

if __name__ == "__main__":
    chosen = options(__doc__, seeds=3, epochs=40, part=tuple(PARTS))
    data, (label, learn), rows = sequences(), PARTS[chosen.part], []
    for how, disturb in (("", None), (", disturbed", shifted)):
        learn_so = partial(learn, data=data, epochs=chosen.epochs, disturb=disturb)
        rows.append(seeded(label + how, learn_so, chosen.seeds))
        report(f"spiking_mnist1d_{chosen.part}", rows, epochs=chosen.epochs, batch=BATCH)
