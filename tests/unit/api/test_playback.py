"""Private channels over HTTP: who is told what, tokens, signing keys, and the policy that edges ask for."""

import httpx
import msgspec

from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.policy import EdgePolicy, adopt
from unit.access.door import PEM
from unit.api.conftest import EDGE_TOKEN


def make_private(bench, *names: str) -> None:
    private = dict.fromkeys(names or ("demo",), "token")
    bench.services.playback.settings.apply(SettingState("playback.access", 1, None, {"channel": private}))


async def test_a_private_channel_tells_strangers_nothing(admin: httpx.AsyncClient, anyone, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo", "title": "Board meeting"})
    make_private(bench)
    answer = await anyone.get("/api/v1/watch/demo")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-needed")
    assert "Board" not in answer.text
    wrong = await anyone.get("/api/v1/watch/demo", params={"token": "a.b.c"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "token-invalid")


async def test_a_token_is_a_link_that_works(admin: httpx.AsyncClient, anyone, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    make_private(bench)
    made = (await admin.post("/api/v1/channels/demo/tokens", json={"ttl_s": 60, "viewer": "ada"})).json()
    assert made["expires_at"] == bench.clock.wall() + 60
    assert made["playback"]["watch"].endswith(f"/watch/demo?token={made['token']}")
    view = (await anyone.get("/api/v1/watch/demo", params={"token": made["token"]})).json()
    assert (
        view["hls"]
        == made["playback"]["hls"]
        == f"http://127.0.0.1:8080/live/~{made['token']}/demo/index.m3u8"
    )
    assert view["access"] == "token"
    await admin.post("/api/v1/channels", json={"name": "other"})
    make_private(bench, "demo", "other")
    stray = await anyone.get("/api/v1/watch/other", params={"token": made["token"]})
    assert stray.status_code == 403
    assert stray.json()["code"] == "token-wrong-channel"


async def test_those_signed_in_watch_with_a_token_of_their_own(admin: httpx.AsyncClient, bench) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})
    make_private(bench)
    view = (await admin.get("/api/v1/watch/demo")).json()
    assert "/live/~" in view["hls"]
    assert view["expires_at"] == bench.clock.wall() + 600
    again = (await admin.get("/api/v1/watch/demo")).json()
    assert again["hls"] == view["hls"]


async def test_a_token_for_what_cannot_be(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/api/v1/channels/none/tokens")).status_code == 404
    await admin.post("/api/v1/channels", json={"name": "demo"})
    for wish, code in (
        ({"ttl_s": 1}, "token-wish"),
        ({"cidr": ["nowhere"]}, "token-wish"),
        ({"origins": ["example"]}, "origins-invalid"),
        ({"ttl": 60}, "invalid"),
    ):
        answer = await admin.post("/api/v1/channels/demo/tokens", json=wish)
        assert (answer.status_code, answer.json()["code"]) == (400, code), wish


async def test_signing_keys(admin: httpx.AsyncClient) -> None:
    added = await admin.post("/api/v1/signing-keys", json={"name": "our shop", "public_key": PEM})
    assert added.status_code == 201
    items = (await admin.get("/api/v1/signing-keys")).json()["items"]
    assert [item["issuer"] for item in items] == ["installation", "external"]
    rotated = (await admin.post("/api/v1/signing-keys/rotate")).json()
    assert rotated["id"] not in {item["id"] for item in items}
    assert (await admin.delete(f"/api/v1/signing-keys/{added.json()['id']}")).status_code == 204
    assert (await admin.delete(f"/api/v1/signing-keys/{rotated['id']}")).status_code == 409
    bad = await admin.post("/api/v1/signing-keys", json={"name": "x", "public_key": "no key"})
    assert (bad.status_code, bad.json()["code"]) == (400, "public-key-invalid")


async def test_an_edge_learns_whom_to_let_in_and_nothing_more(bench) -> None:
    make_private(bench)
    async with bench.client(token=EDGE_TOKEN) as edge:
        answer = await edge.get("/api/v1/edge/policy")
        assert answer.status_code == 200
        assert (await edge.get("/api/v1/channels")).status_code == 401
    book, ring = SettingsBook(), KeyRing()
    adopt(msgspec.json.decode(answer.content, type=EdgePolicy), book, ring)
    assert book.state("playback.access").overrides == {"channel": {"demo": "token"}}
    assert ring.keys.keys() == bench.services.playback.tokens.ring.keys.keys()
