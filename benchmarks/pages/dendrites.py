"""Trees: speed, gradients, a layer 5 cell; networks of cells."""

from typing import Any

from .page import Section, how, number, spread, table, times


def trees(report: dict[str, Any]) -> list[str]:
    """How many times faster, rates, gradients."""
    columns = list(report["ratios"])
    peers = list(dict.fromkeys(name for column in columns for name in report["ratios"][column]))
    ratios = [[peer, *(times(report["ratios"][column].get(peer)) for column in columns)] for peer in peers]
    rates = [
        [row["label"], *(number(row["points"].get(column, {}).get("rate")) for column in columns)]
        for row in report["forward"]
    ]
    cases = list(report["gradient"][0]["points"])
    costs = [
        [row["label"], *(_cost(row["points"].get(case)) for case in cases)] for row in report["gradient"]
    ]  # fmt: skip
    return [
        how(report),
        table(["times faster", *columns], ratios),
        table(["million compartment-steps a second", *columns], rates),
        table(["gradient: forward runs, working memory", *cases], costs),
    ]


def _cost(point: dict[str, Any] | None) -> str:
    return "" if point is None else f"{point['run_s'] / point['forward_s']:.1f}, {point['temporary_mb']:.0f} MB"


def layer5(report: dict[str, Any]) -> list[str]:
    """What the tuned cell does."""
    names = list(report["judged"])
    asked = {
        "somatic step: spikes": "soma.spikes",
        "... depolarisation of the trunk [mV]": "soma.trunk",
        "dendritic EPSP: spikes": "dendrite.spikes",
        "both: spikes": "both.spikes",
        "... calcium plateau [ms]": "both.plateau",
        "compartments": "compartments",
        "step [ms]": "dt",
    }
    rows = [[said, *(number(report["judged"][name][key]) for name in names)] for said, key in asked.items()]
    return [how(report), table(["", *names], rows)]


def network(report: dict[str, Any]) -> list[str]:
    """Rates and times."""
    rows = [
        [row["label"], spread(row["rates"], ".1f"), number(row["run_s"]), number(row["compile_s"])]
        for row in report["cobahh"]
    ]
    return [how(report), table(["", "mean rate [Hz], three seeds", "run [s]", "compile [s]"], rows)]


def network_gradient(report: dict[str, Any]) -> list[str]:
    """Derivatives by four weights."""
    rows = []
    for row in report["gradient"]:
        wide, narrow = row["float64"], row["float32"]
        off = lambda a, b: number(max(abs(x / y - 1) for x, y in zip(a, b, strict=True)), 1)
        cost = lambda way, narrow=narrow: narrow[f"{way}_cost"]["run_s"] / narrow["activity_cost"]["run_s"]
        rows.append([f"{row['duration']:g}", off(wide["reverse"], wide["forward"]), off(wide["differences"], wide["reverse"]),
                     off(narrow["reverse"], wide["reverse"]), f"{cost('reverse'):.1f}, {cost('forward'):.1f}"])  # fmt: skip
    heading = ["ms", "reverse, forward", "differences, reverse", "float32, float64", "forward runs: reverse, forward"]
    return [table(heading, rows)]


SECTIONS = (
    Section(
        "Dendrites",
        "Squid membrane on a cable, a binary tree and n144, a traced CA1 pyramidal cell; one cell and a hundred; ours "
        "the faster of the default method and `Strang()`, without flags. With the flags ours is ahead of each peer in "
        "every column; without them Arbor is faster on one binary tree. NEURON and Arbor compile nothing and give their"
        " first voltage at once.",
        "python benchmarks/dendrites.py",
        ("dendrites",),
        trees,
        "Accuracy (`tests/test_accuracy.py`, `tests/biophysics/`): a squid cable of 100 compartments, worst of 24 "
        "spikes over 100 ms at a step of 0.025 ms 0.012 ms (`Strang()` 0.019); a tree of 63 branches and 252 "
        "compartments, worst of 39 spikes over 200 ms 0.019 ms; second order by regression, the references agree with "
        "NEURON's to 1e-5 ms (backward Euler is 1 ms off there, the second-order options of NEURON and Jaxley 0.03). "
        "Passive cables: input resistance and attenuation within 0.01 %, transients within 0.1 % of the eigenfunction "
        "series. Membrane areas of six traced neurons are NEURON's within 2e-6; 28 drawn files, one for each convention"
        " of SWC and ASC, have NEURON's area and length within 1e-6, three ASC cells of others its area within 1e-7 and"
        " input resistance within 1e-5. From an imported library to the first voltage of one cell, reading and "
        "compiling included, 1.8 to 2.0 s (Jaxley 10 to 22 s; NEURON 0.1 to 0.4, Arbor less). The working memory of a "
        "gradient grows as the square root of the steps.",
    ),
    Section(
        "A layer 5 pyramidal cell",
        "24 densities of a grown cell, tuned by gradient: a somatic step gives one spike, a dendritic EPSP none, both a"
        " calcium spike and a burst; the same with half the step and with compartments half as long.",
        "python benchmarks/layer5.py",
        ("layer5",),
        layer5,
        "The channels agree with the authors' mechanisms in NEURON: steady states to 1e-8, time constants to 1e-7.",
    ),
    Section(
        "A network of 4000 cells",
        "4000 conductance-based cells and 320 000 synapses for 1 s: the same connections and starts for all.",
        "python benchmarks/cobahh.py",
        ("cobahh",),
        network,
        "A million synapses are drawn in 0.4 to 1.1 s. A network compiles for ten seconds, and its channels are without noise.",
    ),
    Section(
        "Its derivatives",
        "The derivatives of the activity of the 4000 cells by their four synaptic weights, largest relative deviations "
        "of two ways to compute them. The network is chaotic: the longer it runs, the larger its derivatives, and over "
        "tens of milliseconds they are right and of no use.",
        "python benchmarks/cobahh.py --gradient",
        ("cobahh_gradient",),
        network_gradient,
    ),
)
