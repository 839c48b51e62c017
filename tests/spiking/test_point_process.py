"""Point processes: likelihoods against closed forms, parameters recovered from a drawn train, a real nerve."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking

DT = 0.5
STIMULUS = jnp.cumsum(jax.random.normal(jax.random.key(0), (30_000,)))
STIMULUS = STIMULUS - jnp.convolve(STIMULUS, jnp.ones(60) / 60, mode="same")


def test_a_constant_rate_has_the_likelihood_of_a_poisson_process():
    flat = spiking.GLM(spiking.Filter(jnp.zeros(5)), bias=jnp.log(0.05))
    train = jnp.zeros(1000).at[jnp.arange(20, 1000, 41)].set(1.0)
    rates = spiking.log_rates(flat, STIMULUS[:1000], train, DT)
    p = 1 - np.exp(-0.05 * DT)
    np.testing.assert_allclose(spiking.log_likelihood(rates, train, DT), 24 * np.log(p) + 976 * np.log(1 - p))
    assert spiking.bits_per_spike(rates, train, DT) < 0
    best = jnp.full(1000, jnp.log(-jnp.log1p(-24 / 1000) / DT))
    np.testing.assert_allclose(spiking.bits_per_spike(best, train, DT), 0.0, atol=1e-12)


def test_a_filter_is_the_sum_of_its_bumps():
    weights = jnp.array([0.3, -0.2, 0.5])
    impulse = jnp.zeros(40).at[3].set(1.0 / DT)
    out = spiking.Filter(weights, 4.0)(impulse, DT)
    lags = np.arange(0, 8.0, DT)
    bumps = [
        w * np.where(abs(lags - c) < 4.0, 0.5 + 0.5 * np.cos(np.pi * (lags - c) / 4.0), 0)
        for w, c in zip(weights, (0, 2, 4), strict=True)
    ]
    np.testing.assert_allclose(out[3 : 3 + len(lags)], sum(bumps), atol=1e-12)
    np.testing.assert_allclose(out[:3], 0.0, atol=1e-12)


@pytest.mark.slow
def test_parameters_of_an_adaptive_neuron_are_recovered_from_its_spikes():
    def model(gain, tau, bias, jump):
        neuron = spiking.LIF(1, tau=tau, refractory=2.0, bias=bias)
        weights = gain * jnp.array([0.2, 1.0, 0.4])
        return spiking.EscapeNoise(neuron, spiking.Filter(weights, 6.0), 6.0, 0.5, jnp.array([jump]), jnp.array([20.0]))

    truth, start = model(0.05, 8.0, 0.8, 0.3), model(0.02, 14.0, 0.4, 0.1)
    train = spiking.sample(truth, jax.random.key(1), STIMULUS, DT)
    assert 500 < train.sum() < 2000
    free = ("filter.weights", "neuron.bias", "jump", "neuron.tau")
    done = spiking.fit_train(start, STIMULUS, train, DT, steps=60, free=free)
    fitted, losses = done.state, [row["loss"] for row in done.history]
    at_truth = -spiking.log_likelihood(spiking.log_rates(truth, STIMULUS, train, DT), train, DT) / train.sum()
    assert at_truth - 0.01 < losses[-1] < at_truth < losses[0] - 0.1
    for path, tolerance in (("neuron.tau", 0.15), ("neuron.bias", 0.1), ("jump", 0.2)):
        np.testing.assert_allclose(fitted.get(path), truth.get(path), rtol=tolerance, err_msg=path)
    np.testing.assert_allclose(fitted.filter.weights.sum(), truth.filter.weights.sum(), rtol=0.1)


def test_a_membrane_of_conductances_spikes_when_told_and_by_itself():
    model = spiking.NoisyMembrane(jn.cells.fast_spiking(), spiking.Filter(jnp.zeros(3)))
    told = jnp.zeros(400).at[100].set(1.0)
    rates = spiking.log_rates(model, jnp.zeros(400), told, 0.1)
    before, after = rates[100], rates[101 : 101 + 19]
    assert before < np.log(1e-3) and np.all(after == -30.0)  # silent at rest, and within the refractory period
    assert rates[150] < before  # and less likely than before while it recovers
    driven = spiking.sample(model.replace(offset=4.0), jax.random.key(2), jnp.zeros(4000), 0.1)
    assert 10 < driven.sum() < 100


@pytest.mark.parametrize(
    ("times", "message"), [([1.0, 1.2], "2 spikes in one bin"), ([1.0, 30.0], r"from 1 to 30 ms in a run of 20 ms")]
)
def test_a_train_that_does_not_fit_its_bins_is_refused(times: list, message: str):
    with pytest.raises(ValueError, match=message):
        spiking.binned_train(times, DT, 20.0)


def test_a_fit_goes_on_from_its_checkpoint_to_the_bit(tmp_path: Path):
    start = spiking.GLM(spiking.Filter(jnp.zeros(4)), bias=-2.0)
    train = (jax.random.uniform(jax.random.key(1), (400,)) < 0.1).astype(float)

    def fit(steps: int, **options: Any) -> Any:
        free: Any = {"free": ("filter.weights", "bias"), "progress": None}
        return spiking.fit_train(start, STIMULUS[:400], train, DT, steps=steps, **free, **options)

    whole = fit(5)
    fit(2, checkpoint=tmp_path / "fit")
    later = fit(5, checkpoint=tmp_path / "fit", resume=True)
    assert [row["steps"] for row in later.history] == [1, 2, 3, 4, 5] and later.status == "finished"
    for a, b in zip(jax.tree.leaves(whole.state), jax.tree.leaves(later.state), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="belongs to another problem, with another train"):
        spiking.fit_train(start, STIMULUS[:400], 1 - train, DT, free=("filter.weights", "bias"), steps=5,
                          checkpoint=tmp_path / "fit", resume=True)  # fmt: skip


def test_what_cannot_be_fitted_is_refused():
    model = spiking.GLM(spiking.Filter(jnp.zeros(3)))
    with pytest.raises(ValueError, match="no spike"):
        spiking.fit_train(model, STIMULUS, jnp.zeros_like(STIMULUS), DT, free=("bias",))
    with pytest.raises(ValueError, match="tau = 0 ms is trained and must be positive"):
        spiking.fit_train(model.replace(tau=(0.0,) * 7), STIMULUS, jnp.ones_like(STIMULUS), DT, free=("tau",))


def test_a_real_nerve_is_told_from_its_stimulus(grasshopper: Path):
    """The grasshopper's receptor: a second of a GLM beats a Poisson process by more than a bit a spike on the next second."""
    _, sound = jn.data.read_waveform(grasshopper / "grasshopper_stimulus1.txt")
    level = jnp.asarray(np.log(sound[:80_000]).reshape(-1, 10).mean(1) + 2.0)
    spikes = jn.data.read_spike_times(grasshopper / "grasshopper_spike_times1.txt")[:300]
    train = jnp.asarray(spiking.binned_train(spikes, DT, 1e4)[:8000])
    model = spiking.GLM(spiking.Filter(jnp.zeros(15), 14.0), history=jnp.array([-5.0, -5.0, -1.0, 0.0, 0.0, 0.0, 0.0]))
    half = slice(0, 4000), slice(4000, 5000)
    done = spiking.fit_train(
        model, level[half[0]], train[half[0]], DT, free=("filter.weights", "bias", "history"), steps=30,
        penalty=lambda q: 1e-3 * jnp.sum(q.filter.weights**2),
    )  # fmt: skip
    rates = spiking.log_rates(done.state, level, train, DT)
    assert spiking.bits_per_spike(rates[half[1]], train[half[1]], DT) > 1.0
