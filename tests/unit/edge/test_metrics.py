"""Every counter is exported under its name, and reads what the edge counted."""

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tidegate.core.clock import ManualClock
from tidegate.media.edge.metrics import EdgeCollector
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from unit.edge.scripted import ScriptedSource


async def test_exports_every_counter() -> None:
    source, clock = ScriptedSource(), ManualClock()
    source.publish()
    edge = Edge(source, clock)
    server = EdgeServer(edge, clock=clock)
    for _ in range(3):
        edge.handle("demo/video/part-s-0.m4s", viewer="v")
    registry = CollectorRegistry()
    registry.register(EdgeCollector(server))
    text = generate_latest(registry).decode()
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for counters in (edge.counters, server.counters):
        for name, value in msgspec.structs.asdict(counters).items():
            assert values[f"tidegate_edge_{name}_total"] == value
    assert values["tidegate_edge_requests_total"] == 3
    assert values["tidegate_edge_upstream_requests_total"] == 1
    assert values["tidegate_edge_viewers"] == 1
    assert values["tidegate_edge_cache_bytes"] == edge.cache.bytes
