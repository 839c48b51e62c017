"""Steps of random motion a second, beside RatInABox, in one run.

    python benchmarks/motion_speed.py

Needs `pip install ratinabox`. The motion of RatInABox is `ornstein_uhlenbeck` here, with the same parameters. Writes
results/motion_speed.json.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.case import NATIVE_LOOP, machine, run, table, write

BATCHES = (1, 64, 4096)
STEPS = {1: 20_000, 64: 4000, 4096: 250}
MOTIONS = ("ornstein_uhlenbeck", "raudies_hasselmo")


def cases() -> list[dict]:
    """What is measured, in the order of the table."""
    ours = []
    for motion in MOTIONS:
        for batch in BATCHES:
            flags = NATIVE_LOOP if batch == 1 else ""  # that loop runs on one core
            found = run("motion", "jaxneuro", flags=flags, motion=motion, batch=batch, steps=STEPS[batch])
            ours.append({"who": motion, "batch": batch, **found})
    peers = [
        {"who": f"RatInABox{'' if history else ', no history'}", "batch": batch,
         **run("motion", "ratinabox", batch=batch, steps=2000 // batch, history=history)}
        for history, batch in ((True, 1), (False, 1), (False, 16))
    ]  # fmt: skip
    return ours + peers


def main() -> None:
    """Measure, print, write."""
    found = cases()
    speed = lambda case: f"{case['value']['steps_per_s']:.3g}" if "value" in case else case["failed"]
    rows = [[case["who"], str(case["batch"]), speed(case)] for case in found]
    print(table(["motion", "animals", "steps/s"], rows))
    print(write("motion_speed", {"machine": machine(), "cases": found}))


if __name__ == "__main__":
    main()
