"""Cells of one compartment: accuracy, speed, digits."""

from typing import Any

from .page import Section, how, labelled, number, table, times

METHODS = {
    "jaxneuro Staggered f32": "jaxneuro, default method, float32",
    "jaxneuro ExponentialEuler f32": "jaxneuro, exponential Euler",
    "Jaxley bwd_euler f32": "Jaxley, backward Euler",
    "Jaxley crank_nicolson f32": "Jaxley, Crank–Nicolson",
    "NEURON implicit, rate table": "NEURON, as it comes",
    "NEURON secondorder=2": "NEURON, second order",
    "Brian2 exponential_euler": "Brian2, exponential Euler",
    "Brian2 rk4": "Brian2, rk4",
}


def accuracy(report: dict[str, Any]) -> list[str]:
    """Errors by step."""
    curves = labelled(report["curves"])
    points = {name: curves[label]["points"] for label, name in METHODS.items()}
    steps = [f"{point['setting']:g} ms" for point in next(iter(points.values()))]
    rows = [[name, *(number(p["error_ms"]) or "unstable" for p in row)] for name, row in points.items()]
    finest = curves["jaxneuro adaptive Dopri8 f64"]["points"][-1]
    return [
        table(["largest error of a spike time [ms]; step", *steps], rows),
        f"Adaptive steps (`Dopri8`, rtol {finest['setting']:g}, float64) end within {number(finest['error_ms'], 1)} ms. "
        "[Error against time](../benchmarks/results/accuracy.png).",
    ]


def population(report: dict[str, Any]) -> list[str]:
    """How many times faster, and the rates."""
    sizes = ("1", "100", "1000", "10000")
    ratios = {row["what"]: row["ratio"] for row in report["ratios"]}
    kept = [name for name in ratios if name.startswith("population")]
    rows = [[name.removeprefix("population: "), *(times(ratios[name].get(size)) for size in sizes)] for name in kept]
    rates = [
        [row["label"], *(number(row["points"].get(size, {}).get("rate"), 3) for size in sizes)]
        for row in report["population"]
    ]
    first = [[row["what"], row["label"], number(row["seconds"])] for row in report["first"]]
    return [
        how(report),
        table(["times faster; cells", *sizes], rows),
        table(["million cell-steps a second; cells", *sizes], rates),
        table(["from a fresh process to the first", "", "s"], first),
    ]


def gradient(report: dict[str, Any]) -> list[str]:
    """Cost and memory of a gradient."""
    sizes = ("1", "100", "1000")
    ratios = [
        [row["what"].removeprefix("gradient: "), *(times(row["ratio"][size]) for size in sizes)]
        for row in report["ratios"]
    ]
    costs = [
        [row["label"], *(f"{p['run_s'] / p['forward_s']:.1f}, {p['peak_mb']:.0f} MB" for p in row["points"].values())]
        for row in report["gradient"]
    ]
    return [
        table(["times faster; cells", *sizes], ratios),
        table(["forward runs, peak memory of the process; cells", *sizes], costs),
    ]


def digits(report: dict[str, Any]) -> list[str]:
    """How far float32 is off."""
    rows = [
        [row["what"], f"{row['dt_ms']:g}", number(row["float64"], 3), f"{100 * row['off']:+.4f} %"]
        for row in report["rows"]
    ]
    return [
        f"{report['compartments']} compartments.",
        table(["what changes", "dt [ms]", "mV, mV ms", "float32 off"], rows),
    ]


SECTIONS = (
    Section(
        "Accuracy of a cell",
        "A squid axon under 10 µA/cm² for 100 ms: the largest error of seven spike times against a converged solution. The "
        "default method is of second order by regression over the steps; float32 and float64 agree within 0.01 ms.",
        "python benchmarks/accuracy.py",
        ("accuracy",),
        accuracy,
        "Time to be within 0.01 ms, interpolated: jaxneuro 0.36 ms; Jaxley's Crank–Nicolson ×1.5, Brian2's rk4 ×6, "
        "NEURON's second order ×14, its cvode ×43. Where 0.2 ms are good enough, Jaxley's Crank–Nicolson at a step of "
        "0.1 ms is faster for one cell.",
    ),
    Section(
        "Speed of populations",
        "Populations of squid axons, every voltage recorded, float32; NEURON and Brian2 compute in float64 and record "
        "nothing. A ratio is the peer's time over ours in the same run; `native loop` is with the XLA flags of [How it "
        "is solved](solvers.md). A C kernel of the same scheme on two threads is the limit: at 10 000 cells half of the"
        " time is the memory of the record.",
        "python benchmarks/speed.py",
        ("speed",),
        population,
        "`python benchmarks/distributed.py` runs one population over two processes.",
    ),
    Section(
        "Gradients of populations",
        "The derivative of a voltage loss by three conductances a cell, checkpointed.",
        "python benchmarks/speed.py --only gradient",
        ("speed_gradient",),
        gradient,
    ),
    Section(
        "Digits of small potentials",
        "A passive traced cell in float32 beside the same in float64: a step of 0.003 nA and a synaptic potential at the soma.",
        "python benchmarks/digits.py n144.swc --d-lambda 0.1",
        ("digits",),
        digits,
        "The version before, which counted voltages from 0, was 5, 6 and 44 % off at the tip. The price: squid "
        "populations run as fast, a traced cell takes 7 to 9 % longer (a hundred of them 7 %, with the flags 4 %), a "
        "thousand LIF neurons 30 % (with the flags 8 %).",
    ),
)
