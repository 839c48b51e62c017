"""What the header of an Axon file (ABF 1 and 2) says of its outputs, and whether it can be true of a file of that size."""

import struct
from pathlib import Path
from typing import Any

from .command import Epoch, Output, first_version

BLOCK = 512  # bytes; sections are addressed in blocks
SECTIONS = range(76, 364, 16)  # where an ABF 2 header says where its sections are: block, bytes an entry, entries
MOST_ENTRIES = 1_000_000  # of a section other than the samples; a sweep, tag or epoch each
HARMLESS_LISTS = (7, 9, 10)  # user lists that vary the interval between sweeps, digital outputs, leak pulses
WITHOUT_WAVEFORMS = (1, 3)  # operation modes: event-driven with sweeps of different lengths, gap-free


def check_size(path: Path) -> None:
    """Compare what a header promises with the size of the file.

    Raises:
        ValueError: if sections or samples reach beyond the end.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(BLOCK)
    if len(head) < BLOCK:
        raise ValueError("less than a header")
    if head.startswith(b"ABF2"):
        promised = [struct.unpack_from("<IIq", head, at) for at in SECTIONS]
        data = 236
        ends = [block * BLOCK + each * count for block, each, count in promised if count]
        counts = [count for at, (_, _, count) in zip(SECTIONS, promised, strict=True) if at != data]
    else:
        length, _, episodes = struct.unpack_from("<ihi", head, 10)
        start, _, tags = struct.unpack_from("<iii", head, 40)
        width = 4 if struct.unpack_from("<h", head, 100)[0] else 2
        ends, counts = [start * BLOCK + width * length], [tags, episodes, length]
        counts[2] = -1 if length < 0 else 0
    if max(ends, default=0) > size or min(counts, default=0) < 0 or max(counts, default=0) > MOST_ENTRIES:
        raise ValueError(f"its header promises {max(ends, default=0)} bytes and {max(counts, default=0)} entries")


def outputs(file: Any) -> list[Output]:
    """The analog outputs of an open file."""
    return _outputs_1(file._headerV1, file.abfFilePath) if first_version(file) else _outputs_2(file)


def varied_by_list(file: Any) -> bool:
    """Whether a user list changes the waveforms from sweep to sweep."""
    if first_version(file):
        header = file._headerV1
        if header.fFileVersionNumber <= 1.6:
            return False
        with open(file.abfFilePath, "rb") as raw:
            raw.seek(3360)
            words = struct.unpack("<8h", raw.read(16))  # four enabled, four parameters
        varied = [parameter for on, parameter in zip(words[:4], words[4:], strict=True) if on == 1]
    else:
        varied = [parameter for parameter in file._userListSection.nULParamToVary if parameter]
    return any(parameter not in HARMLESS_LISTS for parameter in varied)


def step_ms(file: Any) -> float:
    """The sampling step of each channel [ms]."""
    if first_version(file):
        return file._headerV1.fADCSampleInterval * file.channelCount / 1e3
    return file._protocolSection.fADCSequenceInterval / 1e3


def _outputs_1(header: Any, path: str) -> list[Output]:
    """ABF 1: four outputs, of which two have ten epochs each; pulse trains since version 1.6 lie at byte 2136."""
    with open(path, "rb") as raw:
        content = raw.read(6144).ljust(6144, b"\0")
    complete = header.fFileVersionNumber > 1.6
    holding = struct.unpack_from("<4f", content, 1394)
    periods, widths = (struct.unpack_from("<20i", content, at) for at in (2136, 2216))
    found = []
    for n in range(4):
        enabled = (
            complete and n < 2 and header.nWaveformEnable[n] == 1 and header.nOperationMode not in WITHOUT_WAVEFORMS
        )
        epochs = [
            Epoch(
                header.nEpochType[k], header.fEpochInitLevel[k], header.fEpochLevelInc[k],
                header.lEpochInitDuration[k], header.lEpochDurationInc[k], periods[k], widths[k],
            )
            for k in range(10 * n, 10 * n + 10) if enabled
        ]  # fmt: skip
        source = header.nWaveformSource[n] if enabled else 0
        name, unit = (_clean(words[n]) for words in (header.sDACChannelName, header.sDACChannelUnit))
        found.append(
            Output(n, name, unit, holding[n], source, bool(enabled and header.nInterEpisodeLevel[n]), tuple(epochs))
        )
    return found


def _outputs_2(file: Any) -> list[Output]:
    dac, table, words = file._dacSection, file._epochPerDacSection, file._stringsSection._indexedStrings
    found = []
    for n in range(dac._entryCount):
        epochs = [
            Epoch(
                table.nEpochType[k], table.fEpochInitLevel[k], table.fEpochLevelInc[k], table.lEpochInitDuration[k],
                table.lEpochDurationInc[k], table.lEpochPulsePeriod[k], table.lEpochPulseWidth[k],
            )
            for k, number in enumerate(table.nDACNum) if number == n
        ]  # fmt: skip
        enabled = dac.nWaveformEnable[n] == 1 and file.nOperationMode not in WITHOUT_WAVEFORMS
        name, unit = (_clean(words[index[n]]) for index in (dac.lDACChannelNameIndex, dac.lDACChannelUnitsIndex))
        found.append(
            Output(
                n, name, unit, dac.fDACHoldingLevel[n], dac.nWaveformSource[n] if enabled else 0,
                bool(dac.nInterEpisodeLevel[n]), tuple(epochs),
            )
        )  # fmt: skip
    return found


def _clean(word: str) -> str:
    return word.replace("\0", "").strip()
