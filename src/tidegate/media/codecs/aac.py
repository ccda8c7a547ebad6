"""AAC: AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), with explicit SBR and PS signalling in both forms.

In: the configuration as FLV carries it. Out: `AudioConfig` at the rate and channels a decoder puts out.
"""

from tidegate.media.codecs.bits import BitReader
from tidegate.media.codecs.errors import CodecError
from tidegate.media.types import AudioConfig

_LOW_COMPLEXITY, _SBR, _PS = 2, 5, 29
_NAMES = {
    1: "AAC Main",
    3: "AAC SSR",
    4: "AAC LTP",
    22: "ER BSAC",
    23: "AAC-LD",
    36: "MPEG-4 ALS",
    39: "AAC-ELD",
    42: "xHE-AAC",
}
_SAMPLE_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_EXPLICIT_RATE = 15
_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_SYNC_EXTENSION_SBR, _SYNC_EXTENSION_PS = 0x2B7, 0x548


def audio_config(record: bytes) -> AudioConfig:
    """Read an AudioSpecificConfig.

    Raises:
        CodecError: it is malformed, or of an AAC kind that browsers cannot play.
    """
    reader = BitReader(record, "AAC configuration (AudioSpecificConfig)")
    kind = _object_type(reader)
    core_rate = sample_rate = _sample_rate(reader)
    channel_configuration = reader.read(4)
    core_kind = kind
    if kind in (_SBR, _PS):
        sample_rate = _sample_rate(reader)
        core_kind = _object_type(reader)
    if core_kind != _LOW_COMPLEXITY:
        name = _NAMES.get(core_kind, f"MPEG-4 audio object type {core_kind}")
        raise CodecError(
            f"{name} audio is not supported.", hint="Choose AAC-LC (the usual AAC) in the encoder."
        )
    frame_samples = 960 if reader.flag() else 1024
    if reader.flag():
        reader.skip(14)
    reader.skip(1)
    channels = _element_channels(reader) if channel_configuration == 0 else _channels(channel_configuration)
    if kind == _LOW_COMPLEXITY:
        kind, sample_rate = _sync_extension(reader, core_rate)
    return AudioConfig(
        fourcc="mp4a",
        codec=f"mp4a.40.{kind}",
        record=record,
        sample_rate=sample_rate,
        channels=2 if kind == _PS and channels == 1 else channels,
        samples_per_frame=frame_samples * sample_rate // core_rate,
    )


def _object_type(reader: BitReader) -> int:
    kind = reader.read(5)
    return 32 + reader.read(6) if kind == 31 else kind


def _sample_rate(reader: BitReader) -> int:
    index = reader.read(4)
    if index == _EXPLICIT_RATE:
        rate = reader.read(24)
    else:
        rate = _SAMPLE_RATES[index] if index < len(_SAMPLE_RATES) else 0
    if not 7000 <= rate <= 192_000:
        raise CodecError(
            "The AAC configuration names an impossible sample rate.",
            hint="Choose 44.1 or 48 kHz in the encoder.",
        )
    return rate


def _channels(configuration: int) -> int:
    if configuration >= len(_CHANNELS):
        raise CodecError(
            "The AAC configuration names an unknown channel layout.", hint="Choose stereo in the encoder."
        )
    return _CHANNELS[configuration]


def _element_channels(reader: BitReader) -> int:
    """Channels of a program_config_element (ISO/IEC 14496-3, 4.4.1.1)."""
    reader.skip(4 + 2 + 4)
    elements = sum(reader.read(4) for _ in range(3))  # front, side and back
    low_frequency = reader.read(2)
    reader.skip(3 + 4)
    for bits in (4, 4, 3):
        if reader.flag():
            reader.skip(bits)
    channels = low_frequency
    for _ in range(elements):
        channels += 1 + reader.flag()  # a channel pair element holds two
        reader.skip(4)
    if not channels:
        raise CodecError("The AAC configuration names no channel.", hint="Choose stereo in the encoder.")
    return channels


def _sync_extension(reader: BitReader, core_rate: int) -> tuple[int, int]:
    """Object type and output rate where SBR and PS are signalled after a plain AAC-LC configuration (1.6.6.1)."""
    if reader.left < 16 or reader.read(11) != _SYNC_EXTENSION_SBR or _object_type(reader) != _SBR:
        return _LOW_COMPLEXITY, core_rate
    if not reader.left or not reader.flag():
        return _LOW_COMPLEXITY, core_rate
    sample_rate = _sample_rate(reader)
    parametric = reader.left >= 12 and reader.read(11) == _SYNC_EXTENSION_PS and reader.flag()
    return (_PS if parametric else _SBR), sample_rate
