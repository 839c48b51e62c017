"""Populations as nodes of the Neuromorphic Intermediate Representation (NIR), and back.

NIR counts time in seconds and gives neurons currents: tau dv/dt = v_leak - v + R I, tau_syn dI/dt = -I + w_in S. On a grid, as
the simulators that exchange NIR run it, a spike is a current of 1 that lasts one step. Within the step dt that ends when it
arrives, it moves the potential of an LIF by R (1 - exp(-dt / tau)) and that of an IF by R dt: here the jump. To the synapse of
a CubaLIF it brings the charge w_in dt, so that the current jumps by w_in dt / tau_syn, whatever dt is. A neuron of NIR spikes
above its threshold, one of this package at it: between the two is the next number that can be told from it.

Source: Pedersen et al. (2024), Nat. Commun. 15:8122, table 1; https://neuroir.org/docs/primitives.html.
"""

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Scalar
from ..neurons.base import LIF, CurrentLIF, LeakyIntegrator, Neuron
from ..neurons.integrating import IF, Integrator

if TYPE_CHECKING:
    pass


SECOND = 1e3  # ms
FORGETS = 1e-3  # the time constant of a neuron without memory, in steps
NEURONS = ("LIF", "CubaLIF", "LI", "CubaLI", "IF", "I", "Threshold", "Fired")
PARAMETERS = ("tau", "tau_mem", "tau_syn", "r", "w_in", "v_leak", "v_threshold", "v_reset", "threshold")
SAID = {  # the parameters that a node can say
    "LIF": ("tau", "threshold", "rest", "reset", "bias"),
    "CurrentLIF": ("tau", "tau_syn", "threshold", "rest", "reset", "bias"),
    "LeakyIntegrator": ("tau", "tau_syn", "bias"),
    "IF": ("threshold", "reset"),
    "Integrator": (),
}
NEAREST = {"AdaptiveLIF": "CurrentLIF"}  # what stands in for a neuron that NIR cannot say


def package() -> Any:
    """The `nir` package.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        return importlib.import_module("nir")
    except ImportError as error:
        raise ImportError("NIR needs the package `nir`: pip install 'jaxneuro[nir]'.") from error


def to_node(name: str, population: Neuron, dt: float) -> tuple[Any, list[str]]:
    """A population's node, and what it loses.

    Raises:
        ValueError: for a neuron that no node of NIR resembles.
    """
    own = type(population).__name__
    kind = NEAREST.get(own, own)
    if kind not in SAID:
        known = ", ".join([*SAID, *NEAREST])
        raise ValueError(f"population {name!r} is {own}, and NIR has no node like it; what can be exported is {known}.")
    value = {field: _numbers(population, field) for field in (*SAID[kind], "rest")}
    if "reset" in value and value["reset"] is None:
        raise ValueError(f"population {name!r} has no reset, and NIR's neurons have one: give reset a number.")
    losses = [f"population {name!r}: {field} is lost." for field in _unsaid(population, kind)]
    if kind in ("LIF", "CurrentLIF") and np.any(value["bias"] != 0):
        losses.append(f"population {name!r}: bias and rest become one leak, so that it starts elsewhere.")
    return _node(kind, value, dt), losses


def check_step(dt: Scalar) -> None:
    """Refuse a step that is none.

    Raises:
        ValueError: with the value.
    """
    if not 0 < dt < np.inf:
        raise ValueError(f"dt = {dt} ms: give the step of whoever runs the graph, a positive number.")


def _numbers(population: Any, field: str) -> np.ndarray | None:
    given = getattr(population, field, 0.0)
    return None if given is None else np.array(np.broadcast_to(given, (population.size,)))


def _unsaid(population: Any, kind: str) -> list[str]:
    fields = [f.name for f in dataclasses.fields(population) if f.name not in ("size", *SAID[kind])]
    values = {field: getattr(population, field) for field in fields}
    return [
        f"{field} = {value}" for field, value in values.items() if value is not None and np.any(np.asarray(value) != 0)
    ]


def _node(kind: str, value: dict, dt: float) -> Any:
    nir, ends = package(), {}
    if "threshold" in value:
        ends = {"v_threshold": just(value["threshold"], -np.inf), "v_reset": value["reset"]}
    if kind in ("IF", "Integrator"):
        return (nir.IF if ends else nir.I)(r=np.full_like(value["rest"], SECOND / dt), **ends)
    tau, leak = value["tau"] / SECOND, value["rest"] + value["bias"]
    synapse = value.get("tau_syn")
    if synapse is None:
        build = nir.LIF if ends else nir.LI
        return build(tau=tau, r=-1 / np.expm1(-dt / value["tau"]), v_leak=leak, **ends)
    build = nir.CubaLIF if ends else nir.CubaLI
    return build(tau_mem=tau, tau_syn=synapse / SECOND, r=np.ones_like(tau), v_leak=leak, w_in=synapse / dt, **ends)


@dataclasses.dataclass(eq=False)
class Fired:
    """A `Threshold` that reads the potential of one membrane: a neuron that nothing resets."""

    membrane: Any
    threshold: np.ndarray


def from_node(node: Any, size: int, dt: float) -> tuple[Neuron, Any, Any]:
    """A node's population, what a spike of weight 1 adds in it (neuron,), and what a constant input of 1 adds (neuron,).

    Args:
        node: The node.
        size: Number of neurons, for which it may have one number for all.
        dt: Step [ms].
    """
    kind = type(node).__name__
    membrane = node.membrane if kind == "Fired" else node
    given = {
        k: np.ravel(np.asarray(x, _float())) for k, x in vars(membrane).items() if k in PARAMETERS and x is not None
    }
    number = {k: np.broadcast_to(x, (size,)) for k, x in given.items()}
    ends: dict[str, Any] = {}
    if kind == "Fired":
        ends = {"threshold": just(np.broadcast_to(np.ravel(node.threshold), (size,)), np.inf), "reset": None}
    elif "v_threshold" in number:
        ends = {"threshold": just(number["v_threshold"], np.inf), "reset": number["v_reset"]}
    if kind == "Threshold":
        return _memoryless(number["threshold"], dt)
    build = _without_leak if "v_leak" not in number else _leaky
    return build(size, number, jax.tree.map(jnp.asarray, ends), dt)


def just(values: Any, beyond: float) -> np.ndarray:
    """The next numbers, in the direction of another."""
    return np.nextafter(np.asarray(values, _float()), np.asarray(beyond, _float()))


def _float() -> Any:
    return jnp.result_type(float)


def _memoryless(threshold: np.ndarray, dt: float) -> tuple[Neuron, Any, Any]:
    """A threshold of the input of one step: a membrane that forgets a step's input within a thousandth of a step."""
    reset = np.minimum(0.0, threshold - 1.0)  # from which it is back at once
    population = LIF(threshold.size, dt * FORGETS, jnp.asarray(just(threshold, np.inf)), reset=jnp.asarray(reset))
    return population, jnp.ones(threshold.size), jnp.ones(threshold.size)


def _without_leak(size: int, number: dict, ends: dict, dt: float) -> tuple[Neuron, Any, Any]:
    per_ms = jnp.asarray(number["r"] / SECOND)
    return (IF(size, **ends) if ends else Integrator(size)), per_ms * dt, per_ms


def _leaky(size: int, number: dict, ends: dict, dt: float) -> tuple[Neuron, Any, Any]:
    time = {"tau": number["tau" if "tau" in number else "tau_mem"]} | {
        k: x for k, x in number.items() if k == "tau_syn"
    }
    time: dict[str, Any] = {k: jnp.asarray(SECOND * x) for k, x in time.items()}
    lasting, leak = jnp.asarray(number["r"] * number.get("w_in", 1.0)), jnp.asarray(number["v_leak"])
    if "tau_syn" in time:
        jump, build = lasting * dt / time["tau_syn"], CurrentLIF
    else:
        jump, build = lasting * -jnp.expm1(-dt / time["tau"]), LIF
    if ends:
        return build(size, **time, **ends, rest=leak), jump, lasting
    time = {"tau_syn": None} | time
    return LeakyIntegrator(size, **time, bias=leak), jump, lasting
