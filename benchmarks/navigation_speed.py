"""Steps a second of environments and motion beside gymnax and RatInABox, and what a training costs, in one run.

    python benchmarks/navigation_speed.py [LABEL ...]

Batches of 1 to 4096 animals with random actions, 200 steps, auto reset and observations included, float32; each case in a
process of its own, medians of repeated runs after compilation. A step of ours is four frames of movement among walls
and twelve rays of sight. Then two PPO updates of the grid-code agent beside its experience alone, and 16 seeds in one
vmap beside 16 runs of the same compiled function one after the other. Writes results/navigation_speed.json. Peers that are not
installed are said to be so; `pip install gymnax==1.0.1 ratinabox==1.15.3`.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import case
from benchmarks.case import RESULTS, machine, run, table, write

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


WAYS = {"one seed": (1, 1), "16 seeds in one vmap": (16, 1), "16 runs": (1, 16)}


def shown(label: str, found: dict) -> list[str]:
    """Steps a second, or why there are none."""
    return [label, *([f"{x['steps_a_second']:.3g}" for x in found["value"]] if "value" in found else [found["failed"]])]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="*", default=[*CASES, *WAYS], help="only these; others as they are in the file")
    chosen, kept = parser.parse_args().labels, RESULTS / "navigation_speed.json"
    report = json.loads(kept.read_text()) if kept.exists() else {"steps": {}, "training": {}}
    report |= {"machine": machine(), "batches": BATCHES}
    for label, (module, function, options) in CASES.items():
        if label in chosen:
            report["steps"][label] = run(module, function, batches=BATCHES, **options)
    for label, (seeds, repeats) in WAYS.items():
        if label in chosen:
            report["training"][label] = run("navigation_jaxneuro", "training", seeds=seeds, repeats=repeats)
    write("navigation_speed", report)
    rows = [shown(label, found) for label, found in report["steps"].items() if "value" in found]
    print(table(["steps a second, batch", *map(str, BATCHES)], rows))
    print("\n".join(f"{label}: {found.get('value', found)}" for label, found in report["training"].items()))
