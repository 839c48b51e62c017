"""One population over two processes, as over two machines: `jax.distributed` on the loopback.

    python benchmarks/distributed.py [--cells 1000]

Each process holds half of the cells; the call is the same as on one device. Prints the rate of each way and checks that
the two processes together count the spikes that one counts alone.
"""

import argparse
import os
import socket
import subprocess
import sys
import time

DURATION = 100.0  # ms
STEPS = 4000


def spikes_and_time(cells: int, mesh=None) -> tuple[int, float]:
    """Number of spikes of the whole population, and the time of a run [s]."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    import jaxneuro as jn

    g_max = np.linspace(80.0, 160.0, cells, dtype=np.float32)
    if mesh is not None:
        placed = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("cell"))
        g_max = jax.make_array_from_callback((cells,), placed, lambda index: g_max[index])

    @jax.jit
    def count(g_max):
        population = jax.vmap(lambda g: jn.cells.hodgkin_huxley().set("na.g_max", g))(g_max)
        v = jax.vmap(lambda c: jn.simulate(c, jn.stimuli.step(10.0, start=5.0), duration=DURATION).v)(population)
        return jnp.sum((v[:, :-1] < 0) & (v[:, 1:] >= 0))

    spikes = int(count(g_max))
    began = time.perf_counter()
    count(g_max).block_until_ready()
    return spikes, time.perf_counter() - began


def one_of_two(cells: int, address: str, rank: int) -> None:
    """What each process does."""
    import jax
    import numpy as np

    jax.distributed.initialize(address, num_processes=2, process_id=rank)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("cell",))
    spikes, seconds = spikes_and_time(cells, mesh)
    if rank == 0:
        print(f"{len(jax.devices())} devices of {jax.process_count()} processes: {spikes} spikes, "
              f"{cells * STEPS / seconds / 1e6:.0f} M cell-steps/s", flush=True)  # fmt: skip
    jax.distributed.shutdown()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cells", type=int, default=1000, help="size of the population, even")
    parser.add_argument("--join", nargs=2, metavar=("ADDRESS", "RANK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if options.join:
        one_of_two(options.cells, options.join[0], int(options.join[1]))
        return 0
    spikes, seconds = spikes_and_time(options.cells)
    print(f"1 device of 1 process: {spikes} spikes, {options.cells * STEPS / seconds / 1e6:.0f} M cell-steps/s")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, __file__, "--cells", str(options.cells), "--join", address]
    both = [subprocess.Popen([*command, str(rank)], stdout=subprocess.PIPE, text=True) for rank in range(2)]
    printed = [process.communicate(timeout=240)[0] for process in both]
    print(printed[0], end="")
    agree = f" {spikes} spikes" in printed[0] and not any(process.returncode for process in both)
    print("the same spikes" if agree else "FAILED: the processes differ or ended with an error")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
