"""The base class of all that JAX maps over."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxneuro.pytree import Pytree, static


class Cats(Pytree):
    weight: Any = 4.0
    kind: str = static(default="tabby")


class Dogs(Pytree):
    weight: Any = 4.0
    kind: str = static(default="tabby")


def test_structures_of_two_classes_differ():
    """Or jit takes what it traced for the one for the other, where their hashes collide."""
    assert jax.tree.structure(Cats()) != jax.tree.structure(Dogs())
    assert jax.tree.structure(Cats()) != jax.tree.structure(Cats(kind="manx"))
    assert jax.tree.structure(Cats(1.0)) == jax.tree.structure(Cats(jnp.ones(3)))


def test_each_class_has_its_own_trace():
    double = jax.jit(lambda pet: pet.weight * (2.0 if isinstance(pet, Cats) else 3.0))
    for _ in range(2):
        assert double(Cats()) == 8.0
        assert double(Dogs()) == 12.0


def test_leaves_have_the_names_of_fields():
    (path, leaf), *_ = jax.tree_util.tree_leaves_with_path({"pet": Cats(2.0)})
    assert jax.tree_util.keystr(path) == "['pet'].weight" and leaf == 2.0
    assert jax.tree.map(lambda x: 2 * x, Cats(2.0, "manx")) == Cats(4.0, "manx")
