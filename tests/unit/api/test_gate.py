"""What every request passes: the Host check, security headers, HEAD, media."""

from dataclasses import replace

import httpx
import pytest
from prometheus_client import CollectorRegistry

from tidegate.api.addresses import Addresses
from tidegate.api.app import create_api
from tidegate.api.services import ApiConfig


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]", "[::1]:8080", "LocalHost", "localhost."]
)
async def test_loopback_names_are_answered(anyone: httpx.AsyncClient, host: str) -> None:
    assert (await anyone.get("/api/v1/version", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example/localhost",
        "",
        "[::2]",
        "[::1",
        "[::1].evil.example",
        "localhost:8080.evil.example",
        "localhost evil",
        "user@localhost",
        "a" * 5000,
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/version", "/nothing"])
async def test_a_foreign_name_is_refused(admin: httpx.AsyncClient, bench, host: str, path: str) -> None:
    answer = await admin.get(path, headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["code"] == "foreign-host"
    assert "allowed_hosts" in answer.json()["hint"]
    assert len(answer.content) < 1000
    assert bench.api.foreign_hosts == 1


@pytest.mark.parametrize("path", ["/api/v1/version", "/healthz"])
async def test_two_host_headers_are_refused_even_where_each_alone_is_right(
    admin: httpx.AsyncClient, path: str
) -> None:
    answer = await admin.get(path, headers=[("host", "127.0.0.1"), ("host", "localhost")])
    assert answer.status_code == 400
    assert "twice" in answer.json()["detail"]


async def test_configured_names_and_the_own_address_are_answered(bench) -> None:
    services = replace(
        bench.services,
        registry=CollectorRegistry(),
        addresses=Addresses(
            "https://live.example.org", "rtmp://live.example.org/live", "srt://live.example.org:8890"
        ),
        config=ApiConfig(hosts=frozenset({"Console.Example.org"})),
    )
    async with replace(bench, api=create_api(services)).client() as client:
        for host in ("live.example.org", "console.example.org:443"):
            assert (await client.get("/api/v1/version", headers={"host": host})).status_code == 200


async def test_probes_answer_under_any_name(anyone: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await anyone.get(path, headers={"host": "10.1.2.3"})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/version", "/api/v1/channels", "/nothing", "/healthz"])
async def test_every_answer_has_the_security_headers(anyone: httpx.AsyncClient, path: str) -> None:
    headers = (await anyone.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["media-src"] == policy["worker-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


async def test_answers_of_the_api_are_kept_nowhere(admin: httpx.AsyncClient) -> None:
    for path in ("version", "channels", "nothing"):
        assert (await admin.get(f"/api/v1/{path}")).headers["cache-control"] == "no-store"


async def test_head_of_a_page_is_get_without_content(anyone: httpx.AsyncClient) -> None:
    got, head = await anyone.get("/healthz"), await anyone.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


async def test_media_go_past_the_api_under_any_name(bench) -> None:
    paths: list[str] = []

    async def live(scope, receive, send) -> None:
        paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part"})

    services = replace(bench.services, live=live, registry=CollectorRegistry())
    async with replace(bench, api=create_api(services)).client() as client:
        answer = await client.get("/live/demo/index.m3u8", headers={"host": "cdn.example"})
        assert (answer.content, dict(answer.headers)) == (b"part", {})
        assert (await client.get("/lively")).status_code == 404
    assert paths == ["/live/demo/index.m3u8"]


async def test_without_media_here_their_addresses_are_not_there(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/live/demo/index.m3u8")).status_code == 404


async def test_requests_are_counted_by_route_and_made_up_methods_do_not_add_up(
    admin: httpx.AsyncClient, bench
) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    for n in range(5):
        await admin.get(f"/api/v1/watch/demo-{n}")
        await admin.get(f"/nothing/{n}")
        await admin.request(f"METHOD{n}", "/")
    counted = bench.api.answers
    assert counted["POST", "/api/v1/channels", 201] == 1
    assert counted["GET", "/api/v1/watch/{channel}", 404] == 5
    assert counted["GET", "unknown", 404] == 5
    assert counted["other", "unknown", 405] == 5
    assert len(counted) == 4
