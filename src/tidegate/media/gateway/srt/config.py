"""Addresses and limits of the SRT gateway, each limit with its reason."""

import msgspec


class SrtLimits(msgspec.Struct, frozen=True):
    """What one publisher, and all together, may take.

    Attributes:
        publishers: at once; each has a process of some 40 MB of its own.
        publishers_per_ip: one studio's worth of encoders, and a bound on what one host can hold.
        starting: processes starting at once. Starting one takes a tenth of a second of a core, so that a whole
            studio that reconnects is spread over moments, and who comes too soon is told to come back.
        start_deadline_s: from admission to the first reply of the process that receives; encoders give up after 3 s.
        media_deadline_s: from the handshake to the first frame.
        idle_deadline_s: no frame for so long; the protocol itself gives up on a silent peer after 5 s.
    """

    publishers: int = 256
    publishers_per_ip: int = 64
    starting: int = 8
    start_deadline_s: float = 5.0
    media_deadline_s: float = 10.0
    idle_deadline_s: float = 30.0


class SrtConfig(msgspec.Struct, frozen=True):
    """Where and how to listen.

    Attributes:
        port: UDP; 0 lets the system choose.
        passphrase: what every publisher must encrypt with; empty: none may.
        latency_ms: how long a lost packet may take to be sent again. The larger of both sides' counts.
        ffmpeg: path of an ffmpeg with SRT.
        relay_interval_s, relay_each_s, relay_longest_s: how often packets are passed on, each way, the rarer the more
            publishers there are. Each turn costs the same however much there is to pass on; the longest is a sixth of the
            usual latency, within which a lost packet is asked for and sent again.
        poll_interval_s, poll_each_s, poll_longest_s: how often frames are read, as in the RTMP gateway.
    """

    host: str = "127.0.0.1"
    port: int = 8890
    passphrase: str = ""
    latency_ms: int = 120
    ffmpeg: str = ""
    relay_interval_s: float = 0.01
    relay_each_s: float = 0.001
    relay_longest_s: float = 0.02
    poll_interval_s: float = 0.02
    poll_each_s: float = 0.001
    poll_longest_s: float = 0.05
    limits: SrtLimits = SrtLimits()

    def __repr__(self) -> str:
        return f"SrtConfig(host={self.host!r}, port={self.port})"
