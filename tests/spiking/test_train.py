"""Training: it learns, goes on to the bit after an interruption, and says what is wrong."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.files import locked
from jaxneuro.learn import Trained
from jaxneuro.spiking import decoders, losses, tasks
from jaxneuro.spiking.training.endings import ending

KEY = jax.random.key(0)
ENGINE = spiking.FixedStep(2.0)
LOSS = losses.CrossEntropy(decoders.MembraneMax(3.0))
OPTIMISER = optax.adam(0.02)
TRAINABLE = ("connections.*.weight", "populations.hidden.tau")


@pytest.fixture(scope="module")
def network() -> spiking.SpikingNetwork:
    layers = {"hidden": spiking.CurrentLIF(12), "out": spiking.LeakyIntegrator(3)}
    return spiking.feedforward(KEY, 5, layers, mean=12.0, spread=8.0)


@pytest.fixture(scope="module")
def data() -> tuple:
    return tasks.yin_yang(jax.random.key(1), 60)


def learn(network: spiking.SpikingNetwork, data: tuple, loss: losses.CrossEntropy = LOSS, **changes) -> Trained:
    options = {
        "progress": None,
        "epochs": 4,
        "batch": 20,
        "optimiser": OPTIMISER,
        "trainable": TRAINABLE,
        "validation": data,
    }
    options |= {"engine": ENGINE, "duration": 30.0, "key": KEY}
    return spiking.train(network, data, loss, **(options | changes))


@pytest.fixture(scope="module")
def trained(network: spiking.SpikingNetwork, data: tuple) -> Trained:
    return learn(network, data)


def same(a: spiking.SpikingNetwork, b: spiking.SpikingNetwork) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def test_it_learns_and_tau_stays_positive(network: spiking.SpikingNetwork, trained: Trained):
    assert trained.status == "finished" and len(trained.history) == 4
    assert trained.history[-1]["loss"] < 0.8 * trained.history[0]["loss"]
    assert trained.state.get("populations.hidden.tau") > 0
    assert not same(network, trained.state)


def test_a_resumed_training_is_the_same_to_the_bit(
    network: spiking.SpikingNetwork, data: tuple, trained: Trained, tmp_path: Path
):
    learn(network, data, epochs=2, checkpoint=tmp_path / "run")
    resumed = learn(network, data, checkpoint=tmp_path / "run", resume=True)
    assert same(resumed.state, trained.state)
    for a, b in zip(resumed.history, trained.history, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    with pytest.raises(ValueError, match="another trainable"):
        learn(network, data, checkpoint=tmp_path / "run", resume=True, trainable=("connections.*.weight",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(key=jax.random.key(9)), "another key"),
        (dict(loss=losses.CrossEntropy(decoders.MembraneMax(0.5))), "another loss"),
        (dict(optimiser=optax.adam(0.5)), "another optimiser"),
        (dict(batch=7, duration=20.0), "another duration, another batch"),
        (dict(validation=None), "another validation"),
        (dict(engine=spiking.FixedStep(0.5)), "another engine"),
        (dict(resume=False), "holds a training: resume=True goes on with it; name another folder"),
    ],
)
def test_a_training_knows_its_problem(
    network: spiking.SpikingNetwork, data: tuple, kept: Path, change: dict, message: str
):
    with pytest.raises(ValueError, match=message):
        learn(network, data, checkpoint=kept, **{"resume": True} | change)


def test_a_training_knows_its_data_and_network(network: spiking.SpikingNetwork, data: tuple, kept: Path):
    inputs, targets = data
    with pytest.raises(ValueError, match="another data"):
        learn(network, (inputs, targets[::-1]), checkpoint=kept, resume=True)
    with pytest.raises(ValueError, match="another network"):
        learn(network.set("populations.out.bias", 0.125), data, checkpoint=kept, resume=True)
    checked = network.set("connections.out.weight", 2 * network.get("connections.out.weight"))  # trained: of no account
    learn(checked, data, epochs=1, checkpoint=kept, resume=True)


@pytest.fixture(scope="module")
def kept(network: spiking.SpikingNetwork, data: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of one epoch."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    learn(network, data, epochs=1, checkpoint=folder)
    return folder


def test_a_folder_that_cannot_be_or_is_in_use_is_found_first(network: spiking.SpikingNetwork, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="name another folder"):  # before the data are looked at
        learn(network, (), checkpoint=tmp_path / "file" / "run")
    with locked(tmp_path / "run"), pytest.raises(OSError, match="is being written by process"):
        learn(network, (), checkpoint=tmp_path / "run")


def test_an_interruption_keeps_the_last_whole_epoch(
    network: spiking.SpikingNetwork, data: tuple, trained: Trained, tmp_path: Path
):
    def stop(row: dict) -> None:
        if row["epochs"] == 2:
            raise KeyboardInterrupt

    stopped = learn(network, data, checkpoint=tmp_path / "run", progress=stop)
    assert stopped.status == "interrupted" and len(stopped.history) == 2
    assert same(learn(network, data, checkpoint=tmp_path / "run", resume=True).state, trained.state)


def test_it_stops_early_and_keeps_the_best(network: spiking.SpikingNetwork, data: tuple):
    deaf = losses.CrossEntropy(decoders.MembraneMax(0.0))  # nothing makes it better
    still = learn(network, data, loss=deaf, patience=1)
    assert still.status == "stopped early" and len(still.history) == 2
    np.testing.assert_allclose(*(n.get("connections.out.weight") for n in (still.state, network)))


def test_numbers_that_are_not_finite_are_reported_and_not_taken(network: spiking.SpikingNetwork, data: tuple):
    ran = learn(network.set("populations.out.bias", jnp.asarray([1.0, -1.0, 0.0]) * 1e308), data)
    assert ran.status.startswith("not finite: loss, derivative by connections.hidden.weight")
    assert ran.status.endswith("in step 0 of epoch 0")
    np.testing.assert_allclose(*(n.get("connections.out.weight") for n in (ran.state, network)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trainable": ("connections.*.wieght",)}, "no parameter 'connections.\\*.wieght'"),
        ({"trainable": ("connections.out.delay",)}, "give the Connection a max_delay"),
        ({"validation": None, "patience": 3}, "patience = 3 without validation"),
        ({"resume": True}, "resume=True without a checkpoint"),
        ({"epochs": 0}, "epochs = 0"),
        ({"labels": 3}, "classes reach from 3 to 3, but the readout 'out' has 3 neurons"),
        ({"labels": 0.5}, "classes are integers"),
        ({"first": np.nan}, "inputs of sample 3 are none that can be run: give times from 0 on"),
        ({"first": -1.0}, "inputs of sample 3 are none that can be run: give times from 0 on"),
        ({"inputs": 4}, "inputs have shape \\(60, 4, 1\\)"),
        ({"samples": 50}, "50 inputs and targets of shape \\(60,\\)"),
    ],
)
def test_what_cannot_be_is_refused(network: spiking.SpikingNetwork, data: tuple, change: dict, message: str):
    inputs, targets = data
    targets = jnp.full(60, change.pop("labels")) if "labels" in change else targets
    times = inputs.times if "first" not in change else inputs.times.at[3, 0, 0].set(change.pop("first"))
    inputs = jn.SpikeTrains(times[: change.pop("samples", 60), : change.pop("inputs", 5)])
    with pytest.raises((KeyError, ValueError), match=message):
        learn(network, (inputs, targets), **change)


def test_samples_are_checked_as_one_is(network: spiking.SpikingNetwork):
    rows, trains = np.zeros((4, 15, 5)), np.tile([[1.0, 2.0, np.inf]], (4, 5, 1))
    rows[2, 3, 1], trains[1, 4, 1] = np.inf, 0.5
    for inputs, words in ((rows, "sample 2 .*finite"), (jn.SpikeTrains(trains), "sample 1 .*increase")):
        with pytest.raises(ValueError, match=words):
            spiking.evaluate(network, (inputs, np.zeros(4, int)), LOSS, engine=ENGINE, duration=30.0)
    with pytest.raises(ValueError, match="targets are a list: give an array"):
        spiking.evaluate(network, (np.zeros((4, 15, 5)), [0, 1, 2, 0]), LOSS, engine=ENGINE, duration=30.0)


def test_a_training_without_room_for_spikes_says_so():
    loud = spiking.feedforward(KEY, 5, {"out": spiking.LIF(3)}, mean=20.0, spread=0.0)
    some, first = tasks.yin_yang(jax.random.key(1), 20), losses.CrossEntropy(decoders.FirstSpike(5.0, 30.0))
    with pytest.warns(RuntimeWarning, match="the training ended so: overflow: every sample"):
        ran = learn(loud, some, first, validation=None, engine=spiking.Events(1), trainable=("connections.out.weight",))
    assert ran.status.startswith("overflow: every sample of the last epoch") and len(ran.history) == 1
    assert np.isnan(ran.history[0]["loss"]) and ran.history[0]["overflow"] == 1
    scores = spiking.evaluate(loud, some, first, engine=spiking.Events(1), duration=30.0)
    assert np.isnan(scores.loss) and scores.accuracy == 0


def test_a_training_that_falls_silent_or_behind_says_so(network: spiking.SpikingNetwork, data: tuple):
    quiet = network.set("connections.hidden.weight", -jnp.ones((5, 12)))
    with pytest.warns(RuntimeWarning, match="silent: no neuron spiked in the last epoch"):
        assert learn(quiet, data, epochs=1).status.startswith("silent: ")
    rise = optax.adam(lambda step: jnp.where(step < 9, 0.02, -0.3))  # down, and then up
    with pytest.warns(RuntimeWarning, match="diverged: the loss rose from"):
        ran = learn(network, data, validation=None, epochs=6, optimiser=rise)
    assert ran.status.startswith("diverged: ") and "in epoch 2 to" in ran.status
    assert ran.history[2]["loss"] < ran.history[0]["loss"] < ran.history[5]["loss"] and 0 <= ran.best < 6


def row(accuracy: float, loss: float) -> dict[str, float]:
    return {"accuracy": accuracy, "loss": loss, "spikes": 1.0, "overflow": 0.0}


@pytest.mark.parametrize(
    ("rows", "fallen"),
    [
        ([row(0.5, 1.0), row(1.0, 0.1), row(0.61, 0.9)], True),
        ([row(0.5, 1.0), row(0.8, 0.4), row(0.75, 0.5)], False),
        ([row(np.nan, 1.0), row(np.nan, 0.1), row(np.nan, 0.7)], True),
        ([row(np.nan, 1.0), row(np.nan, 0.1), row(np.nan, 0.2)], False),
        ([row(np.nan, 1.0), row(np.nan, 1.01)], False),
        ([row(0.3, 1.3), row(0.33, 1.2), row(0.33, 9.0)], True),
        ([row(0.3, 1.3), row(0.33, 1.2), row(0.4, 1.29)], False),
    ],
)
@pytest.mark.filterwarnings("ignore:the training ended so")
def test_what_counts_as_fallen_behind(rows: list, fallen: bool):
    assert ending("finished", rows, 100, can_spike=True, chosen=False).startswith("diverged") == fallen
    assert ending("finished", rows, 100, can_spike=True, chosen=True) == "finished"


def test_learning_rates_by_path_and_progress(network: spiking.SpikingNetwork, data: tuple):
    seen: list[dict] = []
    constant = optax.constant_schedule(0.3)
    rates = {"populations.*": constant, "connections.out.*": optax.sgd(0.0), "connections.hid*": jnp.asarray(0.02)}
    ran = learn(network, data, epochs=2, learning_rates=rates, validation=None, progress=seen.append)
    assert [row["epochs"] for row in seen] == [1, 2] and seen == ran.history
    np.testing.assert_allclose(*(n.get("connections.out.weight") for n in (ran.state, network)), rtol=1e-12)
    hidden = ran.state.get("connections.hidden.weight") - network.get("connections.hidden.weight")
    tau = jnp.log(ran.state.get("populations.hidden.tau") / 20.0)
    assert (
        0 < abs(hidden).max() < 6 * 0.021 and abs(tau).max() > 0.3
    )  # Adam goes at most its rate, more or less, in each of six steps
    for wrong, fault, message in [
        ({"*.delay": 0.1}, KeyError, "of what is trained, no parameter '\\*.delay'"),
        ({"*.tau": -1.0}, ValueError, "= -1.0: give a positive number"),
        ({"*.tau": jnp.inf}, ValueError, "= inf: give a positive number"),
        ({"*.tau": "0.1"}, ValueError, "= 0.1: give a positive number, a schedule"),
        ({"*": 0.1, "*.tau": 0.2}, ValueError, "patterns before it match all that it does"),
    ]:
        with pytest.raises(fault, match=message):
            learn(network, data, learning_rates=wrong)
