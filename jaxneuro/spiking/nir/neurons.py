"""Populations as nodes of the Neuromorphic Intermediate Representation (NIR), and back.

NIR counts time in seconds and gives neurons currents: tau dv/dt = v_leak - v + R I, tau_syn dI/dt = -I + w_in S. On a grid, as
the simulators that exchange NIR run it, a spike is a current of 1 that lasts one step. After a step dt it has moved the
potential of an LIF by R (1 - exp(-dt / tau)), and the current of a CubaLIF by w_in (1 - exp(-dt / tau_syn)): here the jump.

Source: Pedersen et al. (2024), Nat. Commun. 15:8122, table 1; https://neuroir.org/docs/primitives.html.
"""

import dataclasses
import importlib
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..neurons.base import LIF, CurrentLIF, LeakyIntegrator, Neuron

SECOND = 1e3  # ms
SAID = {  # the parameters that a node can say
    "LIF": ("tau", "threshold", "rest", "reset", "bias"),
    "CurrentLIF": ("tau", "tau_syn", "threshold", "rest", "reset", "bias"),
    "LeakyIntegrator": ("tau", "tau_syn", "bias"),
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
    if kind != "LeakyIntegrator" and np.any(value["bias"] != 0):
        losses.append(f"population {name!r}: bias and rest become one leak, so that it starts elsewhere.")
    return _node(kind, value, dt), losses


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
    nir = package()
    tau, leak = value["tau"] / SECOND, value["rest"] + value["bias"]
    synapse = value.get("tau_syn")
    spiking = {} if kind == "LeakyIntegrator" else {"v_threshold": value["threshold"], "v_reset": value["reset"]}
    if synapse is None:
        build = nir.LIF if spiking else nir.LI
        return build(tau=tau, r=-1 / np.expm1(-dt / value["tau"]), v_leak=leak, **spiking)
    build = nir.CubaLIF if spiking else nir.CubaLI
    w_in = -1 / np.expm1(-dt / synapse)
    return build(tau_mem=tau, tau_syn=synapse / SECOND, r=np.ones_like(tau), v_leak=leak, w_in=w_in, **spiking)


def from_node(node: Any, dt: float) -> tuple[Neuron, Any, Any]:
    """A node's population, what a spike of weight 1 adds in it (neuron,), and what a constant input of 1 adds (neuron,)."""
    kind = type(node).__name__
    number = {k: jnp.ravel(jnp.asarray(x, float)) for k, x in vars(node).items() if isinstance(x, (np.ndarray, float))}
    size, tau = number["v_leak"].size, SECOND * number["tau_mem" if "Cuba" in kind else "tau"]
    time = {"tau": tau} | ({"tau_syn": SECOND * number["tau_syn"]} if "Cuba" in kind else {})
    lasting = number["r"] * number.get("w_in", 1.0)
    jump = lasting * -jnp.expm1(-dt / time.get("tau_syn", tau))
    if kind in ("LI", "CubaLI"):
        population = LeakyIntegrator(size, **{"tau_syn": None} | time, bias=number["v_leak"])
    else:
        ends: dict[str, Any] = {
            "threshold": number["v_threshold"],
            "reset": number["v_reset"],
            "rest": number["v_leak"],
        }
        population = (CurrentLIF if "Cuba" in kind else LIF)(size, **time, **ends)
    return population, jump, lasting
