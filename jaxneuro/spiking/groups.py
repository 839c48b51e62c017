"""Which populations drive one another, and in what order the rest can be run."""

from .network import INPUT, Network


def groups(network: Network) -> list[list[str]]:
    """Populations in groups that drive one another, every group after those that drive it."""
    reach = {name: _downstream(network, name) for name in network.populations}
    left, found = list(network.populations), []
    while left:
        upstream = {name: [other for other in left if name in reach[other]] for name in left}
        first = next(name for name in left if all(other == name or other in reach[name] for other in upstream[name]))
        group = [name for name in left if name == first or (name in reach[first] and first in reach[name])]
        found.append(group)
        left = [name for name in left if name not in group]
    return found


def _downstream(network: Network, name: str) -> set[str]:
    found, new = set(), {name}
    while new:
        new = {c.post for c in network.connections.values() if c.pre in new and c.pre != INPUT} - found
        found |= new
    return found
