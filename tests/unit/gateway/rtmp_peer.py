"""The other side of the wire, written apart from the gateway: an encoder's chunk writer, AMF0 and messages."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from tidegate.core.streams import EndReason, NoteLevel
from tidegate.media.gateway.rtmp.config import RtmpLimits
from tidegate.media.gateway.rtmp.session import RtmpSession
from tidegate.media.types import AudioConfig, Packet, VideoConfig

SPS = bytes.fromhex("6742c028da01e0089f970110000003001000000303c0f1832a")
PPS = bytes.fromhex("68ce0fc8")
AVCC = bytes.fromhex("0142c028ffe10019") + SPS + b"\x01\x00\x04" + PPS
AVCC_720 = bytes.fromhex(
    "0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000468ef8fcbfdf8f800"
)
ASC = bytes.fromhex("1190")
AV1C = bytes.fromhex("81080c000a0c02000042955dfe1b805f0008")
OPUS_HEAD = bytes.fromhex("4f707573486561640102380180bb0000000000")
HVCC = bytes.fromhex(
    "01016000000090000000000078f000fcfdf8f800000f03"
    "a00001001840010c01ffff016000000300900000030000030078959409"
    "a10001002b420101016000000300900000030000030078a003c0801107cb965654a4c2f0168080000003008000000f04"
    "a2000100064401c073c189"
)

AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20


def amf(*values):
    """AMF0, written by the book."""
    out = b""
    for value in values:
        if value is None:
            out += b"\x05"
        elif isinstance(value, bool):
            out += b"\x01" + bytes([value])
        elif isinstance(value, str):
            out += b"\x02" + struct.pack(">H", len(value.encode())) + value.encode()
        elif isinstance(value, dict):
            pairs = b"".join(
                struct.pack(">H", len(k.encode())) + k.encode() + amf(v) for k, v in value.items()
            )
            out += b"\x03" + pairs + b"\x00\x00\x09"
        else:
            out += b"\x00" + struct.pack(">d", value)
    return out


class PeerWriter:
    """Chunks messages as an encoder may: any header form that the standard allows at that point."""

    def __init__(self, chunk_size: int = 128) -> None:
        self.chunk_size = chunk_size
        self._before: dict[int, dict[str, int]] = {}

    def chunks(self, kind, payload, timestamp=0, stream=1, csid=4, form=None) -> list[bytes]:
        """The message's chunks; `form` asks for a shorter header than 0 where it is possible."""
        before = self._before.get(csid)
        delta = timestamp - before["timestamp"] if before else 0
        possible = 0
        if before and delta >= 0 and before["stream"] == stream:
            possible = 1
            if before["kind"] == kind and before["length"] == len(payload):
                possible = 3 if before["delta"] == delta else 2
        form = min(possible, 3 if form is None else form)
        value = timestamp if form == 0 else delta
        head = b""
        extended = struct.pack(">I", value) if value >= 0xFFFFFF else b""
        if form < 3:
            head += min(value, 0xFFFFFF).to_bytes(3, "big")
        if form < 2:
            head += len(payload).to_bytes(3, "big") + bytes([kind])
        if form == 0:
            head += struct.pack("<I", stream)
        self._before[csid] = {
            "timestamp": timestamp, "stream": stream, "kind": kind, "length": len(payload), "delta": value
        }  # fmt: skip
        pieces = [payload[at : at + self.chunk_size] for at in range(0, len(payload), self.chunk_size)] or [
            b""
        ]
        first = self._basic(form, csid) + head + extended + pieces[0]
        return [first, *(self._basic(3, csid) + extended + piece for piece in pieces[1:])]

    def message(self, kind, payload, timestamp=0, stream=1, csid=4, form=None) -> bytes:
        return b"".join(self.chunks(kind, payload, timestamp, stream, csid, form))

    @staticmethod
    def _basic(form: int, csid: int) -> bytes:
        if csid < 64:
            return bytes([form << 6 | csid])
        if csid < 320:
            return bytes([form << 6, csid - 64])
        return bytes([form << 6 | 1]) + struct.pack("<H", csid - 64)

    def set_chunk_size(self, size: int) -> bytes:
        data = self.message(1, struct.pack(">I", size), stream=0, csid=2, form=0)
        self.chunk_size = size
        return data

    def command(self, *values, stream=0) -> bytes:
        return self.message(COMMAND, amf(*values), stream=stream, csid=3, form=0)


HANDSHAKE = b"\x03" + bytes(1536) + bytes(1536)


def opening(writer: PeerWriter, app="live", name="key", properties=None) -> bytes:
    """Handshake and all commands up to `publish`, sent without waiting for answers."""
    connect = {"app": app, "flashVer": "FMLE/3.0", "tcUrl": f"rtmp://host/{app}"} | (properties or {})
    return (
        HANDSHAKE
        + writer.command("connect", 1.0, connect)
        + writer.command("releaseStream", 2.0, None, name)
        + writer.command("FCPublish", 3.0, None, name)
        + writer.command("createStream", 4.0, None)
        + writer.command("publish", 5.0, None, name, "live", stream=1)
    )


def avc_config(record: bytes = AVCC) -> bytes:
    return b"\x17\x00\x00\x00\x00" + record


def avc_frame(nals: bytes = b"\x00\x00\x00\x02\x65\x88", *, key=True, cts=0) -> bytes:
    return bytes([0x17 if key else 0x27, 1]) + (cts & 0xFFFFFF).to_bytes(3, "big") + nals


def aac_config(record: bytes = ASC) -> bytes:
    return b"\xaf\x00" + record


def aac_frame(data: bytes = b"\x21\x10") -> bytes:
    return b"\xaf\x01" + data


@dataclass
class RecordingSink:
    """A packager that remembers."""

    expected: list[dict[str, bool]] = field(default_factory=list)
    video: list[VideoConfig] = field(default_factory=list)
    audio: list[AudioConfig] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    notes: list[tuple[str, NoteLevel, str, str]] = field(default_factory=list)
    closed: list[EndReason] = field(default_factory=list)

    def expect(self, *, video: bool, audio: bool) -> None:
        self.expected.append({"video": video, "audio": audio})

    def video_config(self, config: VideoConfig) -> None:
        self.video.append(config)

    def audio_config(self, config: AudioConfig) -> None:
        self.audio.append(config)

    def packet(self, packet: Packet) -> None:
        self.packets.append(packet)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        self.notes.append((code, level, message, hint))

    def close(self, reason: EndReason) -> None:
        self.closed.append(reason)

    @property
    def note_codes(self) -> list[str]:
        return [code for code, *_ in self.notes]


class Encoder:
    """An encoder and the session it talks to, in one process and without a socket."""

    def __init__(self, limits: RtmpLimits | None = None, **opening_arguments) -> None:
        self.writer = PeerWriter()
        self.sink = RecordingSink()
        self.session = RtmpSession(limits or RtmpLimits(), bytes(1528))
        self._opening = opening_arguments

    def publish(self) -> "Encoder":
        self.send(opening(self.writer, **self._opening))
        self.session.admit(self.sink, 0.0)
        return self

    def send(self, data: bytes, now: float = 0.0) -> None:
        self.session.receive(data, now)

    def video(self, payload: bytes, timestamp=0) -> None:
        self.send(self.writer.message(VIDEO, payload, timestamp, csid=6))

    def audio(self, payload: bytes, timestamp=0) -> None:
        self.send(self.writer.message(AUDIO, payload, timestamp, csid=4))

    def data(self, *values) -> None:
        self.send(self.writer.message(DATA, amf(*values), stream=1, csid=5))


def drive(session: RtmpSession, pieces: list[bytes], sink: RecordingSink, check: Callable[[], None]) -> None:
    """Feed a session piece by piece, admitting it as soon as it asks."""
    for piece in pieces:
        session.receive(piece, 0.0)
        if session.state == "admitting":
            session.admit(sink, 0.0)
        session.outgoing.clear()
        check()
