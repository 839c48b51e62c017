"""Work against precision: how long simulators take for a squid axon, and how far their spikes are from the truth.

    python benchmarks/accuracy.py [--quick]

One cell, 10 µA/cm² from 5 ms, 100 ms, voltage recorded; the error is the largest over the seven spikes, against a
solution converged to 1e-11 ms (tests/reference/squid.npz). The time is the median of repeated runs in a process that
has compiled before. Writes results/accuracy.json and results/accuracy.png. Simulators that are not installed are
said to be so; `pip install .[bench]` installs them.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import NATIVE_LOOP, RESULTS, ROOT, machine, run, table, write

DT = [0.1, 0.05, 0.025, 0.0125]  # ms
RUNAWAY = 5.0  # ms: errors beyond a third of a period mean other spikes
NATIVE = " (native loop)"


def cases(quick: bool) -> list[tuple[str, str, dict]]:
    """Label, module and arguments of every curve."""
    steps = [0.05, 0.025] if quick else DT
    tolerances = [1e-5, 1e-7] if quick else [1e-3, 1e-5, 1e-7, 1e-9]
    fixed = {"Staggered": (32, 64), "ExponentialEuler": (32,), "Heun": (64,), "Tsit5": (64,)}
    chosen = [(m, bits, steps) for m, widths in fixed.items() for bits in widths]
    chosen += [(f"adaptive {m}", 64, tolerances) for m in ("Tsit5", "Dopri8")]
    ours = [(f"jaxneuro {m} f{bits}{native}", "jaxneuro",
             {"method": m, "settings": settings, "double": bits == 64, "flags": NATIVE_LOOP if native else ""})
            for m, bits, settings in chosen for native in ("", NATIVE)]  # fmt: skip
    jaxley = [(f"Jaxley {m} f32{native}", "jaxley",
               {"method": m, "settings": steps, "double": False, "flags": NATIVE_LOOP if native else ""})
              for m, native in (("bwd_euler", ""), ("crank_nicolson", ""), ("crank_nicolson", NATIVE),
                                ("exp_euler", ""))]  # fmt: skip
    neuron = [("NEURON implicit, rate table", "neuron", {"method": "implicit", "settings": steps, "table": True})]
    neuron += [(f"NEURON {m}", "neuron", {"method": m, "settings": s})
               for m, s in (("implicit", steps), ("secondorder=2", steps), ("cvode", tolerances))]  # fmt: skip
    brian2 = [(f"Brian2 {m}", "brian2", {"method": m, "settings": steps}) for m in ("exponential_euler", "rk2", "rk4")]
    return ours + jaxley + neuron + brian2


def error(spikes: list[float], truth: np.ndarray) -> float | None:
    """Largest error over the spikes [ms]; None if their number is wrong or one is more than 5 ms off."""
    if len(spikes) != len(truth):
        return None
    worst = float(np.abs(np.array(spikes) - truth).max())
    return worst if worst < RUNAWAY else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two steps a method: a check that all of it runs")
    quick = parser.parse_args().quick
    truth = np.load(ROOT / "tests" / "reference" / "squid.npz")["spikes"]
    about = machine()
    curves, rows = [], []
    for label, module, arguments in cases(quick):
        result = run(module, "accuracy", **arguments)
        points = [
            {"setting": p["setting"], "error_ms": error(p["spikes"], truth), **p} for p in result.get("value", [])
        ]
        curves.append({"label": label, "points": points, "failed": result.get("failed")})
        rows += [[label, f"{p['setting']:g}", _milliseconds(p), _error(p)] for p in points]
        rows += [[f"{label}: {result['failed']}", "", "", ""]] if "failed" in result else []
        print(f"  {label}: {result.get('wall_s', 0):.0f} s", file=sys.stderr)
    print(table(["method", "dt or tol", "run ms", "error ms"], rows))
    print("\n" + table(["time to an error of 0.01 ms, interpolated", "ms"], frontier(curves, 0.01)))
    report = {"machine": about, "how": " ".join(__doc__.split("\n\n")[2].split()), "curves": curves}
    print(write("accuracy", report))
    plot(curves)


def _milliseconds(point: dict) -> str:
    return f"{1e3 * point['run_s']:.3f}"


def _error(point: dict) -> str:
    return "wrong spikes" if point["error_ms"] is None else f"{point['error_ms']:.2e}"


def frontier(curves: list[dict], level: float) -> list[list[str]]:
    """Run time of each method at a given error, on the straight line between its points in logarithms."""
    found = []
    for curve in curves:
        good = sorted((p["error_ms"], p["run_s"]) for p in curve["points"] if p["error_ms"])
        if len(good) > 1 and good[0][0] <= level:
            errors, times = np.log(np.array(good)).T
            found.append((float(np.exp(np.interp(np.log(level), errors, times))), curve["label"]))
    return [[label, f"{1e3 * seconds:.3f}"] for seconds, label in sorted(found)]


def plot(curves: list[dict]) -> None:
    """Write the work-precision diagram; ours in colour, one grey family a peer."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("no figure: matplotlib is not installed")
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10.5, 5.5), layout="constrained")
    families = {"jaxneuro": ("-", plt.cm.plasma), "Jaxley": ("--", plt.cm.Greens), "NEURON": ("-.", plt.cm.Blues),
                "Brian2": (":", plt.cm.Greys)}  # fmt: skip
    for name, (line, colours) in families.items():
        members = [c for c in curves if c["label"].startswith(name)]
        for i, curve in enumerate(members):
            good = [(p["error_ms"], 1e3 * p["run_s"]) for p in curve["points"] if p["error_ms"]]
            if good:
                x, y = zip(*good, strict=True)
                shade = 0.85 * i / max(len(members) - 1, 1) if name == "jaxneuro" else 0.4 + 0.5 * i / len(members)
                axes.loglog(x, y, line + "o", color=colours(shade), ms=4, label=curve["label"])
    axes.set(xlabel="largest spike-time error [ms]", ylabel="run time of 100 ms [ms]", title="Squid axon, one cell")
    axes.invert_xaxis()
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    axes.grid(alpha=0.3, which="both", lw=0.4)
    figure.savefig(RESULTS / "accuracy.png", dpi=130)
    print(RESULTS / "accuracy.png")


if __name__ == "__main__":
    main()
