"""What the edge counts: plain integers since start, added to on the way and read by `metrics.py`."""

import msgspec


class EdgeCounters(msgspec.Struct):
    """What became of requests."""

    requests: int = 0
    hits: int = 0
    joined: int = 0
    upstream_requests: int = 0
    upstream_not_modified: int = 0
    upstream_failures: int = 0
    stale_served: int = 0
    old_playlists: int = 0
    not_modified: int = 0
    overloaded: int = 0
    bad_targets: int = 0
    full: int = 0
    limited_by_channel: int = 0
    refused_seats: int = 0
    reports: int = 0


class ServerCounters(msgspec.Struct):
    """What became of connections."""

    accepted: int = 0
    refused_connections: int = 0
    refused_per_ip: int = 0
    limited_requests: int = 0
    bad_requests: int = 0
    handed_over: int = 0
    head_timeouts: int = 0
    idle_timeouts: int = 0
    stalled: int = 0
    hung_up_waiting: int = 0
