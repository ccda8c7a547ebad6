"""`python -m tidegate.media.verify`: decodes what comes on standard input, then prints one `FrameReport` as JSON.

In: messages as MessagePack, each after its length in four bytes, most significant first.
"""

import signal
import struct
import sys

import av
import msgspec

from tidegate.media.verify.decoder import Decoder
from tidegate.media.verify.ledger import Ledger
from tidegate.media.verify.types import Header, Media


def _run() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the player, whose report is still wanted
    av.logging.set_level(av.logging.PANIC)
    ledger = Ledger()
    decoder = Decoder(ledger)
    read = sys.stdin.buffer.read
    messages = msgspec.msgpack.Decoder(Header | Media)
    while len(length := read(4)) == 4:
        message = messages.decode(read(struct.unpack(">I", length)[0]))
        if isinstance(message, Header):
            decoder.header(message.data)
        else:
            decoder.media(message.data, message.place)
    decoder.finish()
    sys.stdout.buffer.write(msgspec.json.encode(ledger.report()))


_run()
