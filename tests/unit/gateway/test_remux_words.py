"""What ffmpeg says, as a person should read it."""

import pytest

from tidegate.media.gateway.remux.words import sentence


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        (
            [
                "[info]   Stream #0:0[0x100]: Audio: mp2 ([3][0][0][0] / 0x0003), 48000 Hz, mono, s16p, 384 kb/s",
                "[info]   Stream #0:1[0x101]: Video: h264 (High), yuv420p",
                "[flv @ 0x55d5] [error] Tag [3][0][0][0] incompatible with output codec id '86016' ([2][0][0][0])",
                "[out#0/flv @ 0x5] [error] Could not write header: Invalid data found when processing input",
            ],
            "Its mp2 audio cannot be carried.",
        ),
        (
            ["[https @ 0x5] [error] HTTP error 404 Not Found", "[error] Error opening input: Server returned 404 Not Found"],
            "The source has nothing at this address.",
        ),
        (["[in#0 @ 0x5] [error] Error opening input: Connection refused"], "Nothing listens at the source's address."),
        (["[rtsp @ 0x5] [error] method DESCRIBE failed: 401 Unauthorized"],
         "The source refuses: user name or password are not right."),
        (["[x @ 0x5] [warning] odd", "[x @ 0x5] [error] Something new."], "Something new."),
        (["[x @ 0x5] [warning] odd"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_cause_is_named(tail, says):
    assert sentence(tail) == says
