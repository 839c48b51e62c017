"""Spiking networks: tasks, speed, rules, a nerve."""

from typing import Any

from .page import Section, how, number, table


def tasks(*reports: dict[str, Any]) -> list[str]:
    """Test accuracy of every task."""
    rows = []
    for name, report in zip(TASKS, reports, strict=True):
        for row in report["rows"]:
            sd = "" if row["spread_percent"] is None else f" ± {row['spread_percent']:.1f}"
            parameters = row["runs"][0].get("parameters")
            rows.append([name.removeprefix("spiking_"), row["label"], f"{row['mean_percent']:.1f}{sd}",
                         "" if parameters is None else str(parameters), str(report["epochs"])])  # fmt: skip
    return [table(["task", "network", "test %, three seeds", "parameters", "epochs"], rows)]


def transfer(report: dict[str, Any]) -> list[str]:
    """One network in several engines."""
    rows = [[name, f"{100 * row['accuracy']:.1f}", f"{row['spikes']:.0f}"] for name, row in report["accuracy"].items()]
    lag = report["match"]["out"]["latency_sd_ms"]
    return [
        table([f"of {report['test_samples']} test samples", "right %", "spikes a sample"], rows),
        f"The cells of the output layer answer {lag:.1f} ms unevenly, and batches of training as cells did not mend it.",
    ]


def silent(report: dict[str, Any]) -> list[str]:
    """Learning from silence."""
    return [f"{report['mean_percent']:.0f} % in {report['epochs']} epochs of {len(report['runs'])} seed."]


def speed(report: dict[str, Any]) -> list[str]:
    """Times and memory beside peers."""
    sizes = sorted({row["size"] for row in report["ratios"]})
    ratio = lambda row: (
        f"×{row['forward run_s']:.2f} / {row['gradient run_s']:.2f} / {row['gradient temporary_mb']:.2f}"
    )
    peers = list(dict.fromkeys(row["label"] for row in report["ratios"]))
    rows = [[peer, *(ratio(r) for s in sizes for r in report["ratios"] if (r["label"], r["size"]) == (peer, s))]
            for peer in peers]  # fmt: skip
    kept = [[row["label"], number(row["gradient"]["run_s"]), f"{row['gradient']['temporary_mb']:.0f}"]
            for row in report["checkpoints"]]  # fmt: skip
    loops = [[row["label"], str(row["steps"]), number(1e3 * row["forward"]["run_s"]), number(1e3 * row["gradient"]["run_s"])]
             for row in report["readout"]]  # fmt: skip
    return [
        how(report),
        table(["times faster, forward / gradient / less memory; neurons a layer", *map(str, sizes)], rows),
        table(["gradient over 2000 steps; kept", "s", "MB"], kept),
        table(["neurons without reset, over time", "steps", "forward [ms]", "gradient [ms]"], loops),
    ]


def events(report: dict[str, Any]) -> list[str]:
    """Iterations a second, errors of spike times."""
    cases = {name: case["value"] for name, case in report["cases"].items() if isinstance(case["value"], dict)}
    rows = [[name, f"{v['iterations_per_s']:.0f}", f"{v['first_step_s']:.0f}", number(v["error_ms"], 1)]
            for name, v in cases.items()]  # fmt: skip
    published = f"Eventax publishes {report['published_iterations_per_s']:g} iterations a second."
    losses = cases["jaxneuro"]["losses"]
    return [
        table(["", "iterations a second", "first [s]", "error of spike times [ms]"], rows),
        f"{published} The loss falls from {losses[0]:.2f} to {losses[-1]:.2f} in {len(losses)} iterations.",
    ]


def rules(report: dict[str, Any]) -> list[str]:
    """Cosines with the exact gradient."""
    rows = [
        [row["rule"], f"{row['cosine']:.2f} ± {row['spread']:.2f}", f"{row['memory_bytes'] / 1e3:.0f}",
         number(1e3 * row["run_s"]), number(row["learned"], 3) if row.get("learned") else ""]
        for row in report["rules"]
    ]  # fmt: skip
    heading = ["rule", f"cosine, {report['draws']} draws", "memory [kB]", "time [ms]", "loss after learning"]
    return [how(report), table(heading, rows)]


def nerve(report: dict[str, Any]) -> list[str]:
    """Bits and coincidence."""
    rows = [[name, str(row["parameters"]), f"{row['bits_held_out']:.2f}", f"{row['coincidence']:.2f}"]
            for name, row in report["models"].items()]  # fmt: skip
    return [table(["model", "parameters", "held out: bits a spike", "coincidence at 2 ms"], rows)]


TASKS = (
    "spiking_yin_yang_events", "spiking_yin_yang_silent", "spiking_yin_yang_surrogate", "spiking_yin_yang_dense",
    "spiking_digits", "spiking_mnist1d_convolution", "spiking_mnist1d_gru", "spiking_mnist1d_delays",
    "spiking_timing_fixed-step",
)  # fmt: skip

SECTIONS = (
    Section(
        "Spiking networks on tasks",
        "Mean and standard deviation over seeds. Yin-Yang is of 5-120-3 neurons; beside it dense networks without "
        "spikes. Published: exact events 95.9 ± 0.7 (Göltz et al. 2021), dense 97.6 ± 1.5 (Kriener et al. 2022). The "
        "GRU had the same learner and tuning on validation data. On disturbed sequences the spiking convolution is "
        "level with the GRU, and networks that hear the sequence run by stay below it.",
        "python benchmarks/spiking_{yin_yang,digits,mnist1d,timing}.py",
        TASKS,
        tasks,
        "The spiking convolution on disturbed sequences: 98.2 % of one seed. Exact events (`tests/spiking/`): spike "
        "times of LIF neurons equal closed forms to 1e-9 in float64 and 2e-5 in float32, gradients to 1e-6; on 20 "
        "recurrent networks of five neurons with delays autodiff = EventProp = forward mode = differences to 1e-6, "
        "where the draw is not flagged as ill-conditioned (`spiking.gradcheck`). Quadratic neurons are within 5e-11 ms "
        "of a converged integration, Izhikevich's within 1e-8. Memory of a gradient of 20 recurrent neurons, batch 150:"
        " EventProp 3.2 MB, autodiff 2451 MB. NIR: round trips to 1e-14; on the NIR project's own LIF example the same "
        "spikes as its exact trace; each node follows NIR's equations to 1e-6 at steps as long as its time constants, "
        "also where a population drives itself; the paper's N-MNIST network spikes as snnTorch's, 10 046 spikes of 10 "
        "046, and its convolutions stay 138 thousand weights.",
    ),
    Section(
        "The same network as cells",
        "The Yin-Yang network trained by exact events, run as conductance-based cells.",
        "python benchmarks/conductance_transfer.py",
        ("conductance_transfer",),
        transfer,
    ),
    Section(
        "Learning from silence",
        "Yin-Yang by quadratic neurons with pseudospikes, from weights with which nothing spikes: they learn, but not far.",
        "python benchmarks/silent_start.py",
        ("silent_start",),
        silent,
    ),
    Section(
        "Speed of spiking networks",
        "At a fixed step, beside Spyx and snnTorch. At 128 and 512 neurons a layer a gradient takes as long as Spyx's, "
        "and compiling twice as long at any size. Neurons without reset run in parallel over time, but on two cores "
        "that is slower than the loop.",
        "python benchmarks/spiking_speed.py",
        ("spiking_speed",),
        speed,
        "A gradient step of a 5-200-3 network by exact events, batch 150, takes 55 ms, the forward run 13 ms.",
    ),
    Section(
        "Speed of exact events",
        "The regression of Eventax's examples: 21 recurrent quadratic neurons, batch 64.",
        "python benchmarks/event_speed.py",
        ("event_speed",),
        events,
    ),
    Section(
        "Learning rules",
        "For one recurrent network and one loss (3.35 before learning), each rule's gradient beside the exact one. RTRL"
        " equals backpropagation to 3e-14, e-prop the gradient of the network cut between its neurons to 2e-13, and the"
        " memory of both does not grow with time.",
        "python benchmarks/learning_rules.py",
        ("learning_rules",),
        rules,
    ),
    Section(
        "A grasshopper's auditory receptor",
        "Fitted to 7 s, judged on 3 s held out; bits over a constant rate.",
        "python benchmarks/grasshopper.py",
        ("grasshopper",),
        nerve,
        "(`tests/spiking/test_energy.py`): sodium of a squid spike is 4.0 times the least at 18.5 °C, of a "
        "fast-spiking cell 1.7 times, 6e7 ATP; a brain whose neurons all cost as a rodent's cortical one takes 23 W.",
    ),
)
