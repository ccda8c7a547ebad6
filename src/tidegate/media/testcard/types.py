"""What can be chosen of a test card, and how its drawing process is told."""

import msgspec


class CardOptions(msgspec.Struct, frozen=True):
    """Size in pixels, even; rate in frames per second; bitrate of the video in kilobits per second."""

    width: int = 1280
    height: int = 720
    fps: int = 30
    bitrate_kbps: int = 2500


class CardJob(msgspec.Struct, frozen=True):
    """The first line on the drawing process's standard input. It holds the stream key, which is why it is not in argv."""

    url: str
    name: str
    options: CardOptions = CardOptions()
    ffmpeg: str = ""
