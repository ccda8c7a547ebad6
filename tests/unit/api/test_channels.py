"""Channels and keys over HTTP."""

import httpx


async def test_a_new_channel_answers_with_its_key_and_addresses(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/channels", json={"name": "demo", "title": "Demo"})
    made = answer.json()
    assert answer.status_code == 201
    assert made["ingest"]["key"].startswith("tgk_")
    assert made == {
        "channel": "demo",
        "title": "Demo",
        "ingest": {"rtmp": "rtmp://127.0.0.1:1935/live", "key": made["ingest"]["key"], "rtmps": None},
        "playback": {
            "hls": "http://127.0.0.1:8080/live/demo/index.m3u8",
            "watch": "http://127.0.0.1:8080/watch/demo",
        },
    }
