"""Opus: identification header (RFC 7845, 5.1) to `OpusSpecificBox` payload (Encapsulation of Opus in ISOBMFF, 4.3.2).

In: `OpusHead`, little-endian. Out: `AudioConfig` whose record is the big-endian `dOps` payload.
"""

import struct

from tidegate.media.codecs.errors import CodecError
from tidegate.media.types import AudioConfig

_MAGIC = b"OpusHead"
_HEAD = struct.Struct("<8sBBHIhB")
_BOX = struct.Struct(">BBHIhB")
_SAMPLE_RATE = (
    48_000  # a decoder always puts out 48 kHz (RFC 6716, 2.1.1); the header's rate is the microphone's
)


def audio_config(record: bytes) -> AudioConfig:
    """Read an `OpusHead`.

    Raises:
        CodecError: it is malformed or of a future version.
    """
    if len(record) < _HEAD.size or not record.startswith(_MAGIC):
        raise CodecError("The Opus configuration (OpusHead) is malformed.", hint="Restart the encoder.")
    _, version, channels, pre_skip, input_rate, gain, family = _HEAD.unpack_from(record)
    if version > 15 or not channels or (family == 0 and channels > 2):
        raise CodecError("The Opus configuration (OpusHead) is malformed.", hint="Restart the encoder.")
    mapping = b""
    if family:
        mapping = record[_HEAD.size : _HEAD.size + 2 + channels]
        if len(mapping) < 2 + channels:
            raise CodecError("The Opus configuration (OpusHead) is cut off.", hint="Restart the encoder.")
    box = _BOX.pack(0, channels, pre_skip, input_rate, gain, family) + mapping
    return AudioConfig("Opus", "Opus", box, _SAMPLE_RATE, channels)
