"""Numbers to spikes and back: encoders, decoders, losses, regularisers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import spiking
from jaxneuro.spiking import Response, decoders, encoders, losses, regularisers, tasks

INF = jnp.inf
EXACT = Response({"out": jnp.array([[4.0, 9.0], [7.0, INF], [INF, INF]])}, {}, {}, jnp.zeros(0), False, True, "out")  # pyright: ignore


def gridded(train: jax.Array, dt: float) -> Response:
    t = dt * (jnp.arange(train.shape[0]) + 1)
    times = jnp.sort(jnp.where(train > 0, t[:, None], INF), axis=0).T
    return Response({"out": times}, {"out": train}, {"out": train}, t, jnp.asarray(False), jnp.asarray(True), "out")


TRAIN = jnp.zeros((10, 3)).at[jnp.array([3, 8, 6]), jnp.array([0, 0, 1])].set(1.0)


def test_latency_is_linear_and_silent_below_threshold():
    trains = encoders.latency(jnp.array([[1.0, 0.5, 0.0]]), first=2.0, last=12.0, threshold=0.0)
    np.testing.assert_allclose(trains.times, [[[2.0], [7.0], [INF]]])


def test_poisson_has_its_rate_and_silence_at_zero():
    values = jnp.tile(jnp.array([0.0, 0.5, 1.0]), (300, 1))
    trains = encoders.poisson_rates(jax.random.key(0), values, max_rate=40.0, duration=500.0, max_spikes=60)
    counts = jnp.isfinite(trains.times).sum(-1)
    assert trains.times.shape == (300, 3, 60) and counts[:, 0].sum() == 0
    np.testing.assert_allclose(counts.mean(0)[1:], [10.0, 20.0], rtol=0.07)  # 4 standard errors
    np.testing.assert_allclose(counts.var(0)[1:], [10.0, 20.0], rtol=0.35)


def test_delta_spikes_add_up_to_the_signal():
    signal = jnp.sin(jnp.linspace(0.0, 7.0, 200))[:, None] * jnp.array([1.0, 3.0])
    counts = encoders.delta(signal, threshold=0.1)
    rebuilt = signal[0] + 0.1 * jnp.cumsum(counts[:, :2] - counts[:, 2:], axis=0)
    assert jnp.max(jnp.abs(rebuilt - signal)) < 0.1
    with pytest.raises(ValueError, match="threshold = 0"):
        encoders.delta(signal, threshold=0.0)


def test_receptive_fields_peak_at_their_centres():
    activity = encoders.receptive_fields(jnp.array([[0.5, 0.0]]), 5)
    assert activity.shape == (1, 10) and activity[0, 2] == 1 and activity[0, 5] == 1
    np.testing.assert_allclose(activity[0, :5], activity[0, 4::-1])
    with pytest.raises(ValueError, match="size = 1"):
        encoders.receptive_fields(jnp.zeros(1), 1)


def test_decoders_agree_between_exact_times_and_a_grid():
    grid = gridded(TRAIN, 1.0)
    for decoder in (decoders.Counts(0.5), decoders.FirstSpike(2.0, 8.0)):
        np.testing.assert_allclose(decoder(grid), decoder(EXACT))
    np.testing.assert_allclose(decoders.FirstSpike(2.0, 8.0)(EXACT), [-2.0, -3.5, -4.0])
    np.testing.assert_allclose(decoders.MembraneMean()(grid), [0.2, 0.1, 0.0])
    np.testing.assert_allclose(decoders.MembraneLast(2.0)(gridded(TRAIN[:9], 1.0)), [2.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="was not recorded"):
        decoders.MembraneMax()(EXACT)


def test_the_first_spike_on_a_grid_pulls_silent_neurons_too():
    gradient = jax.grad(lambda train: decoders.FirstSpike(1.0, 8.0)(gridded(train, 1.0)).sum())(TRAIN)
    np.testing.assert_allclose(gradient[:, 2], 10.0 - jnp.arange(10))  # an earlier spike would save more
    np.testing.assert_allclose(gradient[5:, 0], 0.0)  # after the first spike


def test_cross_entropy_of_first_spikes_is_that_of_the_formula():
    loss = losses.CrossEntropy(decoders.FirstSpike(2.0, 8.0))
    expected = -np.log(np.exp(-3.5) / np.exp([-2.0, -3.5, -4.0]).sum())
    assert loss(EXACT, jnp.asarray(1)) == pytest.approx(expected)


def test_spike_train_losses_vanish_at_the_target():
    target = EXACT.spikes["out"]
    assert losses.VanRossum()(EXACT, target) == pytest.approx(0.0, abs=1e-12)
    assert losses.VictorPurpura(gamma=0.0)(EXACT, target) == 0
    assert losses.VanRossum()(EXACT, target.at[2, 0].set(5.0)) == pytest.approx(0.5 / 3)


def test_regularisers_know_the_range_and_wake_the_silent():
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 2), gridded(TRAIN, 1.0))
    network = spiking.feedforward(jax.random.key(0), 2, {"out": spiking.LIF(3)})
    rule = regularisers.RateRange("out", 1.0, 1.5, strength=1.0)
    assert rule(batch, network) == pytest.approx((0.5**2 + 0 + 1.0) / 3)
    gradient = jax.grad(regularisers.Silence("out", strength=1.0), argnums=1)(batch, network)
    np.testing.assert_allclose(gradient.get("connections.out.weight"), [[0, 0, -0.5]] * 2)


def test_yin_yang_is_the_figure():
    points, classes = tasks.yin_yang_points(jax.random.key(0), 60)
    assert jnp.bincount(classes).tolist() == [20, 20, 20]
    assert jnp.max(jnp.hypot(*(points - 0.5).T)) <= 0.5
    turned = jax.vmap(tasks.which_part)(1 - points)  # half a turn exchanges yin and yang
    np.testing.assert_array_equal(turned, jnp.array([1, 0, 2])[classes])
    trains, _ = tasks.yin_yang(jax.random.key(0), 60)
    assert trains.times.shape == (60, 5, 1) and trains.times.min() >= 1.5 and trains.times.max() <= 20.0


def test_delayed_xor_hides_its_class_from_counts_and_from_the_size_of_the_lag():
    trains, classes = tasks.delayed_xor(jax.random.key(0), 2000)
    lag = trains.times[:, 0, 0] - trains.times[:, 1, 0]
    assert jnp.isfinite(trains.times).all() and abs(classes.mean() - 0.5) < 0.05
    for said in (lag > 0, jnp.abs(lag) > 8.0, trains.times[:, 0, 0] > 40.0):
        assert abs(jnp.mean(said == classes) - 0.5) < 0.085  # 0.05 of information, 3 standard errors
    assert jnp.mean(((lag > 0) ^ (jnp.abs(lag) > 8.0)) == classes) in (0.0, 1.0)
