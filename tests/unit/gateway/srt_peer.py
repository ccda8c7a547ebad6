"""SRT handshake packets as a caller sends them, written apart from the gateway (draft-sharabayko-srt-01, 3.2.1)."""

import struct

# What libsrt 1.5.7 sent as a caller with a passphrase, and with a stream id of 6 characters.
INDUCTION = bytes.fromhex(
    "80000000000000000000005e00000000000000040000000211cf02a9000005dc00002000000000013ca0495e00000000"
    "0100007f000000000000000000000000"
)
ENCRYPTED_CONCLUSION = bytes.fromhex(
    "800000000000000000000fb200000000000000050000000311cf02a9000005dc00002000ffffffff3ca0495eabcdef01"
    "0100007f0000000000000000000000000001000300010507000000bf007800000003000e122029010000000002000200"
    "00000404011748e70ac9e552d479cd229b53de9fc9d1e3d5cae38b57ee99a4bfdad878490a34a52a98743544"
)


def caller_packet(kind, *, version=5, cookie=0, socket=77, extensions=b"", sequence=1000) -> bytes:
    field = 2 if version == 4 else (5 if extensions else 0)
    head = struct.pack(">IIII", 0x80000000, 0, 123, 0)
    body = struct.pack(">IHHIIIIII", version, 0, field, sequence, 1500, 8192, kind, socket, cookie)
    return head + body + bytes([1, 0, 0, 127]) + bytes(12) + extensions


def induction(**values) -> bytes:
    return caller_packet(1, version=4, **values)


def extension(kind: int, content: bytes) -> bytes:
    content += bytes(-len(content) % 4)
    return struct.pack(">HH", kind, len(content) // 4) + content


def stream_id(text: str) -> bytes:
    data = text.encode()
    data += bytes(-len(data) % 4)
    return extension(5, b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4)))


HSREQ = extension(1, struct.pack(">IIHH", 0x010503, 0xBF, 0, 120))


def conclusion(text: str = "KEY", **values) -> bytes:
    return caller_packet(0xFFFFFFFF, extensions=HSREQ + stream_id(text), **values)
