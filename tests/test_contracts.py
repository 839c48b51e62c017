"""The contracts, kept by strangers: a model of one's own, alone and in a network, and the kinds of synapses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn


class Relaxation(jn.Model):
    """tau dv/dt = drive - v, one number: all that a model must say."""

    tau: float | jax.Array = jn.parameter(default=5.0, unit="ms", above=0.0)

    def initial(self, v=0.0) -> jn.State:
        return jn.State(jnp.full(1, v, float), {}, {})

    def derivative(self, state: jn.State, drive) -> jn.State:
        return state.replace(v=(drive.at(state.v) - state.v) / self.tau)


class Slowed(Relaxation):
    """The same with a gate."""

    def initial(self, v=0.0) -> jn.State:
        return jn.State(jnp.full(1, v, float), {"slow": {"w": jnp.zeros(1)}}, {})

    def gate_kinetics(self, state: jn.State) -> dict:
        return {"slow": {"w": jn.alpha_beta(state.v / 20.0, jnp.full_like(state.v, 0.05))}}

    def derivative(self, state: jn.State, drive) -> jn.State:
        w, kinetics = state.gates["slow"]["w"], self.gate_kinetics(state)["slow"]["w"]
        v = (drive.at(state.v) - state.v - w) / self.tau
        return state.replace(v=v, gates={"slow": {"w": kinetics.derivative(w)}})


def end(tau, dt=0.1, **options):
    return jn.simulate(Relaxation(tau), jn.stimuli.step(2.0), duration=6.0, dt=dt, **options).v[-1, 0]


@pytest.mark.parametrize("solver", [None, jn.ExponentialEuler(), jn.Strang()])
def test_a_model_of_ones_own_is_solved(solver):
    np.testing.assert_allclose(end(5.0, solver=solver), 2.0 * (1 - np.exp(-1.2)), rtol=1e-3)


def test_the_default_step_is_of_second_order():
    errors = [abs(float(end(5.0, dt=dt)) - 2.0 * (1 - np.exp(-1.2))) for dt in (0.5, 0.25)]
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_it_is_differentiated_and_mapped_over():
    slope = jax.grad(end)(5.0)
    np.testing.assert_allclose(slope, (end(5.001) - end(4.999)) / 0.002, rtol=1e-5)
    taus = jnp.array([2.0, 5.0])
    np.testing.assert_allclose(jax.vmap(end)(taus), [end(tau) for tau in taus], rtol=1e-12)


def test_it_is_recorded_checked_and_refused_as_any_other():
    model = Relaxation()
    assert model.paths() == ["tau"]
    run = jn.simulate(model, jn.stimuli.step(2.0), duration=1.0, record=("v", "stimulus"))
    assert bool(run.ok)
    np.testing.assert_array_equal(run["stimulus"][-1], 2.0)
    with pytest.raises(ValueError, match="tau = -1 ms: it must be above 0"):
        jn.simulate(Relaxation(-1.0), duration=1.0)
    with pytest.raises(KeyError, match="cannot record 'u'"):
        jn.simulate(model, duration=1.0, record="u")
    with pytest.raises(ValueError, match=r"tau has the shape \(3,\)"):
        jn.simulate(Relaxation(jnp.ones(3)), duration=1.0)
    with pytest.raises(ValueError, match=r"give one of jn\.stimuli"):
        jn.simulate(model, {"exc": jn.stimuli.step(1.0)}, duration=1.0)


def test_gates_of_ones_own_are_carried_half_a_step_ahead():
    """Second order with them too: in v and in the gate."""
    run = lambda dt: jn.simulate(
        Slowed(), jn.stimuli.step(4.0), duration=20.0, dt=dt, record=("v", "slow.w"), every=int(2 / dt)
    )
    exact, runs = run(0.0125), [run(dt) for dt in (0.5, 0.25)]
    for name in ("v", "slow.w"):
        errors = [float(jnp.abs(one[name] - exact[name]).max()) for one in runs]
        assert errors[0] > 3 * errors[1], (name, errors)


def test_what_is_missing_is_named():
    class Empty(jn.Model):
        """Says nothing."""

    with pytest.raises(NotImplementedError, match="Empty must define initial"):
        jn.simulate(Empty(), duration=1.0)
    with pytest.raises(ValueError, match="give a Cell"):
        jn.simulate(object(), duration=1.0)  # pyright: ignore[reportArgumentType]


def test_it_stands_in_a_population():
    class Ramp(jn.synapses.Spiking):
        """A weight that jumps and decays, as a current."""

        def kernel(self):
            return ((1.0, 0.2),)

        def current(self, g, v):
            return -g

    trains, edges = jn.spike_trains([1.0]), jn.connect.edges([0], [0], 1, 2)
    network = jn.Network(
        {"given": trains, "mine": jn.Population(Relaxation(), 2)},
        {"in": jn.Projection("given", "mine", Ramp(), edges, 1.0, 0.5)},
    )
    v = jn.simulate(network, duration=4.0, record="mine.v")["mine.v"]
    assert float(v[-1, 0, 0]) > 0 and float(v[-1, 1, 0]) == 0.0


def test_every_synapse_is_of_one_kind():
    synapses = jn.synapses
    kinds = {
        synapses.Spiking: synapses.AMPA,
        synapses.Graded: synapses.WangBuzsaki,
        synapses.Junction: synapses.GapJunction,
    }
    for kind, example in kinds.items():
        assert issubclass(kind, jn.synapses.Synapse) and isinstance(example(), kind)
    assert len({kind.kind for kind in kinds}) == 3


class Own(jn.State):
    """A state with a field of its own: when it fired in the last step [ms], or -1."""

    spike: jax.Array = jn.parameter(default=-1.0)


class Counter(Relaxation):
    """Resets at one, in a step of its own."""

    resets = True

    def initial(self, v=0.0) -> Own:
        return Own(jnp.zeros(1), {}, {}, jnp.full(1, -1.0))

    def derivative(self, state, drive):
        return super().derivative(state, drive).replace(spike=jnp.zeros(1))


class Counting(Counter):
    """The same with all that the default method asks."""

    def advance(self, state, drive, dt, origin=None):
        new, zero = super().advance(state, drive, dt, origin), 0.0 if origin is None else origin.v
        fired = zero + new.v >= 1.0
        return new.replace(v=jnp.where(fired, -zero, new.v), spike=jnp.where(fired, dt, -1.0))

    def fired(self, state, start):
        return jnp.where(state.spike >= 0, start + state.spike, jnp.inf)


@pytest.mark.parametrize("solver", [None, jn.ExponentialEuler()])
def test_a_model_of_ones_own_fires(solver):
    run = jn.simulate(Counting(), jn.stimuli.step(2.0), duration=9.0, dt=0.1, record=("v", "spikes"), solver=solver)
    np.testing.assert_allclose(run["spikes"][jnp.isfinite(run["spikes"])], [3.5, 7.0], atol=1e-5)
    with pytest.raises(
        NotImplementedError, match=r"must define fired\(self, state, start\), and an advance that resets"
    ):
        jn.simulate(Counter(), duration=1.0, solver=solver)


@pytest.mark.parametrize("solver", [None, jn.ExponentialEuler()])
def test_a_gate_without_kinetics_is_named(solver):
    class Lost(Slowed):
        """Forgets its gate."""

        derivative = Relaxation.derivative

        def gate_kinetics(self, state):
            return {}

    with pytest.raises(
        ValueError, match="'slow' is in the state's gates or pools, and not in what the model's gate_kin"
    ):
        jn.simulate(Lost(), duration=1.0, solver=solver)


def test_a_synapse_of_no_kind_is_named():
    class Strange(jn.synapses.Synapse):
        """Of no kind."""

    edges = jn.connect.edges([0], [0], 1, 1)
    network = jn.Network(
        {"a": jn.Population(jn.cells.LIF(), 1)}, {"aa": jn.Projection("a", "a", Strange(), edges, 1.0, 0.5)}
    )
    with pytest.raises(ValueError, match=r"aa: Strange is of no kind: derive it from jn\.synapses\.Spiking"):
        jn.simulate(network, duration=1.0)
