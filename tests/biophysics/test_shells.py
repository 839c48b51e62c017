"""Ions in shells and along cables: conservation, closed forms of diffusion, pumps, orders, gradients, what is refused."""

from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special

import jaxneuro as jn
from jaxneuro.biophysics.published import Leak
from jaxneuro.biophysics.shape import BASAL, Morphology
from jaxneuro.biophysics.stimuli import Drive
from jaxneuro.solve.leapfrog import LEAPFROG
from jaxneuro.solve.linear import relax_pool
from jaxneuro.solve.method import Arguments
from jaxneuro.units import FARADAY


def tree(*points: tuple[float, float, float, int]) -> Morphology:
    """Points (x, y, radius, parent)."""
    x, y, radius, parent = (np.array(column) for column in zip(*points, strict=True))
    position = np.stack([x, y, 0 * x], -1).astype(float)
    return Morphology(*map(jnp.asarray, (position, radius, parent, np.full(x.size, BASAL), parent < 0)))


def cylinder(length: float, diameter: float) -> Morphology:
    return tree((0, 0, diameter / 2, -1), (length, 0, diameter / 2, 0))


FORK = tree((0, 0, 1.0, -1), (20, 0, 1.0, 0), (20, 15, 0.6, 1), (35, 0, 0.8, 1))
BUFFERS = {"fixed": jn.Buffer(0.1, 100.0, 0.1), "dye": jn.Buffer(0.05, 500.0, 0.1, 0.02)}


class Inflow(jn.Channel):
    """A constant calcium current."""

    density: Any = 1.0  # µA/cm²
    ion = "ca"

    def current(self, v, gates, env):
        return -self.density + 0.0 * v


initial = jax.jit(lambda cell: cell.initial())


def flux(density: float) -> float:
    """Calcium through the membrane at a current density [mM µm/ms]."""
    return 10.0 * density / (2 * FARADAY)


def run(
    cell: jn.Cell, duration: float, state: Any = None, record: Any = "ca.free", dt: float = 0.025, **options
) -> Any:
    recording = jn.simulate(cell, duration=duration, dt=dt, record=record, initial=state, **options)
    assert recording.ok
    return recording


@pytest.mark.parametrize(("double", "error"), [(True, 1e-12), pytest.param(False, 1e-5, marks=pytest.mark.slow)])
def test_nothing_is_lost_in_a_branched_cable_with_buffers(double, error):
    with jax.enable_x64(double):
        far = jn.cells.from_morphology(FORK, per_section=3)
        far = far.insert("ca", jn.Shells(count=3, buffers=BUFFERS, pump=0.0), where=lambda c: c.path_distance > 15.0)
        state = initial(far)
        kinetics, volume = far.pool_kinetics(state)["ca"], far.prepared().spaces["ca"].volume
        pulse = jnp.where((jnp.arange(9) == 2)[:, None], 1.0, state.pools["ca"]["free"])
        start = {**state.pools["ca"], "free": pulse}
        both = lambda i, x: relax_pool(kinetics, relax_pool(kinetics, x, 0.0125, False), 0.0125, True)
        final = jax.jit(lambda x: jax.lax.fori_loop(0, 800, both, x))(start)
        before, after = (sum((volume * x).sum() for x in pools.values()) for pools in (start, final))
        np.testing.assert_allclose(after, before, rtol=error)
        assert final["free"][np.array([3, 6]), 0].min() > 1.1e-4  # it went round the branching
        np.testing.assert_allclose(final["free"][:2], 1e-4, rtol=1e-5)  # but not across the border of the region


def radial_error(count: int, dimension: int) -> float:
    """Largest error at a time when the profile is far from settled, relative to the rise at the membrane."""
    radius, diffusion, time = 2.0, 0.2, 2.0
    cell = (
        jn.Cell({}, area=(4 * np.pi * radius**2,))
        if dimension == 3
        else jn.cells.from_morphology(cylinder(10.0, 2 * radius), per_section=1)
    )
    pool = jn.Shells(count=count, thickness=jnp.inf, pump=0.0, diffusion=diffusion)
    cell = cell.insert("in", Inflow()).insert("ca", pool)
    start = initial(cell).replace(pools={"ca": pool.start(jnp.array([1e-4]))})
    found = run(cell, time, start, dt=0.0125).values["ca.free"][-1, 0]
    edge = radius * (1 - np.arange(count + 1) / count)
    x, tau = 0.5 * (edge[1:] + edge[:-1]) / radius, diffusion * time / radius**2
    if dimension == 2:
        roots = scipy.special.jn_zeros(1, 60)[:, None]
        shape = scipy.special.j0(roots * x) / scipy.special.j0(roots)
        flat = 2 * tau + x**2 / 2 - 1 / 4
    else:
        roots = (np.arange(1, 61) + 0.5)[:, None] * np.pi
        for _ in range(20):  # tan β = β
            roots = np.arctan(roots) + np.arange(1, 61)[:, None] * np.pi
        shape = np.sin(roots * x) / (x * np.sin(roots))
        flat = 3 * tau + x**2 / 2 - 3 / 10
    exact = flat - 2 * np.sum(shape * np.exp(-(roots**2) * tau) / roots**2, axis=0)
    rise = (found - 1e-4) / (flux(1.0) * radius / diffusion)
    return float(np.abs(rise - exact).max() / exact.max())


@pytest.mark.parametrize("dimension", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_flux_diffuses_inwards_as_the_series_says(dimension):
    """Crank (1975), The Mathematics of Diffusion, 2nd ed., eqs. 5.45 and 6.45: constant flux into a cylinder, a sphere."""
    assert radial_error(32, dimension) < 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [2, 3])
def test_second_order_in_the_thickness_of_shells(dimension):
    counts = np.array([8, 16, 32])
    errors = [radial_error(int(n), dimension) for n in counts]
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] > 1.8, errors


POOLS = {
    "one": jn.CalciumPool(rest=1e-4, tau=50.0, diffusion=0.3),
    "shells": jn.Shells(rest=1e-4, pump=0.0, diffusion=0.3),
}


@pytest.mark.parametrize("name", ["one", pytest.param("shells", marks=pytest.mark.slow)])
def test_a_pulse_spreads_along_a_cable_as_the_normal_distribution(name):
    pool, time, width = POOLS[name], 20.0, 3.0
    cell = jn.cells.from_morphology(cylinder(60.0, 1.0), per_section=120).insert("ca", pool)
    x = np.asarray(cell.cable.path_distance) - 30.0
    state = initial(cell)
    state = state.replace(pools={"ca": pool.start(jnp.asarray(1e-4 + 1e-3 * np.exp(-(x**2) / (2 * width**2))))})
    found = run(cell, time, state, record="ca", dt=0.1, every=200).values["ca"][-1]
    spread = np.sqrt(width**2 + 2 * 0.3 * time)
    decay = np.exp(-time / 50.0) if name == "one" else 1.0
    exact = 1e-3 * decay * width / spread * np.exp(-(x**2) / (2 * spread**2))
    np.testing.assert_allclose(found - 1e-4, exact, atol=2e-3 * exact.max())


def test_the_pump_holds_a_steady_influx():
    pool = jn.Shells(rest=1e-4, pump=5e-4, affinity=1e-3, buffers=BUFFERS)
    cell = jn.Cell({"in": Inflow(2.0)}).insert("ca", pool)
    load = flux(2.0) / 5e-4 + 1e-4 / 1.1e-3
    steady = initial(cell)
    np.testing.assert_allclose(steady.pools["ca"]["free"], 1e-3 * load / (1 - load), rtol=1e-9)
    change = jax.jit(lambda state: cell.derivative(state, Drive(jnp.zeros(1))))(steady)
    assert max(jnp.abs(x).max() for x in jax.tree.leaves(change.pools)) < 1e-15


def excitable(**options) -> jn.Cell:
    """Calcium channels with the Nernst potential of calcium in shells, and potassium channels that calcium opens."""
    calcium = jn.channels.Nernst(jn.channels.CaL(1.0), ion="ca")
    cell = jn.Cell({"leak": Leak(0.1, -65.0), "cal": calcium, "kca": jn.channels.KCa(1.0, -90.0, 2e-3)}, celsius=36.0)
    return cell.insert("ca", jn.Shells(count=3, thickness=0.2, buffers=BUFFERS, **options))


def test_second_order_in_time_with_buffers_and_influx_by_voltage():
    """Against SciPy's solution of the rates of change that any solver is given."""
    cell = excitable().prepared()
    state, drive = initial(cell), Drive(jnp.array([6.0]))
    flat, shaped = jax.flatten_util.ravel_pytree(state)
    rates = jax.jit(lambda y: jax.flatten_util.ravel_pytree(cell.derivative(shaped(y), drive))[0])
    slopes = jax.jit(jax.jacfwd(rates))
    solution = scipy.integrate.solve_ivp(
        lambda t, y: rates(y), (0.0, 10.0), flat, "Radau", rtol=1e-10, atol=1e-13, jac=lambda t, y: slopes(y)
    )
    exact = shaped(jnp.asarray(solution.y[:, -1]))

    @jax.jit
    def end(steps):
        dt = 10.0 / steps
        args = Arguments(cell, lambda t: drive, dt)
        carry = LEAPFROG.start(state, dt, args)
        return LEAPFROG.finish(jax.lax.fori_loop(0, steps, lambda i, c: LEAPFROG.step(c, dt, args)[0], carry), dt, cell)

    def scaled(state):
        pools = state.pools["ca"]
        return np.array(
            [state.v[0] / 50, *(pools[name][0, k] / exact.pools["ca"][name][0, 0] for name in pools for k in (0, 1))]
        )

    steps = np.array([100, 200, 400, 800])
    errors = np.stack([np.abs(scaled(end(int(n))) - scaled(exact)) for n in steps])
    orders = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert exact.pools["ca"]["free"][0, 0] > 3e-4
    assert orders.min() > 1.9, (orders, errors)
    assert errors[2].max() < 2e-3, errors  # at a step of 0.025 ms


@pytest.mark.parametrize("connected", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_gradients_equal_finite_differences(connected):
    names = ["ca.pump", "ca.thickness", "ca.diffusion", "ca.outside", "cal.channel.g_max"]
    if connected:
        base = jn.cells.from_morphology(cylinder(20.0, 1.0), per_section=2, celsius=36.0)
        pool = excitable().pools["ca"].replace(buffers={"dye": BUFFERS["dye"]})
        base = base.replace(channels=excitable().channels).insert("ca", pool)
        stimulus, names = jn.stimuli.inject(jn.stimuli.step(0.01)), [*names, "ca.buffers.dye.diffusion", "resistivity"]
    else:
        pool = excitable().pools["ca"].replace(buffers={"fixed": BUFFERS["fixed"]})
        base, stimulus, names = excitable().insert("ca", pool), jn.stimuli.step(6.0), [*names, "ca.buffers.fixed.on"]
    start = initial(base)
    at = jnp.array([float(base.get(name)) for name in names])

    @jax.jit
    def loss(values):
        cell = base
        for name, value in zip(names, values, strict=True):
            cell = cell.set(name, value)
        final = jn.simulate(cell, stimulus, duration=1.0, record="v", initial=start).final
        return (
            jnp.sum(final.v)
            + 1e5 * jnp.sum(final.pools["ca"]["free"][:, 0])
            + 1e3 * jnp.sum(final.pools["ca"][next(iter(pool.buffers))])
        )

    gradient = jax.jit(jax.grad(loss))(at)
    for j in range(len(names)):
        h = jnp.zeros(len(names)).at[j].set(1e-3 * at[j])
        slope = (loss(at + h) - loss(at - h)) / (2e-3 * at[j])
        np.testing.assert_allclose(gradient[j], slope, rtol=2e-4, atol=1e-7, err_msg=names[j])


@pytest.mark.slow
def test_buffer_pump_and_diffusion_of_one_compartment_beside_scipy():
    radius, count, on, off, total, half = 1.0, 12, 100.0, 0.2, 0.1, 1e-3
    edge = radius * np.arange(count + 1) / count
    volume, face = 0.5 * np.diff(edge**2), 0.2 * edge[1:-1] * count / radius

    def change(t, y):
        free, bound = y[:count], y[count:]
        binding = on * free * (total - bound) - off * bound
        across = face * np.diff(free)
        gain = np.concatenate([across, [0.0]]) - np.concatenate([[0.0], across])
        gain[-1] += radius * (flux(30.0) - 1e-3 * (free[-1] / (free[-1] + half) - 1e-4 / (1e-4 + half)))
        return np.concatenate([gain / volume - binding, binding])

    rest = np.concatenate([np.full(count, 1e-4), np.full(count, total * on * 1e-4 / (on * 1e-4 + off))])
    exact = scipy.integrate.solve_ivp(change, (0.0, 5.0), rest, "LSODA", rtol=1e-9, atol=1e-13).y[:count, -1]
    pool = jn.Shells(
        count=count,
        thickness=jnp.inf,
        diffusion=0.2,
        pump=1e-3,
        affinity=half,
        buffers={"fixed": jn.Buffer(total, on, off)},
    )
    cell = jn.cells.from_morphology(cylinder(10.0, 2.0), per_section=1).insert("in", Inflow(30.0)).insert("ca", pool)
    start = initial(cell).replace(pools={"ca": pool.start(jnp.array([1e-4]))})
    found = run(cell, 5.0, start, dt=0.0125).values["ca.free"][-1, 0]
    np.testing.assert_allclose(found, exact[::-1], rtol=1e-3)


def test_thin_shells_and_long_steps_do_not_make_it_negative():
    pool = jn.Shells(count=6, thickness=0.01, buffers=BUFFERS)
    cell = jn.Cell({"leak": Leak()}).insert("ca", pool)
    state = initial(cell)
    pools = {**state.pools["ca"], "free": state.pools["ca"]["free"].at[0, 0].set(0.05)}
    kinetics = cell.pool_kinetics(state)["ca"]
    step = jax.jit(lambda x: relax_pool(kinetics, x, 0.5, False))
    for _ in range(20):
        pools = step(pools)
        assert pools["free"].min() > 0.9e-4 and pools["dye"].min() > 0 and pools["dye"].max() < 0.05


def test_what_cannot_be_is_refused():
    cell = jn.Cell({"leak": Leak()})
    for change, message in (
        ({"count": 0}, "count = 0"), ({"count": 2.5}, "count = 2.5"), ({"diffusion": -0.1}, "diffusion"),
        ({"pump": -1.0}, "pump"), ({"thickness": -0.1}, "thickness"), ({"outside": 0.0}, "outside"),
        ({"buffers": {"free": BUFFERS["dye"]}}, "name of the ion itself"),
        ({"buffers": {"dye": jn.Buffer(-1.0, 1.0, 1.0)}}, "dye.total"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            cell.insert("ca", jn.Shells(**change))
    with pytest.raises(ValueError, match="tau"):
        cell.insert("ca", jn.CalciumPool(tau=0.0))
    with pytest.raises(ValueError, match="cannot solve an ion that diffuses"):
        jn.simulate(cell.insert("ca", jn.Shells()), duration=1.0, solver=jn.ExponentialEuler())
    with pytest.raises(KeyError, match=r"no concentration 'k'.*IonPool"):
        jn.simulate(cell.insert("k", jn.channels.Nernst(jn.channels.K(), ion="k")), duration=1.0)
    with pytest.raises(KeyError, match=r"cannot record 'ca.bound'.*ca.free"):
        jn.simulate(cell.insert("ca", jn.Shells()), duration=1.0, record="ca.bound")
