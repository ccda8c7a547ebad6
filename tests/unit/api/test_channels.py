"""Channels and keys over HTTP."""

import httpx
import pytest

from tidegate.core.streams import Note


async def test_a_new_channel_answers_with_its_key_and_addresses(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/channels", json={"name": "demo", "title": "Demo"})
    made = answer.json()
    assert answer.status_code == 201
    assert made["ingest"]["key"].startswith("tgk_")
    assert made == {
        "channel": "demo",
        "title": "Demo",
        "ingest": {
            "rtmp": "rtmp://127.0.0.1:1935/live",
            "key": made["ingest"]["key"],
            "rtmps": None,
            "srt": "srt://127.0.0.1:8890",
        },
        "playback": {
            "hls": "http://127.0.0.1:8080/live/demo/index.m3u8",
            "watch": "http://127.0.0.1:8080/watch/demo",
        },
    }


async def test_the_key_is_in_no_other_answer(admin: httpx.AsyncClient) -> None:
    key = (await admin.post("/api/v1/channels", json={"name": "demo"})).json()["ingest"]["key"]
    for path in ("channels", "channels/demo", "streams", "streams/demo", "watch/demo"):
        text = (await admin.get(f"/api/v1/{path}")).text
        assert key not in text
        assert key.split("_")[2] not in text


async def test_a_channel_shows_whether_it_is_on_air(admin: httpx.AsyncClient, bench) -> None:
    key = (await admin.post("/api/v1/channels", json={"name": "demo"})).json()["ingest"]["key"]
    view = (await admin.get("/api/v1/channels/demo")).json()
    assert view == {
        "name": "demo",
        "title": "",
        "created_at": bench.clock.wall(),
        "home_region": "local",
        "key_hint": key[-4:],
        "state": "offline",
        "viewers": 7,
    }
    bench.streams.go_live("demo", 5.0)
    (listed,) = (await admin.get("/api/v1/channels")).json()["items"]
    assert listed == {**view, "state": "live"}


async def test_a_taken_name_conflicts(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    answer = await admin.post("/api/v1/channels", json={"name": "demo"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/errors#channel-exists",
        "title": "Conflict",
        "status": 409,
        "detail": "There is a channel 'demo' already.",
        "code": "channel-exists",
        "hint": "Choose another name, or rotate its key to get a new one.",
        "retryable": False,
        "channel": "demo",
    }


async def test_a_title_is_changed(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    answer = await admin.patch("/api/v1/channels/demo", json={"title": "New"})
    assert (answer.status_code, answer.json()["title"]) == (200, "New")
    assert (await admin.get("/api/v1/watch/demo")).json()["title"] == "New"


async def test_a_new_key_hangs_up_on_whoever_publishes(admin: httpx.AsyncClient, bench) -> None:
    old = (await admin.post("/api/v1/channels", json={"name": "demo"})).json()["ingest"]["key"]
    answer = await admin.post("/api/v1/channels/demo/keys")
    assert answer.status_code == 201
    assert answer.json()["ingest"]["key"] != old
    assert bench.streams.kicked == ["demo"]


async def test_deleting_hangs_up_and_forgets(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    bench.services.refusals.refused("demo", Note("wrong-key", "warning", "No.", "", bench.clock.wall()))
    answer = await admin.delete("/api/v1/channels/demo")
    assert (answer.status_code, answer.content) == (204, b"")
    assert bench.streams.removed == ["demo"]
    assert bench.services.refusals.recent("demo") == ()
    assert (await admin.get("/api/v1/channels/demo")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "channels/none"),
        ("PATCH", "channels/none"),
        ("DELETE", "channels/none"),
        ("POST", "channels/none/keys"),
        ("GET", "streams/none"),
        ("DELETE", "streams/none/publisher"),
        ("GET", "watch/none"),
    ],
)
async def test_an_unknown_channel_is_a_404_that_says_so(
    admin: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await admin.request(
        method, f"/api/v1/{path}", json={"title": "x"} if method == "PATCH" else None
    )
    assert answer.status_code == 404
    assert answer.json()["code"] == "channel-not-found"
    assert answer.json()["detail"] == "There is no channel 'none'."


async def test_while_the_store_is_away_changes_are_refused_and_watching_goes_on(
    admin: httpx.AsyncClient, bench
) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo", "title": "Demo"})
    await bench.store.close()
    answer = await admin.post("/api/v1/channels", json={"name": "other"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert answer.json()["retryable"] is True
    assert (await admin.get("/api/v1/watch/demo")).json()["title"] == "Demo"
    assert (await admin.get("/api/v1/streams/demo")).status_code == 200
