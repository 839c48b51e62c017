"""Which populations drive one another in a loop, and in which order the loops can be run."""

from .network import INPUT, SpikingNetwork


def loops(network: SpikingNetwork) -> list[tuple[str, ...]]:
    """Groups of populations that are to be run together, each after all that drive it; one alone where there is no loop."""
    upstream = {name: {name} for name in network.populations}
    for _ in network.populations:
        for connection in network.connections.values():
            if connection.pre != INPUT:
                upstream[connection.post] |= upstream[connection.pre]
    groups: dict[frozenset, list[str]] = {}  # those in one loop have the same populations upstream
    for name in sorted(upstream, key=lambda name: len(upstream[name])):
        groups.setdefault(frozenset(upstream[name]), []).append(name)
    return [tuple(names) for names in groups.values()]
