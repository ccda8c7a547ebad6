"""The command line of the ffmpeg that receives one publisher's SRT. Pure."""

from tidegate.media.gateway.remux.arguments import COPY, FIRST_OF_EACH, HEAD, PROBE, TO_PIPE

_LISTEN_TIMEOUT_US = 8_000_000
"""How long it waits for the publisher, whose handshake is under way when it is started."""


def receive_arguments(ffmpeg: str, port: int, latency_ms: int, passphrase: str) -> tuple[str, ...]:
    """Listen for one publisher at `port` of the loopback address, and remux its MPEG-TS.

    Without `-scan_all_pmts 0` it would wait for programmes that a publisher does not send. It takes a passphrase on its command line and in no other way (see docs/decisions/0073).
    """
    secret = ("-passphrase", passphrase, "-enforced_encryption", "1") if passphrase else ()
    return (
        ffmpeg, *HEAD, *PROBE, "-f", "mpegts", "-scan_all_pmts", "0", "-mode", "listener", "-listen_timeout", str(_LISTEN_TIMEOUT_US),
        "-latency", str(latency_ms * 1000), *secret, "-i", f"srt://127.0.0.1:{port}", *FIRST_OF_EACH, *COPY, *TO_PIPE,
    )  # fmt: skip
