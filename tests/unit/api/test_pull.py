"""The source of a channel, as a resource."""

import httpx

URL = "rtsp://viewer:s3cret@camera.example/stream1?token=s3cret"
PATH = "/api/v1/channels/yard/pull"


async def test_a_source_is_set_shown_without_its_secrets_and_removed(admin: httpx.AsyncClient):
    await admin.post("/api/v1/channels", json={"name": "yard"})
    assert (await admin.get(PATH)).json()["url"] == ""
    set_off = await admin.put(PATH, json={"url": URL, "enabled": False})
    assert set_off.status_code == 200
    assert "s3cret" not in set_off.text
    assert set_off.json() == {
        "url": "rtsp://••••@camera.example/stream1?••••", "enabled": False, "loop": False, "state": "off",
        "since": 0.0, "reason": "", "retry_at": 0.0, "failures": 0,
    }  # fmt: skip
    again = await admin.put(PATH, json={"url": "srt://h.example:9", "enabled": False, "loop": True})
    assert again.json()["url"] == "srt://h.example:9"
    assert (await admin.delete(PATH)).status_code == 204
    assert (await admin.delete(PATH)).json()["code"] == "pull-not-found"


async def test_what_cannot_be_pulled_is_refused(admin: httpx.AsyncClient):
    await admin.post("/api/v1/channels", json={"name": "yard"})
    for url, status, code in (
        ("gopher://h/x", 400, "bad-source"),
        ("file:/etc/passwd", 403, "source-forbidden"),
        ("x" * 3000, 400, "invalid"),
    ):
        answer = await admin.put(PATH, json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await admin.put("/api/v1/channels/none/pull", json={"url": URL})).status_code == 404


async def test_a_deleted_channel_leaves_no_source(admin: httpx.AsyncClient):
    await admin.post("/api/v1/channels", json={"name": "yard"})
    await admin.put(PATH, json={"url": URL, "enabled": False})
    await admin.delete("/api/v1/channels/yard")
    await admin.post("/api/v1/channels", json={"name": "yard"})
    assert (await admin.get(PATH)).json()["url"] == ""
