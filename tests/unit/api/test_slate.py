"""A channel's slate over HTTP: how it looks, and its owner's picture."""

import httpx

from tidegate.media.slate.images import BYTES_MAX
from tidegate.media.testcard.canvas import Canvas
from tidegate.media.testcard.png import to_png

PICTURE = to_png(Canvas(128, 72))


async def test_a_slate_is_drawn_until_it_has_a_picture(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    assert (await admin.get("/api/v1/channels/demo/slate")).json() == {
        "channel": "demo",
        "shows": "generated",
        "has_picture": False,
        "line": "We will be right back",
        "after_s": 2.0,
        "state": "none",
    }
    drawn = await admin.get("/api/v1/channels/demo/slate/preview.png")
    assert (drawn.headers["content-type"], drawn.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    given = await admin.put("/api/v1/channels/demo/slate/picture", content=PICTURE)
    assert (given.status_code, given.json()["shows"]) == (200, "picture")
    assert (await admin.get("/api/v1/channels/demo/slate/preview.png")).content != drawn.content
    assert (await admin.delete("/api/v1/channels/demo/slate/picture")).status_code == 204
    assert (await admin.get("/api/v1/channels/demo/slate")).json()["shows"] == "generated"


async def test_a_setting_decides_for_the_channel(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    await admin.put(
        "/api/v1/settings/continuity.slate", json={"value": "off", "reach": "channel", "id": "demo"}
    )
    assert (await admin.get("/api/v1/channels/demo/slate")).json()["shows"] == "nothing"


async def test_what_is_no_picture_is_refused_with_a_sentence(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    for content, status, code in (
        (b"", 400, "slate-picture"),
        (b"<svg onload=alert(1)>", 400, "slate-picture"),
        (PICTURE[:40], 400, "slate-picture"),
        (bytes(BYTES_MAX + 1), 400, "slate-picture"),
        (bytes(BYTES_MAX + (1 << 20)), 413, "content-too-large"),
    ):
        refused = await admin.put("/api/v1/channels/demo/slate/picture", content=content)
        assert refused.status_code == status, refused.text
        if status == 400:
            assert (refused.json()["code"], bool(refused.json()["hint"])) == (code, True)
    assert (await admin.get("/api/v1/channels/demo/slate")).json()["has_picture"] is False


async def test_a_channel_there_is_not_has_no_slate(admin: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("GET", "/preview.png"), ("PUT", "/picture"), ("DELETE", "/picture")):
        answer = await admin.request(method, f"/api/v1/channels/none/slate{path}", content=PICTURE)
        assert answer.status_code == 404


async def test_a_deleted_channels_picture_is_gone(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    await admin.put("/api/v1/channels/demo/slate/picture", content=PICTURE)
    await admin.delete("/api/v1/channels/demo")
    await admin.post("/api/v1/channels", json={"name": "demo"})
    assert (await admin.get("/api/v1/channels/demo/slate")).json()["has_picture"] is False
