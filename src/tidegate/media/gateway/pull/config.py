"""What sources may be pulled, and how long they may take."""

from pathlib import Path

import msgspec


class PullConfig(msgspec.Struct, frozen=True):
    """Permissions and limits.

    Attributes:
        ffmpeg: path of an ffmpeg.
        private_addresses: whether sources may be at addresses of this machine or of a private network.
        folder: where files may be pulled from; None: nowhere.
        sources: pulled at once; each has a process of some 40 MB of its own.
        connect_deadline_s: from starting to the first frame; a source with a keyframe every 10 s fits in.
        idle_deadline_s: silence of a source that has been live.
        first_delay_s, most_delay_s: between tries, doubling.
        steady_s: a source that was live so long was well: the next delay is the first again.
        standby_every_s: how often it is looked whether a publisher that took over has gone.
    """

    ffmpeg: str = ""
    private_addresses: bool = False
    folder: Path | None = None
    sources: int = 256
    connect_deadline_s: float = 20.0
    idle_deadline_s: float = 15.0
    first_delay_s: float = 1.0
    most_delay_s: float = 60.0
    steady_s: float = 10.0
    standby_every_s: float = 1.0
    poll_interval_s: float = 0.02
    poll_each_s: float = 0.001
    poll_longest_s: float = 0.05
