"""The tree solve against a dense one, its derivatives against finite differences, and under vmap."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuro.solve.linear import contract, elimination, laplacian, rounds, sequence, solve_tree

PARENT = np.array([-1, 0, 1, 1, 3, 0, 5, -1, 7, 7])  # two trees
SIZE = PARENT.size


def system(seed: int = 0) -> tuple[jax.Array, jax.Array, jax.Array]:
    random = np.random.default_rng(seed)
    shunt = np.where(np.arange(SIZE) % 3 == 1, 0.0, random.uniform(0.1, 2.0, SIZE))  # junctions have none
    conductance = np.where(PARENT < 0, 0.0, 10.0 ** random.uniform(-2, 2, SIZE))
    return jnp.asarray(shunt), jnp.asarray(conductance), jnp.asarray(random.normal(size=SIZE))


def dense(shunt: jax.Array, conductance: jax.Array, right: jax.Array) -> jax.Array:
    matrix = jnp.diag(shunt)
    for i, p in enumerate(PARENT):
        if p >= 0:
            e = jnp.zeros(SIZE).at[i].set(1.0).at[p].set(-1.0)
            matrix = matrix + conductance[i] * jnp.outer(e, e)
    return jnp.linalg.solve(matrix, right)


def test_equals_a_dense_solve():
    shunt, conductance, right = system()
    x = solve_tree(PARENT, shunt, conductance, right)
    np.testing.assert_allclose(x, dense(shunt, conductance, right), rtol=1e-10)
    np.testing.assert_allclose(shunt * x + laplacian(PARENT, conductance, x), right, rtol=1e-10, atol=1e-12)


def test_one_node_is_a_division():
    x = solve_tree(np.array([-1]), jnp.array([2.0]), jnp.zeros(1), jnp.array([3.0]))
    np.testing.assert_allclose(x, [1.5])


def test_gradient_equals_that_of_the_dense_solve_and_finite_differences():
    def loss(solve):
        return lambda *a: jnp.sum(jnp.sin(solve(*a)))

    tree = loss(lambda *a: solve_tree(PARENT, *a))
    gradient = jax.grad(tree, argnums=(0, 1, 2))(*system())
    linked = PARENT >= 0
    for name, ours, theirs in zip("scr", gradient, jax.grad(loss(dense), argnums=(0, 1, 2))(*system()), strict=True):
        keep = linked if name == "c" else np.ones(SIZE, bool)  # a root's conductance leads nowhere
        np.testing.assert_allclose(ours[keep], theirs[keep], rtol=1e-8, atol=1e-12)
    shunt, conductance, right = system()
    h = 1e-6
    for i in np.flatnonzero(linked):
        e = jnp.zeros(SIZE).at[i].set(h)
        slope = (tree(shunt, conductance + e, right) - tree(shunt, conductance - e, right)) / (2 * h)
        np.testing.assert_allclose(gradient[1][i], slope, rtol=1e-5, atol=1e-8)


def test_forward_mode_agrees_with_reverse():
    def f(c):
        return solve_tree(PARENT, system()[0], c, system()[2])

    np.testing.assert_allclose(jax.jacfwd(f)(system()[1]), jax.jacrev(f)(system()[1]), rtol=1e-9, atol=1e-12)


def test_vmap_equals_loop():
    systems = [system(seed) for seed in range(3)]
    stacked = [jnp.stack(x) for x in zip(*systems, strict=True)]
    mapped = jax.vmap(lambda *a: solve_tree(PARENT, *a))(*stacked)
    np.testing.assert_allclose(mapped, jnp.stack([solve_tree(PARENT, *s) for s in systems]), rtol=1e-12)
    shared = jax.vmap(lambda b: solve_tree(PARENT, *systems[0][:2], b))(stacked[2])
    np.testing.assert_allclose(shared[0], mapped[0], rtol=1e-12)


def test_stiff_trees_are_solved_in_float32():
    shunt, conductance, right = system()
    with jax.enable_x64(False):
        single = solve_tree(PARENT, *(jnp.asarray(np.asarray(x), jnp.float32) for x in (shunt, conductance, right)))
    np.testing.assert_allclose(single, dense(shunt, conductance, right), rtol=2e-3, atol=1e-4)


def random_tree(size: int, seed: int = 0) -> tuple[int, ...]:
    """A tree whose nodes mostly follow one another, with branches."""
    random = np.random.default_rng(seed)
    return (-1, *(int(i - 1 if random.random() < 0.8 else random.integers(i)) for i in range(1, size)))


def test_both_eliminations_agree_to_rounding():
    for parent in (tuple(PARENT.tolist()), random_tree(200), tuple(range(-1, 99))):
        random = np.random.default_rng(1)
        shunt, link = 10.0 ** random.uniform(-3, 0, len(parent)), 10.0 ** random.uniform(-2, 3, len(parent))
        right = random.normal(size=len(parent))
        one_by_one = jax.jit(elimination(parent))(*map(jnp.asarray, (shunt, link, right)))
        np.testing.assert_allclose(
            jax.jit(contract(parent))(*map(jnp.asarray, (shunt, link, right))), one_by_one, rtol=1e-11
        )


def test_a_cable_takes_a_logarithmic_number_of_rounds_and_waits_half_its_length():
    cable = tuple(range(-1, 1023))
    assert len(rounds(cable)[1]) <= 11
    assert sequence(cable).nodes[0] in (511, 512)
    assert len(rounds((-1, *[0] * 20))[1]) == 10  # a star: two leaves a round


def test_a_strong_coupling_costs_no_digits_in_float32():
    """A constant is the solution when the shunts alone are on the right-hand side, however strong the links."""
    parent = random_tree(300)
    with jax.enable_x64(False):
        random = np.random.default_rng(2)
        shunt = jnp.asarray(10.0 ** random.uniform(-3, 0, 300), jnp.float32)
        link = jnp.asarray(10.0 ** random.uniform(2, 5, 300), jnp.float32)
        for solve in (elimination(parent), contract(parent)):
            np.testing.assert_allclose(jax.jit(solve)(shunt, link, -65.0 * shunt), -65.0, rtol=1e-5)
