"""What the options of `jaxneuro fit RECORDING` mean, and what they refuse."""

import argparse

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.cli.choices import chosen_bounds, chosen_columns, chosen_sweeps, chosen_units
from jaxneuro.cli.methods import chosen_method
from jaxneuro.cli.recording_job import chosen_model, chosen_targets
from jaxneuro.fitting.losses import van_rossum
from jaxneuro.learn import REACH


def options(**changes):
    common = {
        "sweep": None,
        "hold_out": [],
        "junction_potential": 0.0,
        "unit": [],
        "model": None,
        "free": [],
        "fix": [],
    }
    return argparse.Namespace(**(common | changes))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    t = np.arange(100) * 0.1
    path = tmp_path_factory.mktemp("data") / "a.npz"
    np.savez(path, t=t, v=np.full((4, 100), -70.0), i=np.arange(4)[:, None] * np.ones(100))
    return str(path)


def test_all_sweeps_but_those_held_out_are_fitted(file):
    fitted, held = chosen_sweeps(options(recording=[file], hold_out=[2]))
    assert [float(r.current[0]) for r in fitted] == [0.0, 1.0, 3.0]
    assert [float(r.current[0]) for r in held] == [2.0]
    fitted, held = chosen_sweeps(options(recording=[file], sweep=[1], junction_potential=10.0))
    assert len(fitted) == 1 and fitted[0].v[0, 0] == -80.0 and not held


def test_sweeps_that_cannot_be_chosen(file):
    with pytest.raises(ValueError, match="sweep 1 is in --sweep and in --hold-out"):
        chosen_sweeps(options(recording=[file], sweep=[1], hold_out=[1]))
    with pytest.raises(ValueError, match="hold out fewer"):
        chosen_sweeps(options(recording=[file], hold_out=[0, 1, 2, 3]))
    with pytest.raises(ValueError, match="has no sweep 9"):
        chosen_sweeps(options(recording=[file], sweep=[9]))


def test_bounds_and_units_are_read_or_refused():
    assert chosen_bounds(["na.g_max=1:500", "k.e+m.e=-100:-70"]) == {"na.g_max": (1, 500), "k.e+m.e": (-100, -70)}
    assert chosen_units(["voltage=V"]) == {"voltage": "V"}
    with pytest.raises(ValueError, match="write PATH=LOW:HIGH"):
        chosen_bounds(["na.g_max=1"])
    with pytest.raises(ValueError, match="write QUANTITY=UNIT"):
        chosen_units(["voltage=metre"])


def test_a_model_brings_its_bounds_or_needs_them():
    assert "na.v_t+k.v_t" in chosen_model(options())[1]
    assert chosen_model(options(model="hodgkin_huxley", free=["na.g_max=1:9"]))[1] == {"na.g_max": (1.0, 9.0)}
    with pytest.raises(ValueError, match="has no bounds left"):
        chosen_model(options(model="hodgkin_huxley"))


def test_one_bound_is_changed_one_parameter_fixed_and_the_others_stay():
    own = chosen_model(options())[1]
    model, free = chosen_model(options(free=["na.g_max=1:800"], fix=["k.g_max", "leak.e=-71.5"]))
    assert free == {k: (1.0, 800.0) if k == "na.g_max" else v for k, v in own.items() if k not in ("k.g_max", "leak.e")}
    assert model.get("leak.e") == -71.5
    with pytest.raises(ValueError, match=r"k\.g_max is in --free and in --fix"):
        chosen_model(options(free=["k.g_max=1:8"], fix=["k.g_max"]))
    with pytest.raises(ValueError, match=r"it is not free\. Free are: "):
        chosen_model(options(fix=["na.nothing"]))
    with pytest.raises(ValueError, match="write PATH or PATH=VALUE"):
        chosen_model(options(fix=["na.e=x"]))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"free": ["na.g_max=-5:5"]}, r"'na.g_max' = \(-5, 5\) mS/cm²: it must be at least 0 .*keep both bounds"),
        ({"free": ["area=-10:-5"]}, "it must be above 0"),
        ({"free": ["na.g_max==1:5"]}, "write PATH=LOW:HIGH"),
        ({"free": ["na.g_max=1:5,k.g_max=1:5"]}, "blanks separate several"),
        (
            {"free": ["na.v_t=-60:-50"]},
            r"--free na.v_t: na.v_t\+k.v_t is free and shares na.v_t .*--fix na.v_t\+k.v_t --free",
        ),
        ({"fix": ["na.v_t=-50"]}, r"--fix na.v_t: na.v_t\+k.v_t is free and shares"),
        ({"fix": ["k.e"]}, r"--fix k.e: k.e\+m.e is free and shares"),
        ({"fix": ["na.e=50", "na.e=40"]}, "--fix names 'na.e' twice"),
        ({"free": ["na.e=50:60", "na.e=40:60"]}, "--free names 'na.e' twice"),
    ],
)
def test_options_that_contradict_the_model_or_each_other(said, message):
    with pytest.raises(ValueError, match=message):
        chosen_model(options(**said))


def test_parameters_that_are_free_together_are_named_in_any_order_or_taken_apart():
    model, free = chosen_model(options(fix=["k.v_t+na.v_t=-50"]))
    assert not any("v_t" in name for name in free) and model.get("k.v_t") == model.get("na.v_t") == -50.0
    free = chosen_model(options(fix=["na.v_t+k.v_t"], free=["na.v_t=-60:-50"]))[1]
    assert [name for name in free if "v_t" in name] == ["na.v_t"]
    with pytest.raises(ValueError, match="--unit names 'voltage' twice"):
        chosen_units(["voltage=V", "voltage=mV"])
    with pytest.raises(ValueError, match="--columns names 'voltage' twice"):
        chosen_columns(["voltage=a", "voltage=b"])


def test_losses_and_optimisers_by_name():
    assert chosen_method(None, None) == (None, None, 25)
    loss, optimiser, steps = chosen_method("van_rossum", None)
    assert loss is van_rossum and hasattr(optimiser, "update") and steps > 25
    assert chosen_method("voltage_error", "cmaes")[1].limit == REACH
    for words, message in ((("nothing", None), "there are features, voltage_error"), ((None, "bfgs"), "there are lm, cmaes"),
                           (("soft_dtw", "lm"), "needs squared residuals")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            chosen_method(*words)


def test_step_level_and_dt_reach_the_target(capsys):
    t = np.arange(2001) * 0.1
    v = -65.0 + sum(80.0 * np.exp(-(((t - at) / 0.6) ** 2)) for at in (60.0, 90.0, 130.0))
    sweep = jn.Recording(
        jnp.asarray(t), {"v": jnp.asarray(v)[:, None]}, current=jnp.where((t >= 50) & (t < 150), 0.1, 0.0)
    )
    common = {"window": None, "step": [80.0, 100.0], "level": -5.0, "dt": 0.1}
    goal, judge, given = chosen_targets([sweep], [], argparse.Namespace(**common))
    assert judge is None and given[0].step is not None and given[0].step[1:3] == (80.0, 100.0)
    assert goal.dt == 0.1 and goal.level == -5.0 and goal.unused.tolist() == [2]
    with pytest.raises(ValueError, match="--dt 0: a step must be positive"):
        chosen_targets([sweep], [], argparse.Namespace(**common | {"dt": 0.0}))
    chosen_targets([sweep.replace(values={"v": jnp.full((2001, 1), -65.0)})], [], argparse.Namespace(**common))
    assert "no sweep that is fitted has a spike" in capsys.readouterr().out
