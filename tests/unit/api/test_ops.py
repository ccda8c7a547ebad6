"""Probes and metrics."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tidegate.core.nodes import Check


async def test_alive_looks_at_nothing_else(anyone: httpx.AsyncClient, bench) -> None:
    bench.health.broken = RuntimeError("down")
    assert (await anyone.get("/healthz")).json() == {"status": "ok"}


async def test_ready_while_nothing_is_failing(anyone: httpx.AsyncClient, bench) -> None:
    assert (await anyone.get("/readyz")).status_code == 200
    bench.health.checks = (Check("store", "failing", "secret path", "hint"), Check("disk", "ok", ""))
    answer = await anyone.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert answer.json()["detail"] == "Not ready: store."
    assert "secret" not in answer.text


async def test_metrics_are_what_prometheus_reads(admin: httpx.AsyncClient) -> None:
    await admin.get("/api/v1/version")
    answer = await admin.get("/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["tidegate_api_requests_total", "GET", "/api/v1/version", "200"] == 1
    assert samples["tidegate_api_event_streams",] == 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("*/*", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
async def test_metrics_come_in_the_format_asked_for(
    admin: httpx.AsyncClient, accept: str, content_type: str
) -> None:
    answer = await admin.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(content_type)
    assert answer.headers["content-type"].count("charset") == 1
