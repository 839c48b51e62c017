"""Samples of different length, from their file to what the decoders read."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking import decoders, losses

h5py = pytest.importorskip("h5py")
LENGTHS = (6.0, 11.0, 14.0, 3.0)  # ms


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list:
    """A file of SHD's form with samples of different length."""
    path: Path = tmp_path_factory.mktemp("shd") / "shd.h5"
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        times = [np.sort(np.append(rng.uniform(0, 1e-3 * t, 4000), 1e-3 * t)) for t in LENGTHS]
        for name, kind, rows in [
            ("spikes/times", np.float64, times),
            ("spikes/units", np.int64, [rng.integers(0, 700, t.size) for t in times]),
        ]:
            made = file.create_dataset(name, (len(rows),), h5py.vlen_dtype(kind))
            for number, row in enumerate(rows):
                made[number] = row
        file["labels"] = np.array([0, 1, 1, 0])
    return jn.data.read_shd(path)


@pytest.fixture(scope="module")
def network() -> spiking.SpikingNetwork:
    layers = {"hidden": spiking.CurrentLIF(4), "out": spiking.LeakyIntegrator(2)}
    return spiking.feedforward(jax.random.key(0), 700, layers, rate=300.0)


ENGINE = spiking.FixedStep(1.0)
DECODERS = (decoders.MembraneMax(), decoders.MembraneMean(), decoders.MembraneLast())


def test_decoders_read_as_much_of_a_padded_sample_as_there_is(samples: list, network: spiking.SpikingNetwork):
    counts, labels, ends = jn.data.stack_events(samples, dt=1.0)
    assert counts.shape == (4, 15, 700) and labels.tolist() == [0, 1, 1, 0] and ends.tolist() == [7, 12, 15, 4]
    for number, end in enumerate(ends):
        how = {"engine": ENGINE, "record": ("out",)}
        padded = spiking.run(network, counts[number], duration=15.0, end=end, **how)
        alone = spiking.run(network, samples[number].binned(1.0, end), duration=float(end), **how)
        for decoder in DECODERS:
            np.testing.assert_allclose(decoder(padded), decoder(alone), rtol=1e-12)
        ran, short = (decoders.spike_counts(r, "hidden") for r in (padded, alone))
        assert np.array_equal(ran, short)
        first = [decoders.first_spikes(r, "hidden", 99.0) for r in (padded, alone)]
        assert np.array_equal(*first)


def test_exact_spike_times_after_the_end_do_not_count():
    network = spiking.feedforward(jax.random.key(0), 1, {"out": spiking.LIF(1, tau=10.0, bias=2.0)})
    got = spiking.run(network, jn.spike_trains([]), duration=30.0, engine=spiking.Events(), end=jnp.asarray(15.0))
    every = 10.0 * np.log(2.0)
    assert decoders.spike_counts(got, "out") == 15 // every and np.isfinite(got.spikes["out"]).sum() == 30 // every
    assert decoders.first_spikes(got.replace(end=5.0), "out", 99.0)[0] == 99.0


def test_trains_are_padded_and_the_training_reads_their_ends(samples: list, network: spiking.SpikingNetwork):
    trains, labels, ends = jn.data.stack_events(samples)
    np.testing.assert_allclose(ends, LENGTHS)
    assert trains.times.shape[:2] == (4, 700) and np.isfinite(trains.times).sum() == 4 * 4001
    counts, _, grid_ends = jn.data.stack_events(samples, dt=1.0)
    loss = losses.CrossEntropy(decoders.MembraneLast())
    how = {"engine": ENGINE, "duration": 15.0}
    with_ends = spiking.evaluate(network, (counts, labels, grid_ends), loss, **how)
    one_by_one = [
        loss(spiking.run(network, counts[n], record=("out",), end=grid_ends[n], **how), labels[n]) for n in range(4)
    ]
    assert abs(with_ends.loss - np.mean(one_by_one)) < 1e-9
    assert abs(with_ends.loss - spiking.evaluate(network, (counts, labels), loss, **how).loss) > 1e-3
    ran = spiking.train(network, (counts, labels, grid_ends), loss, key=jax.random.key(0), epochs=1, batch=4, **how)
    assert abs(ran.history[0]["loss"] - with_ends.loss) < 1e-9


def test_ends_that_cannot_be_are_refused(samples: list, network: spiking.SpikingNetwork):
    counts, labels, ends = jn.data.stack_events(samples, dt=1.0)
    loss, how = (
        losses.CrossEntropy(decoders.MembraneLast()),
        {"engine": ENGINE, "duration": 15.0, "key": jax.random.key(0)},
    )
    for wrong, message in [
        (ends[:2], r"ends have shape \(2,\)"),
        (ends + 1, "a sample ends at 16 ms, the run is of 15 ms"),
    ]:
        with pytest.raises(ValueError, match=message):
            spiking.train(network, (counts, labels, wrong), loss, optimiser=optax.adam(1e-3), **how)
    with pytest.raises(ValueError, match="give at least one sample"):
        jn.data.stack_events([])
    with pytest.raises(ValueError, match="dt = 0 ms"):
        jn.data.stack_events(samples, dt=0)
