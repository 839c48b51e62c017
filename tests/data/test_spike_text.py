"""Text files of spike times and waveforms, good and bad."""

import numpy as np
import pytest

from jaxneuro.data import read_spike_times, read_waveform


def test_times_and_waveforms_come_in_ms(tmp_path):
    (tmp_path / "spikes.txt").write_text("# a comment\n6700\n9900\n")
    (tmp_path / "sound.txt").write_text("0  0.25\n50  0.5\n100 -1e-3\n")
    np.testing.assert_allclose(read_spike_times(tmp_path / "spikes.txt"), [6.7, 9.9])
    t, x = read_waveform(tmp_path / "sound.txt", unit="ms")
    np.testing.assert_allclose(t, [0.0, 50.0, 100.0])
    np.testing.assert_allclose(x, [0.25, 0.5, -1e-3])


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (read_spike_times, "10\n20\n15\n", "spike 2 at 0.015 ms does not come after"),
        (read_spike_times, "10\nlate\n", "cannot be read as text of 1 column of numbers"),
        (read_spike_times, "10 20\n30 40\n", "has 2 columns"),
        (read_spike_times, "10\nnan\n", "line 2 of the numbers is not finite"),
        (read_spike_times, "# nothing\n", "in 0 lines"),
        (read_waveform, "0 1\n50 2\n90 3\n", "equally spaced"),
        (read_waveform, "0\n50\n", "has 1 columns"),
    ],
)
def test_bad_text_is_refused(tmp_path, reader, text: str, message: str):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        reader(tmp_path / "a.txt")


def test_a_unit_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("10\n")
    with pytest.raises(ValueError, match="must be one of s, "):
        read_spike_times(tmp_path / "a.txt", unit="h")
