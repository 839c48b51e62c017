"""snnTorch's part of the speed of spiking networks: a loop over time in Python, as its tutorials write it."""

import os

import snntorch
import snntorch.surrogate
import torch

from benchmarks.case import timed
from benchmarks.simulators import spiking_problem as problem


def layers(size: int, steps: int) -> dict:
    """Forward, and the gradient by all weights of the squared error of rates; `temporary_mb`: tensors kept for the gradient."""
    torch.set_num_threads(os.cpu_count() or 1)
    dense = [torch.nn.Linear(size, size, bias=False) for _ in range(problem.LAYERS)]
    for layer, weight in zip(dense, problem.weights(size), strict=True):
        layer.weight.data = torch.from_numpy(weight.T.copy())
    surrogate = snntorch.surrogate.fast_sigmoid(slope=problem.SHARPNESS)
    neurons = [snntorch.Leaky(beta=problem.DECAY, spike_grad=surrogate) for _ in dense]
    spikes, wanted = map(torch.from_numpy, problem.inputs(size, steps))

    def run() -> torch.Tensor:
        states, out = [neuron.init_leaky() for neuron in neurons], []
        for x in spikes:
            for k, (layer, neuron) in enumerate(zip(dense, neurons, strict=True)):
                x, states[k] = neuron(layer(x), states[k])
            out.append(x)
        return torch.stack(out)

    def gradient() -> None:
        for layer in dense:
            layer.weight.grad = None
        ((run().mean(0) - wanted) ** 2).mean().backward()

    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        rate = float(run().mean())
    own = sum(layer.weight.untyped_storage().nbytes() for layer in dense) + spikes.untyped_storage().nbytes()
    with torch.no_grad():
        forward = timed(run, least=3, most=10, seconds=1.0)
    memory = (sum(kept.values()) - own) / 1e6
    return {"gradient": timed(gradient, least=3, most=10, seconds=1.0) | {"temporary_mb": memory},
            "forward": forward | {"rate": rate}}  # fmt: skip
