"""What reaches the neurons of a graph, from where, through which linear nodes: each node is gone through once."""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np

from ..network import INPUT, MOST
from .graphs import Edges, Nodes
from .linear import LINEAR, Shape, apply, kind
from .neurons import NEURONS, SECOND
from .order import in_order

ROUTES = 256  # from one population to another that differ in their delays


@dataclass(frozen=True)
class Route:
    """A way from a population to a node.

    Attributes:
        pre: The population, or "input".
        source: Its shape.
        node: The last linear node; None for a sum of routes, and where the route begins.
        before: The route to that node, the routes that are summed, or none.
        names: The linear nodes in order; None if a sum is among them.
        mixed: Whether one of them mixes neurons.
        delay: Of the presynaptic neurons (pre,) or of all (1,) [ms].
        late: Of the postsynaptic neurons (post,) or of all (1,) [ms].
    """

    pre: str
    source: Shape
    node: str | None = None
    before: tuple["Route", ...] = ()
    names: tuple[str, ...] | None = ()
    mixed: bool = False
    delay: np.ndarray = field(default_factory=lambda: np.zeros(1))
    late: np.ndarray = field(default_factory=lambda: np.zeros(1))

    def key(self) -> tuple:
        """What routes have in common that can be summed."""
        return self.pre, self.delay.tobytes(), self.late.tobytes()

    def plus(self, other: "Route") -> "Route":
        """The sum of two routes that are alike."""
        return replace(self, node=None, before=(self, other), names=None, mixed=self.mixed or other.mixed)


class Routes:
    """The routes to every node of a graph.

    Args:
        nodes: The nodes by name.
        edges: The edges.
        shapes: Shapes of what neurons and the source send, by name.
        source: The name of the graph's input.

    Raises:
        ValueError: for a loop without neurons, or for more routes of different delays than there is room for.
    """

    def __init__(self, nodes: Nodes, edges: Edges, shapes: dict[str, Shape], source: str):
        self.nodes, self.shapes, self.source = nodes, shapes, source
        self.before: dict[str, list[str]] = {name: [] for name in nodes}
        for pre, post in edges:
            self.before[post].append(pre)
        self.out: dict[str, list[Route]] = {}
        for name in in_order(nodes, self.before, source):
            self.out[name] = [self._through(name, route) for route in self.into(name)]

    def into(self, name: str) -> list[Route]:
        """The routes that end at a node, those alike summed."""
        found: dict[tuple, Route] = {}
        for route in (route for pre in self.before[name] for route in self._out_of(pre)):
            key = route.key()
            found[key] = found[key].plus(route) if key in found else route
        if len(found) > ROUTES:
            raise ValueError(
                f"NIR node {name!r} is reached on more than {ROUTES} routes of different delays: give fewer."
            )
        return list(found.values())

    def _out_of(self, name: str) -> list[Route]:
        if name == self.source:
            return [Route(INPUT, self.shapes[name])]
        return [Route(name, self.shapes[name])] if kind(self.nodes[name]) in NEURONS else self.out[name]

    def _through(self, name: str, route: Route) -> Route:
        node = self.nodes[name]
        if kind(node) == "Delay":
            return _delayed(name, route, SECOND * np.ravel(np.asarray(node.delay, float)))
        if kind(node) not in LINEAR:
            return route
        mixes = kind(node) not in ("Flatten", "Scale")
        if mixes and np.any(route.late):
            raise ValueError(
                f"a NIR delay lies before the linear node {name!r} and after another: put it before or after both."
            )
        names = None if route.names is None else (*route.names, name)
        return replace(route, node=name, before=(route,), names=names, mixed=route.mixed or mixes)

    def evaluated(self, route: Route, x: jax.Array) -> jax.Array:
        """What comes of signals (batch, pre) at the end of a route (batch, post); what routes share is computed once."""
        seen: dict[int, tuple[jax.Array, Shape]] = {}
        stack = [route]
        while stack:
            now = stack[-1]
            waiting = [part for part in now.before if id(part) not in seen]
            stack += waiting
            if not waiting:
                seen[id(now)] = self._computed(now, [seen[id(part)] for part in now.before], x)
                stack.pop()
        return seen[id(route)][0]

    def _computed(self, route: Route, parts: list, x: jax.Array) -> tuple[jax.Array, Shape]:
        if not parts:
            return x, route.source
        if route.node is not None:
            return apply(route.node, self.nodes[route.node], *parts[0])
        (one, shape), (two, other) = parts
        if one.shape != two.shape:
            raise ValueError(
                f"NIR: signals of shapes {shape} and {other} from {route.pre!r} meet: give the same shape."
            )
        return one + two, shape

    def matrix(self, route: Route, size: int) -> jax.Array:
        """The weights that a route comes to (pre, post).

        Raises:
            ValueError: where they would be too many.
        """
        pre = int(np.prod(route.source))
        if pre * size > MOST:
            raise ValueError(
                f"NIR: written out, the weights from {route.pre!r} are {pre} × {size}, more than {MOST}: put neurons, or one "
                "convolution alone, between the two."
            )
        basis = self.evaluated(route, jnp.concatenate([jnp.eye(pre), jnp.zeros((1, pre))]))
        return basis[:-1] - basis[-1]

    def constant(self, route: Route) -> jax.Array:
        """What a route adds without any spike (post,)."""
        return self.evaluated(route, jnp.zeros((1, int(np.prod(route.source)))))[0]


def _delayed(name: str, route: Route, delay: np.ndarray) -> Route:
    """A route with a delay more: one that is the same for all, or that comes before neurons are mixed, is the presynaptic's."""
    if np.any(delay < 0):
        raise ValueError(f"NIR delay {name!r} is {np.min(delay):g} ms: give 0 or a positive number.")
    if delay.size and np.all(delay == delay[0]):
        return replace(route, delay=route.delay + delay[0])
    return replace(route, late=route.late + delay) if route.mixed else replace(route, delay=route.delay + delay)
