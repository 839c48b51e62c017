"""How a training ended, read off its history: what came of it matters more than that it is over."""

import math
import warnings

FALL = 0.1  # of the right answers: so much below the best epoch, and beyond chance, is worth a word
DEVIATIONS = 4.0  # of a share of right answers, by chance


def overflowed(row: dict[str, float]) -> str:
    """A status if no sample of an epoch had room for its spikes, and "" else."""
    if row["overflow"] < 1:
        return ""
    return (
        "overflow: every sample of the last epoch needed more room for spikes than the engine gives, so nothing was learned; "
        "give it more max_spikes, or smaller weights"
    )


def ending(status: str, history: list[dict[str, float]], samples: int, *, can_spike: bool, chosen: bool) -> str:
    """The status of a training that has come to its end, which also warns of an ending that is not what was hoped for.

    Args:
        status: Why it stopped.
        history: A row for each epoch.
        samples: Number of samples a row tells of.
        can_spike: Whether any population spikes.
        chosen: Whether validation data have chosen the network, so that a later fall does no harm.
    """
    if not history or status.startswith(("not finite", "interrupted")):
        return status
    found = overflowed(history[-1])
    if not found and can_spike and history[-1]["spikes"] == 0:
        found = "silent: no neuron spiked in the last epoch; give larger weights, or the regulariser Silence"
    if not found and not chosen:
        found = _fallen(history, samples)
    if found:
        warnings.warn(f"the training ended so: {found}.", RuntimeWarning, stacklevel=3)
    elif history[-1]["overflow"] > 0:
        share = history[-1]["overflow"]
        warnings.warn(
            f"{share:.1%} of the samples of the last epoch were left out, for want of room for their spikes: give the engine "
            "more max_spikes.",
            RuntimeWarning,
            stacklevel=3,
        )
    return found or status


def _fallen(history: list[dict[str, float]], samples: int) -> str:
    """A status if the last epoch is far behind the best, by right answers, or by the loss where there are none."""
    number = best_epoch(history)
    best, last, scored = history[number], history[-1], not math.isnan(history[-1]["accuracy"])
    fall = ""
    if scored:
        chance = math.sqrt(max(best["accuracy"] * (1 - best["accuracy"]), 1 / samples) / samples)
        if best["accuracy"] - last["accuracy"] > max(FALL, DEVIATIONS * chance):
            fall = f"accuracy fell from {best['accuracy']:.1%} in epoch {number} to {last['accuracy']:.1%}"
    number = min(range(len(history)), key=lambda n: math.inf if math.isnan(history[n]["loss"]) else history[n]["loss"])
    if not fall and _lost(history[0]["loss"], history[number]["loss"], last["loss"], share=1.0 if scored else 0.5):
        fall = f"the loss rose from {history[number]['loss']:.4g} in epoch {number} to {last['loss']:.4g}"
    if not fall:
        return ""
    return f"diverged: {fall} in the last; give validation data, which keep the best epoch, or a lower learning rate"


def _lost(first: float, best: float, last: float, *, share: float) -> bool:
    """Whether so large a share of what the loss had gained is lost, and more than noise."""
    return last - best > max(share * (first - best), FALL * abs(best))


def best_epoch(history: list[dict[str, float]]) -> int:
    """The epoch with most right answers, then the lowest loss: in the validation data, if there are, or else on the way."""
    return max(range(len(history)), key=lambda number: merit(history[number]))


def merit(row: dict[str, float]) -> tuple[float, float]:
    """What makes an epoch better than another: right answers, then a lower loss."""
    prefix = "validation_" if "validation_loss" in row else ""
    accuracy, loss = (row[prefix + name] for name in ("accuracy", "loss"))
    return 0.0 if math.isnan(accuracy) else accuracy, -math.inf if math.isnan(loss) else -loss
