"""Opus packet durations (RFC 6716 3.1): an Opus packet's first byte says how long it plays."""

RATE = 48_000
"""Opus timestamps count at this rate whatever was recorded."""

_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)


def packet_samples(packet: bytes) -> int:
    """PCM samples at 48 kHz that `packet` decodes to; 0 where it is no Opus packet."""
    if not packet:
        return 0
    config = packet[0] >> 3
    if config < 12:
        frame = _SILK[config & 3]
    elif config < 16:
        frame = _HYBRID[config & 1]
    else:
        frame = _CELT[config & 3]
    code = packet[0] & 3
    if code < 3:
        return frame * (1 if code == 0 else 2)
    return frame * (packet[1] & 0x3F) if len(packet) > 1 else 0
