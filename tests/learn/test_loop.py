"""A new room, tried out: a toy learner from the public names of `learn` alone, and what the loop and the checkpoint promise."""

import errno
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import learn
from jaxneuro.files import NotKept, locked
from jaxneuro.pytree import Editable, Pytree

# --- a new room, in forty lines ---------------------------------------------------------------------------------------


class Line(Editable):
    """y = slope x + offset."""

    slope: jax.Array = jn.parameter(default=1.0, unit="mV/ms", above=0.0)
    offset: jax.Array = jn.parameter(default=0.0, unit="mV")

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.slope * x + self.offset


class Learner(Pytree):
    """What goes on from step to step: parameters that may take any value, the optimiser's state, a key."""

    theta: learn.Theta
    moments: optax.OptState
    key: jax.Array


ADAM = optax.adam(0.05)


def begin(key: jax.Array, line: Line, free: tuple[str, ...] = ("slope", "offset")) -> Learner:
    theta = learn.unbounded(line, free)
    return Learner(theta, ADAM.init(theta), key)


def step(learner: Learner, line: Line, x: jax.Array, y: jax.Array) -> tuple[Learner, dict[str, jax.Array]]:
    """One minibatch that the key draws."""
    key, draw = jax.random.split(learner.key)
    rows = jax.random.randint(draw, (8,), 0, len(x))
    cost = lambda theta: jnp.mean((learn.bounded(line, theta)(x[rows]) - y[rows]) ** 2)
    loss, derivatives = jax.value_and_grad(cost)(learner.theta)
    changes, moments = ADAM.update(derivatives, learner.moments, learner.theta)
    return Learner(optax.apply_updates(learner.theta, changes), moments, key), {"loss": loss}  # pyright: ignore


def train(key: jax.Array, data: tuple, count: int = 60, *, checkpoint=None, resume=False, **options) -> learn.Trained:
    with learn.keeping(checkpoint, resume) as kept:
        options = {"chunk": 20, "progress": None} | options
        return learn.loop(
            learn.steps(step, LINE, *data), begin(key, LINE), count, checkpoint=kept,
            problem={"line": LINE, "data": data, "key": key}, **options
        )  # fmt: skip


LINE = Line(jnp.asarray(1.0), jnp.asarray(0.0))
X = jnp.linspace(-1.0, 1.0, 50)
DATA = (X, 3.0 * X - 1.0)


def test_a_new_room_learns_is_stopped_and_goes_on_to_the_bit(tmp_path: Path):
    rows: list[learn.Row] = []

    def look(row: learn.Row) -> None:
        rows.append(row)
        if row["steps"] == 40:
            raise KeyboardInterrupt

    stopped = train(KEY, DATA, 400, checkpoint=tmp_path / "run", progress=look)
    assert stopped.status == "interrupted" and [row["steps"] for row in rows] == [20, 40]
    resumed = train(KEY, DATA, 400, checkpoint=tmp_path / "run", resume=True)
    assert resumed.status == "finished" and same(resumed, train(KEY, DATA, 400))
    line = learn.bounded(LINE, resumed.state.theta)
    np.testing.assert_allclose([line.get("slope"), line.offset], [3.0, -1.0], atol=0.01)


# ----------------------------------------------------------------------------------------------------------------------

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def whole() -> learn.Trained:
    return train(KEY, DATA)


def plain(tree: object) -> list[np.ndarray]:
    is_key = lambda x: jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
    return [np.asarray(jax.random.key_data(x) if is_key(x) else x) for x in jax.tree.leaves(tree)]


def same(a: learn.Trained, b: learn.Trained) -> bool:
    """To the bit, but for the seconds."""
    rows = [[{**row, "seconds": 0} for row in ran.history] for ran in (a, b)]
    return rows[0] == rows[1] and all(map(np.array_equal, plain(a.state), plain(b.state)))


def test_a_resumed_one_is_the_same_to_the_bit(whole: learn.Trained, tmp_path: Path):
    train(KEY, DATA, 40, checkpoint=tmp_path / "run")
    assert same(train(KEY, DATA, checkpoint=tmp_path / "run", resume=True), whole)
    assert same(train(KEY, DATA, checkpoint=tmp_path / "run", resume=True), whole)  # nothing more to do
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]  # no lock, no rest


def test_chunks_of_any_length_come_to_the_same(whole: learn.Trained):
    for ran in (train(KEY, DATA, chunk=7), train(KEY, DATA, chunk=None)):
        assert all(map(np.array_equal, plain(ran.state), plain(whole.state)))


def test_ctrl_c_within_a_chunk_keeps_the_last_whole_one():
    def advance(state: int, done: int, count: int) -> learn.Chunk:
        if done == 4:
            raise KeyboardInterrupt
        return learn.Chunk(state + count, {}, count)

    ran = learn.loop(advance, 0, 9, chunk=2, progress=None)
    assert (ran.status, ran.state, ran.best) == ("interrupted", 4, 1)


def test_each_row_is_told_or_drawn_or_not(whole: learn.Trained, capsys: pytest.CaptureFixture, monkeypatch):
    seen: list[learn.Row] = []
    train(KEY, DATA, progress=seen.append)
    assert [row["loss"] for row in seen] == [row["loss"] for row in whole.history]
    for progress in (None, False, True):  # of a bar, nothing either: this is no terminal
        train(KEY, DATA, progress=progress)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    train(KEY, DATA, progress=True)
    shown = capsys.readouterr().err
    assert "60/60" in shown and "steps" in shown and "loss=" in shown


def test_the_clock_of_the_bar_begins_after_compiling(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    once = lambda state, done, count: learn.Chunk(time.sleep(0.0 if done else 0.5), {"loss": 5.0}, 1)
    learn.loop(once, None, 3, chunk=1)
    words = capsys.readouterr().err.rpartition("\r")[2]
    assert "3/3" in words and "00:00<00:00" in words


def test_what_is_not_finite_is_reported_and_not_taken():
    late = jnp.where(X == 1.0, jnp.inf, DATA[1])
    ran = train(KEY, (X, late))
    number = int(ran.status.removeprefix("not finite: loss, state in step "))
    assert 1 < number == ran.history[-1]["steps"]
    before = train(KEY, (X, late), number)
    assert before.status == "finished" and all(map(np.array_equal, plain(ran.state), plain(before.state)))
    at_once = train(KEY, (X, jnp.full(50, jnp.nan)))
    assert at_once.status == "not finite: loss, state in step 0" and at_once.history == [] and at_once.best == -1


def test_seeds_are_a_vmap(whole: learn.Trained, tmp_path: Path):
    keys = jnp.stack([KEY, jax.random.key(1)])
    seeds = jax.vmap(step, (0, None, None, None))
    ran = learn.loop(
        learn.steps(seeds, LINE, *DATA), jax.vmap(begin, (0, None))(keys, LINE), 60, chunk=20, progress=None
    )
    for mine, one in zip(plain(ran.state), plain(whole.state), strict=True):
        np.testing.assert_allclose(mine[0], one, rtol=1e-5, atol=1e-7)
    assert np.shape(ran.history[-1]["loss"]) == (2,)


@partial(jax.jit, static_argnums=2)
def a_step_within(key: jax.Array, slope: jax.Array, count: int) -> jax.Array:
    """A learner is a pure function, so that a whole training is one too."""
    learner, _ = jax.lax.scan(lambda s, _: (step(s, LINE, X, slope * X)[0], None), begin(key, LINE), None, length=count)
    return learner.theta["slope"]


def test_a_step_is_pure():
    assert np.isfinite(jax.grad(lambda slope: a_step_within(KEY, slope, 5))(3.0))


def test_nothing_is_compiled_twice():
    traced = []

    def counted(state: jax.Array, x: jax.Array) -> tuple[jax.Array, dict]:
        traced.append(1)
        return state + jnp.mean(x), {"loss": state}

    for data in (X, 2.0 * X):
        learn.loop(learn.steps(counted, data), jnp.asarray(0.0), 30, chunk=7, progress=None)
    first = len(traced)
    learn.loop(learn.steps(counted, 3.0 * X), 0.0, 99, progress=None)
    assert len(traced) == first


# --- the best, patience, time -----------------------------------------------------------------------------------------

LOSSES = [5.0, 3.0, 4.0, 3.0, 3.5, 1.0]


def follow(state: int, done: int, count: int) -> learn.Chunk:
    return learn.Chunk(done, {"loss": LOSSES[done], "trace": np.full((2, done), np.nan)}, 1)


@pytest.mark.parametrize(("patience", "best", "rows", "status"), [(None, 5, 6, "finished"), (3, 1, 5, "stopped early")])
def test_the_first_of_the_best_is_kept(patience: int | None, best: int, rows: int, status: str, tmp_path: Path):
    how = {"chunk": 1, "merit": lambda row: -row["loss"], "patience": patience, "progress": None}
    with learn.keeping(tmp_path / "run") as kept:
        learn.loop(follow, -1, 3, checkpoint=kept, **how)
    with learn.keeping(tmp_path / "run", resume=True) as kept:
        ran = learn.loop(follow, -1, 6, checkpoint=kept, **how)
    assert (ran.state, ran.best, len(ran.history), ran.status) == (best, best, rows, status)
    assert [np.shape(row["trace"]) for row in ran.history] == [(2, done) for done in range(rows)]


def test_it_stops_when_its_time_is_over():
    assert learn.loop(follow, -1, 6, chunk=1, seconds=0.0, progress=None).status == "out of time"


# --- what is kept -----------------------------------------------------------------------------------------------------


def keep(folder: Path, state: object, problem: str = "a") -> object:
    """The state, kept in a folder and read again."""
    for resume in (False, True):
        with learn.keeping(folder, resume) as kept:
            one = lambda state, done, count: learn.Chunk(state, {}, 1)
            ran = learn.loop(one, state, 1, checkpoint=kept, progress=None, problem={"problem": problem})
    return ran.state


def test_any_pytree_comes_back_as_it_was(tmp_path: Path):
    state = {
        "keys": jax.random.split(jax.random.key(3, impl="rbg"), 2), "key": KEY, "numpy": np.arange(3, dtype=np.int8),
        "half": jnp.ones(2, jnp.bfloat16), "empty": jnp.zeros((0, 4)), "python": (1, 2.5, True), "none": None,
        "not a number": jnp.asarray([jnp.nan, jnp.inf]), "a/b.c": [jnp.asarray(1j)],
    }  # fmt: skip
    found = keep(tmp_path / "run", state)
    assert jax.tree.structure(found) == jax.tree.structure(state)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(state), strict=True):
        assert type(a) is type(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)
        np.testing.assert_array_equal(*(plain(x)[0] if isinstance(x, jax.Array) else x for x in (a, b)))
        assert getattr(a, "committed", False) == getattr(b, "committed", False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(key=jax.random.key(1)), "belongs to another problem, with another key"),
        (dict(data=(X, X)), "with another data"),
        (dict(merit=lambda row: -row["loss"]), "whose best.theta.offset is missing and here float64 of shape"),
        (dict(resume=False), "holds a training: resume=True goes on with it; name another folder"),
    ],
)
def test_what_is_of_another_problem_is_refused(change: dict, message: str, tmp_path: Path):
    train(KEY, DATA, 20, checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match=message):
        train(**{"key": KEY, "data": DATA, "checkpoint": tmp_path / "run", "resume": True} | change)


def test_a_state_of_another_shape_is_refused_by_its_name(tmp_path: Path):
    keep(tmp_path / "run", {"w": jnp.ones(3)})
    with (
        learn.keeping(tmp_path / "run", resume=True) as kept,
        pytest.raises(
            ValueError, match=r"whose state.w is float\d\d of shape \(3,\) and here float\d\d of shape \(4,\)"
        ),
    ):
        learn.loop(follow, {"w": jnp.ones(4)}, 2, checkpoint=kept, progress=None, problem={"problem": "a"})


@pytest.mark.parametrize(
    ("folder", "file", "message"),
    [
        ("fit.npz", "", "fit.npz is a file, as older versions kept their checkpoints: these are folders now"),
        ("full", "thesis.tex", "full holds what is no checkpoint, such as 'thesis.tex': name an empty folder"),
        ("years", "2024", "years holds what is no checkpoint, such as '2024'"),
        ("years", "2024/may.jpg", "years holds a training: resume=True|years was written by an older version"),
    ],
)
def test_a_folder_of_something_else_is_refused_and_left_alone(folder: str, file: str, message: str, tmp_path: Path):
    (tmp_path / folder / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / file).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for resume in (False, True):
        with pytest.raises(ValueError, match=message):
            train(KEY, DATA, checkpoint=tmp_path / folder, resume=resume)
    assert (tmp_path / folder / file).read_text() == "mine" and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("item", "age"), [({"history": {"rows": []}}, "an older"), ({"said": {"format": 99}}, "a newer")]
)
def test_another_format_is_refused_by_name(item: dict, age: str, tmp_path: Path):
    import orbax.checkpoint as ocp

    with ocp.CheckpointManager(tmp_path / "run") as manager:
        said = {name: ocp.args.JsonSave(words) for name, words in item.items()}
        manager.save(2, args=ocp.args.Composite(state=ocp.args.StandardSave({"0": np.ones(3)}), **said))
    with pytest.raises(ValueError, match=f"was written by {age} version of jaxneuro, in another format of checkpoints"):
        train(KEY, DATA, checkpoint=tmp_path / "run", resume=True)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def edited(before: str, after: str) -> Callable[[Path], None]:
    def edit(file: Path) -> None:
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))

    return edit


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("arrays/d", cut), ("arrays/d", Path.unlink), ("arrays/manifest", Path.unlink), ("arrays/_METADATA", cut),
        ("said/metadata", cut), ("said/metadata", Path.unlink), ("said/metadata", edited('"steps": 20', '"steps": 10')),
        ("said/metadata", lambda file: file.write_text("[1]")), ("said/metadata", edited('"rows"', '"row"')),
        ("said/metadata", lambda file: file.write_text('{"format": 1}')),
        ("said/metadata", edited('"digest": "', '"digest": "0')), ("_CHECKPOINT_METADATA", cut),
    ],
)  # fmt: skip
def test_a_damaged_one_is_refused_or_read_as_it_was(name: str, damage: Callable, whole: learn.Trained, tmp_path: Path):
    train(KEY, DATA, 20, checkpoint=tmp_path / "run")
    for file in (tmp_path / "run" / "1").rglob("*"):
        if file.is_file() and name in str(file):
            damage(file)
    try:
        assert same(train(KEY, DATA, checkpoint=tmp_path / "run", resume=True), whole)
    except ValueError as fault:
        assert f"{tmp_path / 'run'} cannot be read, as it was damaged" in str(fault) and "\n" not in str(fault)


def test_a_folder_in_use_or_that_cannot_be_is_found_first(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="name another folder"):
        train(KEY, (), checkpoint=tmp_path / "file" / "run")
    with locked(tmp_path / "run"), pytest.raises(OSError, match="is being written by process"):
        train(KEY, (), checkpoint=tmp_path / "run")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_costs_nothing(whole: learn.Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(learn.Checkpoint, "_save", full)
    with pytest.warns(NotKept, match="No space left"):
        assert same(train(KEY, DATA, checkpoint=tmp_path / "run"), whole)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "steps = 0: give at least 1"),
        ({"chunk": 0}, "chunk = 0: give at least 1"),
        ({"patience": 2}, "patience = 2 without a merit"),
        ({"resume": True}, "resume=True without a checkpoint"),
    ],
)
def test_what_cannot_be_is_refused(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        train(KEY, DATA, **change)


def test_a_folder_is_no_checkpoint(tmp_path: Path):
    with pytest.raises(TypeError, match=r"keeping\(folder, resume\)"):
        learn.loop(learn.steps(halved), {"x": 1.0}, 2, checkpoint=tmp_path)


def halved(state):
    """A step without noise, of a state with the key `x`."""
    return {**state, "x": state["x"] * 0.5}, {"loss": jnp.sum(jnp.asarray(state["x"]) ** 2)}


def halving(state, count: int, *, folder=None, resume=False, by: Callable = halved, **options) -> learn.Trained:
    with learn.keeping(folder, resume) as kept:
        return learn.loop(learn.steps(by), state, count, checkpoint=kept, chunk=2, progress=None, **options)


@pytest.mark.parametrize(
    "state",
    [
        {"x": 1.0, "count": 3},
        {"x": np.float64(1.0), "many": np.arange(3)},
        {"x": jnp.ones(2, jnp.float16)},
        {"x": jnp.ones(2, jnp.bfloat16), "key": jax.random.key(0), "nothing": None},
    ],
)
def test_a_state_of_any_numbers_is_resumed(state: dict, tmp_path: Path):
    halving(state, 4, folder=tmp_path / "run")
    found, whole = halving(state, 6, folder=tmp_path / "run", resume=True), halving(state, 6)
    assert [row["loss"] for row in found.history] == [row["loss"] for row in whole.history]
    assert found.state["x"].dtype == whole.state["x"].dtype
    np.testing.assert_array_equal(found.state["x"], whole.state["x"])


def test_a_state_without_numbers_is_resumed(tmp_path: Path):
    counting = lambda state: (state, {"loss": jnp.asarray(1.0)})
    halving({}, 4, folder=tmp_path / "run", by=counting)
    assert len(halving({}, 6, folder=tmp_path / "run", resume=True, by=counting).history) == 3


@pytest.mark.parametrize("name", ["steps", "seconds"])
def test_a_figure_does_not_stand_where_the_loop_counts(name: str):
    with pytest.raises(ValueError, match=f"a figure is called '{name}'"):
        halving({"x": 1.0}, 4, by=lambda state: (state, {name: jnp.asarray(1.0)}))


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (lambda state: state, "return the state after it and a dict of figures"),
        (lambda state: (state, state["x"]), "return the state after it and a dict of figures"),
        (lambda state: ({"x": state["x"][None]}, {}), r"whose x is float64 of shape \(1, 2\) and here float64 of shape \(2,\)"),
        (lambda state: ({**state, "y": 1.0}, {}), r"whose y is float64 of shape \(\) and here missing"),
    ],
)  # fmt: skip
def test_what_a_step_must_give_is_said(by: Callable, message: str):
    with pytest.raises(TypeError, match=message):
        halving({"x": jnp.ones(2)}, 4, by=by)


def test_a_folder_is_of_one_learning_and_of_one_unit(tmp_path: Path):
    advance = learn.steps(halved)
    with learn.keeping(tmp_path / "run") as kept:
        learn.loop(advance, {"x": 1.0}, 4, checkpoint=kept, progress=None)
        with pytest.raises(ValueError, match="is the folder of a learning before this one"):
            learn.loop(advance, {"x": 2.0}, 4, checkpoint=kept, progress=None)
    with pytest.raises(ValueError, match="with another unit of steps"):
        halving({"x": 1.0}, 6, folder=tmp_path / "run", resume=True, unit="epochs")


def test_any_merit_is_better_than_nan():
    merit = lambda row: float("nan") if row["steps"] == 2 else -row["loss"]
    assert halving({"x": 1.0}, 6, merit=merit).best == 2
