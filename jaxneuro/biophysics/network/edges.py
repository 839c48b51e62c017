"""Who is connected to whom: an edge list, and its rows for a network that sends spikes along them."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from ...checks import Rule
from ...pytree import Pytree, computed, static

MULTIPLE = 8  # rows are padded to a multiple of this, so that another draw of a random network seldom compiles again


class Edges(Pytree):
    """Edges from presynaptic cells to sites of postsynaptic cells. Make them with `edges` or a rule of `jaxneuro.connect`.

    Attributes:
        pre: Presynaptic cell of each edge (edge,).
        post: Postsynaptic cell of each edge (edge,).
        site_of: Site of each edge (edge,).
        sites: Cell and compartment of each site (site, 2); None if there is one for each cell, in compartment 0.
        rows: The edges of each presynaptic cell, padded with the number of edges (pre cell, widest).
        pre_size: Number of presynaptic cells.
        post_size: Number of postsynaptic cells.
    """

    pre: jax.Array = computed()  # numbers of cells and sites, which nobody trains
    post: jax.Array = computed()
    site_of: jax.Array = computed()
    sites: jax.Array | None = computed()
    rows: jax.Array = computed()
    pre_size: int = static()
    post_size: int = static()

    def rules(self) -> list[Rule]:
        """The rule that all that is numbered exists; `edges` has seen to it unless it is traced."""
        sizes = [(self.pre, self.pre_size), (self.post, self.post_size), (self.site_of, self.site_count)]
        if self.sites is not None:  # in which compartments, a network knows
            sizes += [(self.sites[..., 0], self.post_size), (self.sites[..., 1], np.iinfo(np.int32).max)]
        text = "there are edges from or to cells that do not exist: make them with jaxneuro.connect.edges."
        return [Rule((x >= 0) & (x < size), text) for x, size in sizes if isinstance(x, Tracer)]

    @property
    def count(self) -> int:
        """Number of edges."""
        return self.pre.shape[-1]

    @property
    def site_count(self) -> int:
        """Number of sites."""
        return self.post_size if self.sites is None else self.sites.shape[-2]

    def at_sites(self, of_compartments: jax.Array) -> jax.Array:
        """A quantity of compartments (cell, compartment) at the sites (site,)."""
        if self.sites is None:
            return of_compartments[:, 0]
        return of_compartments[self.sites[:, 0], self.sites[:, 1]]

    def at_compartments(self, of_sites: jax.Array, compartments: int) -> jax.Array:
        """A quantity of sites (site,) at the compartments, 0 elsewhere (cell, compartment)."""
        if self.sites is None:
            rest = jnp.zeros((self.post_size, compartments - 1), of_sites.dtype)
            return jnp.concatenate([of_sites[:, None], rest], axis=1) if compartments > 1 else of_sites[:, None]
        zeros = jnp.zeros((self.post_size, compartments), of_sites.dtype)
        return zeros.at[self.sites[:, 0], self.sites[:, 1]].add(of_sites, unique_indices=True)

    def in_rows(self, of_edges: jax.Array, fill: int = 0) -> jax.Array:
        """A quantity of edges (edge,) by presynaptic cell (pre cell, widest)."""
        return jnp.asarray(of_edges).at[self.rows].get(mode="fill", fill_value=fill)


def edges(pre: ArrayLike, post: ArrayLike, pre_size: int, post_size: int, compartment: ArrayLike = 0) -> Edges:
    """Edges from lists.

    Args:
        pre: Presynaptic cell of each edge (edge,).
        post: Postsynaptic cell of each edge (edge,).
        pre_size: Number of presynaptic cells.
        post_size: Number of postsynaptic cells.
        compartment: Where on the postsynaptic cell: one number, or one for each edge (edge,).

    Raises:
        ValueError: for lists of different lengths, a cell that does not exist, or indices that are traced.
    """
    pre, post, compartment = _whole("pre", pre), _whole("post", post), _whole("compartment", compartment)
    if pre.ndim != 1 or pre.shape != post.shape or compartment.shape not in ((), pre.shape):
        raise ValueError(
            f"pre {pre.shape}, post {post.shape} and compartment {compartment.shape}: pre and post need the shape "
            "(edge,), and compartment the same or ()."
        )
    inside("pre", pre, pre_size)
    inside("post", post, post_size)
    if (compartment < 0).any():
        raise ValueError(f"compartment = {compartment.min()}: compartments count from 0.")
    sites, site_of = None, post
    if compartment.any():
        pairs = post.astype(np.int64) * (int(compartment.max()) + 1) + compartment
        unique, site_of = np.unique(pairs, return_inverse=True)
        sites = np.stack(np.divmod(unique, int(compartment.max()) + 1), axis=1)
    pre, post, site_of, rows = (jnp.asarray(a, jnp.int32) for a in (pre, post, site_of, _rows(pre, pre_size)))
    sites = None if sites is None else jnp.asarray(sites, jnp.int32)
    return Edges(pre, post, site_of, sites, rows, int(pre_size), int(post_size))


def _rows(pre: np.ndarray, size: int) -> np.ndarray:
    """The edges of each presynaptic cell, padded with the number of edges (pre cell, widest)."""
    count = np.bincount(pre, minlength=size)
    widest = -(-max(int(count.max(initial=0)), 1) // MULTIPLE) * MULTIPLE
    order = np.argsort(pre, kind="stable")
    place = np.arange(pre.size) - np.repeat(np.cumsum(count) - count, count)
    rows = np.full((size, widest), pre.size)
    rows[pre[order], place] = order
    return rows


def _whole(name: str, x: ArrayLike) -> np.ndarray:
    if isinstance(x, Tracer):
        raise ValueError(f"{name} is traced: who is connected to whom is structure. Draw the edges outside of jit.")
    x = np.asarray(x)
    if x.size and not np.issubdtype(x.dtype, np.integer):
        raise ValueError(f"{name} has dtype {x.dtype}: give whole numbers, the indices of cells or compartments.")
    return x.astype(np.int32)


def inside(name: str, index: np.ndarray, size: int) -> None:
    """Refuse an index that is not one of so many.

    Raises:
        ValueError: with the index and those that exist.
    """
    bad = index[(index < 0) | (index >= size)]
    if bad.size:
        raise ValueError(f"{name} contains {bad[0]}: of {size} the indices are 0 to {size - 1}.")
