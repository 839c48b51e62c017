"""Damaged files of every format: a value or one line that names the file, within seconds and within memory."""

import io
import json
import re
import select
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FORMATS = ("swc", "asc", "csv", "npz", "abf", "ibw", "nwb", "shd", "bs2", "spikes", "waveform", "trajectory", "grid_map",
           "grid_table", "nir", "cell")  # fmt: skip
SECONDS = 5.0  # of the processor, for one file
HANG = 30.0  # s on the clock, after which a reader is stopped
HEADER = 4096  # bytes in which most formats say what follows
LONGEST = 200_000  # bytes that one damage inserts
ALLOWED = ("ValueError", "FileNotFoundError")
WORDS = [b"nan", b"inf", b"-inf", b"1e308", b"-1", b"0", b"1e-320", b"9" * 30, b"1_0", b"0x1F", b"\xc3\xa9", b"\xff\xfe", b"\0",
         b'"', b"'", b"#", b",", b";", b"\t", b"\r", b"\n\n", b" ", b"null", b"true", b"{}", b"[]", b"[[", b"(", b")", b"()",
         b"|", b"<", b">", b"(CellBody)", b"1 1 0 0 0 1 1\n", b'{"class": "Cell", "fields": {}}', b"NaN", b"None"]  # fmt: skip
REPEATED = [b"(", b"[", b"{", b"<", b'{"a":', b"((Axon)", b"1 ", b"9", b",", b'"', b"\n", b"\0", b"\xff"]
EXTREMES = [0, 1, 2, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1]


class Reader:
    """The process that reads; it begins anew after a hang or a crash."""

    def __init__(self, folder: Path):
        self.folder, self.runs = folder, 0
        self._begin()
        self.good = {name: Path(path).read_bytes() for name, path in self.files.items()}

    def _begin(self) -> None:
        self.runs += 1
        script = Path(__file__).with_name("fuzz_reader.py")
        command = [sys.executable, str(script), str(self.folder / str(self.runs))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        said = self._answer(300.0)
        assert said and not said["wrong"], f"good files are not read: {said}"
        self.files = {name: Path(path) for name, path in said["files"].items()}

    def _answer(self, patience: float) -> dict[str, Any] | None:
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if ready and self.process.stdout else ""
        return json.loads(line) if line else None

    def fault(self, name: str, content: bytes) -> str | None:
        """What is wrong with how a damaged file is read, in words that are the same for the same fault; None if nothing."""
        path = self.files[name]
        path.write_bytes(content)
        assert self.process.stdin
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        said = self._answer(HANG)
        if said is None:
            code = self.process.poll()
            self.close()
            self._begin()
            return f"no answer within {HANG:g} s" if code is None else f"the process ended with {code}"
        if said["seconds"] > SECONDS:
            return "takes more than 5 s"
        return said["error"] and _complaint(path, *said["error"])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def _complaint(path: Path, kind: str, message: str, ours: str, place: str) -> str | None:
    where = f"{kind} at {ours} in {place}: {re.sub(r'[0-9]+', '0', message)[:160]}"
    if kind not in ALLOWED:
        return where
    named = path.stem.split("_")[0] in message or str(path.parent) in message
    return None if named and "\n" not in message else f"not one line that names the file: {where}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    process = Reader(tmp_path_factory.mktemp("fuzz"))
    yield process
    process.close()


@st.composite
def damaged(draw: Any, good: bytes) -> bytes:
    """One to three damages to a file, or to a member of an archive, which is then packed anew."""
    if good.startswith(b"PK") and draw(st.booleans()):
        with zipfile.ZipFile(io.BytesIO(good)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        chosen = draw(st.sampled_from(sorted(members)))
        members[chosen] = draw(damaged(members[chosen]))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return packed.getvalue()
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 3))):
        _damage(draw, data)
    return bytes(data)


def _damage(draw: Any, data: bytearray) -> None:
    near = draw(st.booleans())
    at = draw(st.integers(0, min(len(data), HEADER) if near else len(data)))
    match draw(st.sampled_from(["flip", "number", "cut", "drop", "word", "swap", "repeat", "double"])):
        case "flip" if at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        case "number":
            size, order = draw(st.sampled_from([1, 2, 4, 8])), draw(st.sampled_from(["little", "big"]))
            number = draw(st.sampled_from(EXTREMES)) % (1 << 8 * size)
            data[at : at + size] = number.to_bytes(size, order)
        case "cut":
            del data[at:]
        case "drop":
            del data[at : at + draw(st.integers(1, 64))]
        case "word":
            data[at:at] = draw(st.sampled_from(WORDS))
        case "swap":  # a token of a text for another
            tokens = [m.span() for m in re.finditer(rb"[^\s,()]+", bytes(data[at : at + 200]))]
            if tokens:
                start, end = draw(st.sampled_from(tokens))
                data[at + start : at + end] = draw(st.sampled_from(WORDS))
        case "repeat":
            piece = draw(st.sampled_from(REPEATED))
            data[at:at] = piece * min(draw(st.sampled_from([10, 2000, 150_000])), LONGEST // len(piece))
        case "double":
            data[at:at] = data[at : at + draw(st.integers(1, 2000))]


@pytest.mark.parametrize("count", [20, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_gives_a_value_or_one_line(reader, name, count):
    if name not in reader.files:
        pytest.skip(f"no good {name} file: its library or the real data are not there")
    faults: dict[str, bytes] = {}

    @settings(max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(damaged(reader.good[name]))
    def read(content: bytes) -> None:
        fault = reader.fault(name, content)
        if fault and fault not in faults:
            faults[fault] = content

    read()
    assert not faults, "\n".join(
        f"{fault}\n    of {len(content)} bytes {content[:300]!r}" for fault, content in faults.items()
    )
