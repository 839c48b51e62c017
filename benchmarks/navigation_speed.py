"""Steps a second of environments and motion beside gymnax and RatInABox, and what a training costs, in one run.

    python benchmarks/navigation_speed.py

Batches of 1 to 4096 animals with random actions, 200 steps, auto reset and observations included, float32; each case in a
process of its own, medians of repeated runs after compilation. A step of ours is four frames of movement among walls
and twelve rays of sight. Then two PPO updates of the grid-code agent beside its experience alone, and 16 seeds in one
vmap beside 16 runs of the same compiled function one after the other. Writes results/navigation_speed.json. Peers that are not
installed are said to be so; `pip install gymnax==1.0.1 ratinabox==1.15.3`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import case
from benchmarks.case import machine, run, table, write

case.PACKAGES += ("flax", "gymnax", "ratinabox")
BATCHES = (1, 16, 256, 4096)
CASES = {
    "open arena": ("navigation_jaxneuro", "environment", {"task": "open arena"}),
    "goal doors": ("navigation_jaxneuro", "environment", {"task": "goal doors"}),
    "gymnax MetaMaze": ("navigation_peers", "environment", {"task": "MetaMaze-misc"}),
    "gymnax FourRooms": ("navigation_peers", "environment", {"task": "FourRooms-misc"}),
    "gymnax CartPole": ("navigation_peers", "environment", {"task": "CartPole-v1"}),
    "motion": ("navigation_jaxneuro", "motion", {}),
    "RatInABox motion": ("navigation_peers", "motion", {}),
}


def cell(found: dict) -> str:
    """Steps a second, or why there are none."""
    return f"{found['value']['steps_a_second']:.3g}" if "value" in found else found["failed"][:24]


if __name__ == "__main__":
    report: dict = {"machine": machine(), "rows": [], "training": {}}
    lines = []
    for label, (module, function, options) in CASES.items():
        found = [run(module, function, batch=batch, **options) for batch in BATCHES]
        report["rows"] += [{"label": label, "batch": b, **f} for b, f in zip(BATCHES, found, strict=True)]
        lines.append([label, *map(cell, found)])
        print("  ".join(lines[-1]), flush=True)
    print(table(["steps a second, batch", *map(str, BATCHES)], lines))
    ways = {"one seed": (1, 1), "16 seeds in one vmap": (16, 1), "16 runs": (1, 16)}
    for label, (seeds, repeats) in ways.items():
        found = run("navigation_jaxneuro", "training", seeds=seeds, repeats=repeats)
        report["training"][label] = found
        print(label, found.get("value", found), flush=True)
    write("navigation_speed", report)
