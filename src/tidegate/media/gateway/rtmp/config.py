"""Addresses and limits of the RTMP gateway, each limit with its reason."""

import msgspec


class RtmpLimits(msgspec.Struct, frozen=True):
    """What one connection, and all together, may take.

    Attributes:
        message_bytes: largest media message. A 4K intra frame at 100 Mbps is about 2 MiB; 8 MiB leaves room.
        control_message_bytes: largest message before publishing, and largest command or metadata ever. Encoders
            send below 2 KiB.
        unadmitted_bytes: all that a connection may send before it is admitted. A greedy handshake with every
            Enhanced RTMP field takes 8 KiB.
        chunk_streams: distinct chunk stream ids per connection; encoders use 3 to 6.
        outgoing_bytes: replies that wait for a peer that does not read them.
        publish_deadline_s: from connecting to the publish command, the wait for admission included.
        idle_deadline_s: silence of a publisher; an encoder sends audio or video every few dozen milliseconds, and
            30 s outlasts a Wi-Fi roam.
        linger_s: how long a refused peer may take to read why.
        connections: sockets in all; far above what one core can package.
        connections_per_ip: one office or one studio's worth of encoders, and a bound on what one host can hold.
    """

    message_bytes: int = 8 * 1024 * 1024
    control_message_bytes: int = 64 * 1024
    unadmitted_bytes: int = 256 * 1024
    chunk_streams: int = 64
    outgoing_bytes: int = 64 * 1024
    publish_deadline_s: float = 10.0
    idle_deadline_s: float = 30.0
    linger_s: float = 2.0
    connections: int = 4096
    connections_per_ip: int = 512


class RtmpConfig(msgspec.Struct, frozen=True):
    """Where to listen, and how often to read.

    Attributes:
        port: 0 lets the system choose.
        tls_certificate: path of a PEM certificate chain; RTMPS is served when it is set.
        tls_key: path of its PEM private key.
        poll_interval_s: publishers' sockets are read together at this pace, which adds up to as much latency
            (half of it on average) and takes most of the cost out of many small reads.
        poll_each_s: what each publisher adds to it: the more there are, the more a wake-up costs, and the more
            it pays to make it rarer.
        poll_longest_s: what it grows to at most.
    """

    host: str = "127.0.0.1"
    port: int = 1935
    tls_port: int = 1936
    tls_certificate: str = ""
    tls_key: str = ""
    poll_interval_s: float = 0.02
    poll_each_s: float = 0.001
    poll_longest_s: float = 0.05
    limits: RtmpLimits = RtmpLimits()
