"""What a machine says of itself, and whether the platform is well."""

from typing import Literal

import msgspec

CheckStatus = Literal["ok", "degraded", "failing"]


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at. `hint` is the exact next step where it is not ok."""

    name: str
    status: CheckStatus
    message: str
    hint: str = ""


class Health(msgspec.Struct, frozen=True):
    """The whole platform's state: the worst of its checks."""

    status: CheckStatus
    version: str
    uptime_s: float
    checks: tuple[Check, ...]


class NodeStatus(msgspec.Struct, frozen=True):
    """One node's second. Rates are over the last few seconds; `cpu_cores` is cores in use by this process tree."""

    node: str
    region: str
    roles: tuple[str, ...]
    version: str
    started_at: float
    cpu_cores: float
    cpu_count: int
    rss_bytes: int
    memory_total_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    streams: int
    viewers: int
    ingest_bps: float
    egress_bps: float
