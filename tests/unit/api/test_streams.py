"""Streams, nodes and health over HTTP."""

import httpx
import msgspec

from tidegate.core.nodes import Check
from tidegate.core.streams import Note, StreamStatus


async def test_a_stream_shows_everything_there_is_to_say(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo", "title": "Demo"})
    bench.streams.go_live("demo", 5.0)
    note = Note("bad-codec", "error", "VP8 cannot be carried.", "Use H.264.", bench.clock.wall())
    bench.services.refusals.refused("demo", note)
    view = (await admin.get("/api/v1/streams/demo")).json()
    assert set(StreamStatus.__struct_fields__) < set(view)
    assert view["state"] == "live"
    assert view["publisher"]["encoder"] == "obs"
    assert (view["title"], view["viewers"], view["peak_viewers"]) == ("Demo", 7, 9)
    assert view["ingest"] == {
        "rtmp": "rtmp://127.0.0.1:1935/live",
        "rtmps": None,
        "srt": "srt://127.0.0.1:8890",
    }
    assert view["playback"]["watch"] == "http://127.0.0.1:8080/watch/demo"
    assert view["refusals"] == [msgspec.to_builtins(note)]
    assert (await admin.get("/api/v1/streams")).json() == {"items": [view]}


async def test_a_channel_without_a_stream_is_offline(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    view = (await admin.get("/api/v1/streams/demo")).json()
    assert (view["state"], view["publisher"], view["started_at"]) == ("offline", None, 0.0)
    assert view["state_since"] == bench.clock.wall()
    assert (await admin.get("/api/v1/streams")).json() == {"items": []}


async def test_a_publisher_is_hung_up_on(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    refused = await admin.delete("/api/v1/streams/demo/publisher")
    assert (refused.status_code, refused.json()["code"]) == (409, "not-publishing")
    bench.streams.go_live("demo", 5.0)
    assert (await admin.delete("/api/v1/streams/demo/publisher")).status_code == 204
    assert bench.streams.kicked == ["demo", "demo"]


async def test_viewers_are_switched_to_the_other_publisher(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    refused = await admin.post("/api/v1/streams/demo/switch", json={})
    assert refused.status_code == 409
    bench.streams.go_live("demo", 5.0)
    assert (await admin.post("/api/v1/streams/demo/switch", json={})).json()["channel"] == "demo"
    assert (await admin.post("/api/v1/streams/demo/switch", json={"to": "primary"})).status_code == 200
    assert bench.streams.switched == [("demo", None), ("demo", "primary")]
    wrong = await admin.post("/api/v1/streams/demo/switch", json={"to": "spare"})
    assert wrong.status_code == 400


async def test_viewers_may_know_this_and_no_more(anyone: httpx.AsyncClient, admin, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo", "title": "Demo"})
    bench.streams.go_live("demo", 5.0)
    assert (await anyone.get("/api/v1/watch/demo")).json() == {
        "channel": "demo",
        "title": "Demo",
        "state": "live",
        "state_since": 5.0,
        "started_at": 5.0,
        "viewers": 7,
        "access": "public",
        "hls": "http://127.0.0.1:8080/live/demo/index.m3u8",
        "expires_at": 0.0,
        "clips": "nobody",
    }


async def test_nodes_and_health_are_as_they_say_of_themselves(admin: httpx.AsyncClient, bench) -> None:
    (node,) = (await admin.get("/api/v1/nodes")).json()["items"]
    assert (node["node"], node["roles"], node["viewers"]) == ("n1", ["edge"], 7)
    bench.health.checks = (Check("disk", "failing", "No room.", "Free some."),)
    assert (await admin.get("/api/v1/health")).json() == {
        "status": "failing",
        "version": "0.1.0",
        "uptime_s": 12.5,
        "checks": [{"name": "disk", "status": "failing", "message": "No room.", "hint": "Free some."}],
    }


async def test_the_version_is_for_anyone(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/v1/version")).json() == {"version": "0.1.0"}
