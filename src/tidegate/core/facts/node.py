"""What a machine did."""

import msgspec


class NodeFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A node's interval. `cpu_s` of this process tree adds up over time; the rest are gauges at its end.

    Attributes:
        interval_s: how long since the node's fact before this one.
        roles: such as `edge`, joined by commas, sorted; `version` of the release it runs.
        cpu_s: processor time of this process and its children; `cpu_count`: processors the machine has.
        capacity_left: share of the processor that is free, 0 to 1.
        rss_bytes: memory of this process and its children; `memory_total_bytes` of the machine.
        disk_free_bytes, disk_total_bytes: of the disk that the data folder is on.
        streams, viewers, ladders: live streams, viewers of them, ladders that run.
        connections: of viewers, open.
        ingest_bytes, egress_bytes: media in and out in the interval.
        facts_dropped: facts this node had to drop in the interval, and `logs_dropped` lines.
    """

    at: float
    region: str
    node: str
    arms: tuple[str, ...] = ()
    roles: str = ""
    version: str = ""
    interval_s: float = 0.0
    cpu_s: float = 0.0
    cpu_count: int = 1
    capacity_left: float = 0.0
    rss_bytes: int = 0
    memory_total_bytes: int = 0
    disk_free_bytes: int = 0
    disk_total_bytes: int = 0
    ingest_bytes: int = 0
    egress_bytes: int = 0
    streams: int = 0
    viewers: int = 0
    ladders: int = 0
    connections: int = 0
    facts_dropped: int = 0
    logs_dropped: int = 0
