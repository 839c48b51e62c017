"""How well each rule's gradient agrees with the exact one, and what it costs."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from ..inputs import Inputs
from ..network import SpikingNetwork
from .learning import Loss, Rule, lowered


def gradient_table(
    network: SpikingNetwork,
    inputs: Inputs,
    targets: Any,
    rules: Mapping[str, Rule],
    *,
    loss: Loss,
    duration: float,
    draws: Sequence[SpikingNetwork] = (),
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
        draws: Further networks of the same shapes, over which cosines are averaged too.
        paths: The parameters compared; by default the weights of all connections.
        seconds: Time spent on timing each rule [s].

    Returns:
        A row for each rule: `rule`, `loss`, `cosine` with the reference over all paths, and its `spread` over the draws (standard
        deviation), `norm` relative to the reference's (median), `cosines` by path, `memory_bytes` that XLA counts besides
        arguments and results, `run_s` of a compiled call (median), and `compile_s`. Loss, memory and time are the network's.
        Means leave out draws in which a gradient is zero; they are nan where it always is.

    Raises:
        ValueError: if no rules are given, or from `gradient`.
    """
    if not rules:
        raise ValueError("no rules: give at least one, by a label.")
    paths = paths or tuple(network.paths("connections.*.weight"))
    rows, reference = [], None
    for label, rule in rules.items():
        began = time.perf_counter()
        compiled: Any = lowered(network, inputs, targets, loss=loss, duration=duration, rule=rule).compile()
        compile_s = time.perf_counter() - began
        values, found = zip(*(compiled(n, inputs, targets, rule) for n in (network, *draws)), strict=True)
        vectors = [{path: np.ravel(np.asarray(g.get(path), float)) for path in paths} for g in found]
        reference = reference or vectors
        rows.append({
            "rule": label,
            "loss": float(values[0]),
            **_agreement(vectors, reference),
            "memory_bytes": compiled.memory_analysis().temp_size_in_bytes,
            "run_s": _median_time(compiled, (network, inputs, targets, rule), seconds),
            "compile_s": compile_s,
        })  # fmt: skip
    return rows


def _agreement(vectors: list[dict], reference: list[dict]) -> dict[str, Any]:
    """Cosines, and the relative norm, of gradients with their references, each by path."""
    whole = [[np.concatenate(list(x.values())) for x in pair] for pair in zip(vectors, reference, strict=True)]
    cosines = np.array([cosine(*pair) for pair in whole])
    norms = [np.linalg.norm(a) / np.linalg.norm(b) for a, b in whole if np.any(b)]
    pairs = list(zip(vectors, reference, strict=True))
    return {
        "cosine": mean(cosines),
        "spread": float(np.nanstd(cosines, ddof=1)) if np.isfinite(cosines).sum() > 1 else 0.0,
        "norm": float(np.median(norms)) if norms else float("nan"),
        "cosines": {path: mean(np.array([cosine(a[path], b[path]) for a, b in pairs])) for path in vectors[0]},
    }


def mean(values: np.ndarray) -> float:
    """The mean of what is not nan; nan if all is."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


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
    lines = [f"{'rule':<28}{'cosine':>8} {'±':>6} {'norm':>8} {'loss':>9} {'memory kB':>11} {'ms':>8}"]
    for row in rows:
        lines.append(
            f"{row['rule']:<28}{row['cosine']:>8.3f} {row['spread']:>6.3f} {row['norm']:>8.3g} {row['loss']:>9.5g} "
            f"{row['memory_bytes'] / 1e3:>11,.0f} {row['run_s'] * 1e3:>8.1f}"
        )
    return "\n".join(lines)
