"""Durations of Opus packets against the table of RFC 6716 3.1."""

import pytest

from tidegate.media.cmaf.opus import packet_samples


@pytest.mark.parametrize(
    ("config", "milliseconds"),
    [
        (0, 10),
        (1, 20),
        (2, 40),
        (3, 60),
        (11, 60),
        (12, 10),
        (13, 20),
        (15, 20),
        (16, 2.5),
        (17, 5),
        (18, 10),
        (31, 20),
    ],
)
def test_one_two_and_many_frames(config: int, milliseconds: float) -> None:
    samples = int(milliseconds * 48)
    assert packet_samples(bytes([config << 3])) == samples
    assert packet_samples(bytes([config << 3 | 1, 0])) == 2 * samples
    assert packet_samples(bytes([config << 3 | 2, 0])) == 2 * samples
    assert packet_samples(bytes([config << 3 | 3, 3])) == 3 * samples


def test_what_is_no_packet_has_no_length() -> None:
    assert packet_samples(b"") == 0
    assert packet_samples(b"\x03") == 0
