"""How well each rule's gradient agrees with the exact one, and what it costs."""

import time
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from .learning import Loss, Rule, lowered
from .network import Network


def gradient_table(
    network: Network,
    inputs: Any,
    targets: Any,
    rules: Mapping[str, Rule],
    *,
    loss: Loss,
    duration: float,
    paths: tuple[str, ...] | None = None,
    seconds: float = 0.5,
) -> list[dict[str, Any]]:
    """Compare the gradients that rules give of one loss of one network.

    Args:
        network: The specification.
        inputs: As `run` takes them: `SpikeTrains`, if one of the rules has the engine `Events`.
        targets: As `gradient` takes them.
        rules: Rules by a label; the first is the reference, such as `Backprop(Events())`.
        loss: As `gradient` takes it.
        duration: Length of the run [ms].
        paths: The parameters compared; by default the weights of all connections.
        seconds: Time spent on timing each rule [s].

    Returns:
        A row for each rule: `rule`, `loss`, `cosine` with the reference over all paths, `norm` relative to its, `cosines`
        by path, `memory_bytes` that XLA counts besides arguments and results, `run_s` of a compiled call (median), and
        `compile_s`. A cosine is nan where one of the two gradients is zero.

    Raises:
        ValueError: if no rules are given, or from `gradient`.
    """
    if not rules:
        raise ValueError("no rules: give at least one, by a label.")
    paths = paths or tuple(f"connections.{name}.weight" for name in network.connections)
    rows, reference = [], None
    for label, rule in rules.items():
        began = time.perf_counter()
        compiled: Any = lowered(network, inputs, targets, loss=loss, duration=duration, rule=rule).compile()
        compile_s = time.perf_counter() - began
        value, found = compiled(network, inputs, targets, rule)
        parts = {path: np.ravel(np.asarray(found.get(path), float)) for path in paths}
        reference = reference or parts
        whole, other = (np.concatenate(list(x.values())) for x in (parts, reference))
        rows.append({
            "rule": label,
            "loss": float(value),
            "cosine": cosine(whole, other),
            "norm": float(np.linalg.norm(whole) / np.linalg.norm(other)) if np.any(other) else np.nan,
            "cosines": {path: cosine(parts[path], reference[path]) for path in paths},
            "memory_bytes": compiled.memory_analysis().temp_size_in_bytes,
            "run_s": _median_time(compiled, (network, inputs, targets, rule), seconds),
            "compile_s": compile_s,
        })  # fmt: skip
    return rows


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine of the angle between two vectors; nan if one is zero."""
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norms) if norms > 0 else float("nan")


def _median_time(compiled: Any, arguments: tuple, seconds: float) -> float:
    times: list[float] = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 50):
        began = time.perf_counter()
        jax.block_until_ready(compiled(*arguments))
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def gradient_report(rows: list[dict[str, Any]]) -> str:
    """The rows of `gradient_table` as text."""
    lines = ["rule                          cosine     norm       loss   memory kB      ms"]
    for row in rows:
        lines.append(
            f"{row['rule']:<28}{row['cosine']:>8.4f} {row['norm']:>8.3g} {row['loss']:>10.6g} "
            f"{row['memory_bytes'] / 1e3:>11,.1f} {row['run_s'] * 1e3:>7.2f}"
        )
    return "\n".join(lines)
