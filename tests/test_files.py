"""Files are whole or not there, by one writer at a time; what a computation is of has one digest everywhere."""

import errno
import functools
import os
import subprocess
import sys
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.files import digest, fingerprint
from jaxneuro.files import whole as files


def test_a_file_is_whole_or_as_before(tmp_path: Path):
    path = tmp_path / "a.txt"
    for text in ("one", "two"):
        with files.writing(path) as file:
            file.write(text)
            assert not path.exists() or path.read_text() == "one"
        assert path.read_text() == text
    with pytest.raises(KeyboardInterrupt), files.writing(path, "b") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "two" and os.listdir(tmp_path) == ["a.txt"]


def test_modes_links_and_devices_stay(tmp_path: Path):
    path, link = tmp_path / "a.txt", tmp_path / "link"
    path.write_text("one")
    path.chmod(0o640)
    link.symlink_to(path)
    with files.writing(link) as file:
        file.write("two")
    assert link.is_symlink() and path.read_text() == "two" and path.stat().st_mode & 0o777 == 0o640
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with files.writing(pipe) as file:
        file.write("through")
    reader.join(10)
    assert read == ["through"] and pipe.is_fifo()


def test_two_writers_at_once_do_not_meet(tmp_path: Path):
    path = tmp_path / "a.txt"

    def write(letter: str) -> None:
        for _ in range(30):
            with files.writing(path) as file:
                file.write(1000 * letter)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            assert len(set(text := path.read_text())) == 1 and len(text) == 1000
    assert os.listdir(tmp_path) == ["a.txt"]


HOLD = "import sys, time; from jaxneuro import files\nwith files.locked(sys.argv[1]): print('held', flush=True); time.sleep(60)"


def test_one_process_writes_at_a_time(tmp_path: Path):
    place = tmp_path / "training"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(place)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with (
            pytest.raises(
                OSError, match=rf"is being written by process {holder.pid} on .* since .*: wait for it, stop it, or"
            ),
            files.locked(place),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()
    assert (tmp_path / "training.lock").exists()  # of the dead
    with files.locked(place):
        assert str(os.getpid()) in (tmp_path / "training.lock").read_text()
        with pytest.raises(OSError, match=f"process {os.getpid()}"), files.locked(place):
            pass
    assert not os.listdir(tmp_path)
    (tmp_path / "training.lock").write_text("no json")
    with files.locked(place), files.locked(None):
        pass


def test_what_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"nothing can be written into .*file/a.*: name another folder"):
        files.folder(tmp_path / "file" / "a")
    assert files.folder(tmp_path / "a" / "b").is_dir() and not os.listdir(tmp_path / "a" / "b")

    with pytest.raises(FileNotFoundError, match=r"make its folder, or name another place: '.*/none/cell.json'"):
        jn.save_cell(tmp_path / "none" / "cell.json", jn.cells.LIF())

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.warns(files.NotKept, match="No space left on device"):
        files.kept(full)


def loss(weight: float):
    return lambda x: weight * x


PARTS = """
import jax, numpy as np, optax, functools, jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.files import fingerprint
def loss(weight):
    return lambda x: weight * x
net = spiking.feedforward(jax.random.key(0), 3, {"h": spiking.Izhikevich(3), "o": spiking.LeakyIntegrator(2)})
parts = dict(
    adam=optax.chain(optax.clip(1.0), optax.adam(optax.cosine_decay_schedule(1e-3, 10))), loss=loss(2.0), key=jax.random.key(1),
    part=functools.partial(loss, weight=3), jitted=jax.jit(loss(1.0)), net=net, cell=jn.cells.hodgkin_huxley(),
    engine=spiking.FixedStep(1.0), data={"b": np.arange(3.0), "a": {3, 1, 2}, "c": [1, "x", None, b"y", 1j]},
)
"""


def test_digests_are_the_same_in_another_process():
    here: dict = {"__name__": "__main__"}
    exec(PARTS + "found = fingerprint(**parts)", here)
    words = [sys.executable, "-c", PARTS + "print(*fingerprint(**parts).values())"]
    doubles = {"JAX_ENABLE_X64": str(jax.config.jax_enable_x64)}
    said = subprocess.run(words, capture_output=True, text=True, env=os.environ | doubles, timeout=120, check=True)
    assert said.stdout.split() == list(here["found"].values()) and len(set(said.stdout.split())) == 9


def test_digests_tell_things_apart():
    cell = jn.cells.hodgkin_huxley()
    cyclic: list = [1]
    cyclic.append(cyclic)
    things = [
        1, 1.0, True, "1", None, [1], (1,), np.arange(3), np.arange(3.0), np.arange(3.0).reshape(3, 1), jnp.arange(3) + 1,
        loss(1.0), loss(2.0), lambda x: x + 1, lambda x: x - 1, lambda x: x + 2, lambda x, y=1: x, lambda x, y=2: x,
        functools.partial(loss, 1.0), functools.partial(loss, 2.0), jax.random.key(0), jax.random.key(1), jax.random.PRNGKey(0),
        optax.adam(1e-3), optax.adam(1e-2), optax.sgd(1e-3), optax.adam(1e-3, b1=0.8), jax.jit(loss(1.0)), loss, np.sin,
        cell, cell.set("na.g_max", 121.0), cell.insert("x", jn.channels.Leak()), cell.replace(channels={}),
        spiking.LIF(2), spiking.LIF(3), jn.cells.LIF(), spiking.Izhikevich(2), spiking.Izhikevich(2, step=0.1),
        {"a": 1}, {"a": 2}, {"b": 1}, {1, 2}, cyclic, loss(1.0).__call__, np.array(["a"]), np.array([None, 1]),
    ]  # fmt: skip
    digests = [digest(thing) for thing in things]
    twice = [(i, digests.index(d)) for i, d in enumerate(digests) if digests.index(d) != i]
    assert not twice, twice
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) and digest(loss(2.0)) == digest(loss(2.0))
    assert fingerprint(a=1, b=2) == {"a": digest(1), "b": digest(2)}
