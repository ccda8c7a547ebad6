"""Settings over HTTP."""

import httpx
import pytest

GRACE = "/api/v1/settings/origin.grace_s"


@pytest.fixture
async def demo(admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/channels", json={"name": "demo"})


async def test_the_list_tells_what_each_setting_is_and_may_be(admin: httpx.AsyncClient) -> None:
    listed = (await admin.get("/api/v1/settings")).json()
    grace = next(each for each in listed["items"] if each["name"] == "origin.grace_s")
    assert listed["problems"] == []
    assert (grace["value"], grace["default"], grace["source"], grace["version"]) == (60.0, 60.0, "default", 0)
    assert (grace["minimum"], grace["maximum"], grace["unit"], grace["bounds"]) == (0, 600, "s", "0 to 600 s")
    assert [each["name"] for each in listed["items"]] == sorted(each["name"] for each in listed["items"])


async def test_a_value_is_set_and_reset(admin: httpx.AsyncClient, bench) -> None:
    made = await admin.put(GRACE, json={"value": 5, "reason": "Wi-Fi"})
    assert made.status_code == 200
    assert (made.json()["value"], made.json()["source"], made.json()["version"]) == (5.0, "set", 1)
    assert (await admin.put(GRACE, json={"value": "7.5"})).json()["value"] == 7.5  # as people type it
    gone = (await admin.delete(GRACE, params={"reason": "done"})).json()
    assert (gone["value"], gone["source"], gone["version"]) == (60.0, "default", 3)
    history = (await admin.get(f"{GRACE}/history")).json()["items"]
    assert [(each["action"], each["old"], each["new"], each["reason"]) for each in history] == [
        ("reset", 7.5, None, "done"),
        ("set", 5.0, 7.5, ""),
        ("set", None, 5.0, "Wi-Fi"),
    ]
    assert {(each["who"], each["remote"]) for each in history} == {("admin", "127.0.0.1")}


async def test_a_channels_own_value(admin: httpx.AsyncClient, demo: None) -> None:
    made = (await admin.put(GRACE, json={"value": 5, "reach": "channel", "id": "demo"})).json()
    assert (made["value"], made["source"], made["set_value"]) == (5.0, "override", None)
    assert made["overrides"] == [{"scope": "channel", "id": "demo", "value": 5.0}]
    assert (await admin.get(GRACE)).json()["value"] == 60.0
    assert (await admin.get(GRACE, params={"channel": "demo"})).json()["value"] == 5.0
    listed = (await admin.get("/api/v1/settings", params={"channel": "demo"})).json()["items"]
    assert {each["name"] for each in listed if each["source"] == "override"} == {"origin.grace_s"}


async def test_a_deleted_channel_leaves_no_value_behind(admin: httpx.AsyncClient, demo: None) -> None:
    await admin.put(GRACE, json={"value": 5, "reach": "channel", "id": "demo"})
    await admin.delete("/api/v1/channels/demo")
    assert (await admin.get(GRACE)).json()["overrides"] == []
    newest = (await admin.get(f"{GRACE}/history")).json()["items"][0]
    assert (newest["who"], newest["reason"]) == ("server", "channel demo was deleted")


async def test_the_slower_of_two_writers_is_told_the_version(admin: httpx.AsyncClient) -> None:
    await admin.put(GRACE, json={"value": 5, "version": 0})
    late = await admin.put(GRACE, json={"value": 6, "version": 0})
    assert late.status_code == 409
    assert (late.json()["code"], late.json()["version"]) == ("setting-changed", 1)
    assert (await admin.delete(GRACE, params={"version": 0})).status_code == 409
    assert (await admin.get(GRACE)).json()["value"] == 5.0


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"value": 601}, 400, "setting-value", "at most 600 s"),
        ({"value": "soon"}, 400, "setting-value", "a number"),
        ({"value": True}, 400, "setting-value", "a number"),
        ({"value": 5, "reach": "channel", "id": "nobody"}, 404, "channel-not-found", "nobody"),
        ({"value": 5, "reach": "node"}, 400, "setting-place", "printable"),
        ({"value": 5, "reach": "all", "id": "x"}, 400, "setting-place", "no id"),
        ({"value": 5, "reach": "planet", "id": "x"}, 400, "invalid", "reach"),
        ({"value": 1e300}, 400, "setting-value", "JSON can carry"),
        ({"value": 10**30}, 400, "setting-value", "JSON can carry"),
        ({"value": "x" * 5000}, 400, "setting-value", "a number"),
        ({"value": None}, 400, "invalid", "value"),
        ({"value": 5, "version": -1}, 400, "invalid", "version"),
        ({"value": 5, "reason": "x" * 501}, 400, "invalid", "reason"),
        ({}, 400, "invalid", "value"),
    ],
)
async def test_what_breaks_a_rule_is_refused_with_it(
    admin: httpx.AsyncClient, body: dict[str, object], status: int, code: str, words: str
) -> None:
    answer = await admin.put(GRACE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert words in answer.text
    assert (await admin.get(GRACE)).json()["version"] == 0


async def test_an_unknown_setting_is_answered_with_near_names(admin: httpx.AsyncClient) -> None:
    for answer in (
        await admin.get("/api/v1/settings/grace_s"),
        await admin.put("/api/v1/settings/grace_s", json={"value": 5}),
        await admin.get("/api/v1/settings/grace_s/history"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "setting-not-found")
        assert answer.json()["near"][0] == "origin.grace_s"


async def test_a_change_is_released_grown_and_promoted(admin: httpx.AsyncClient) -> None:
    first = (await admin.post(f"{GRACE}/changes", json={"value": 5, "share": 0.05})).json()
    (change,) = first["changes"]
    assert (change["value"], change["share"], first["value"]) == (5.0, 0.05, 60.0)
    grown = (await admin.post(f"{GRACE}/changes", json={"value": 5, "share": 1})).json()
    assert grown["changes"] == [{**change, "share": 1.0}]
    reached = (await admin.get(GRACE, params={"channel": "any"})).json()
    assert (reached["value"], reached["source"], reached["arms"]) == (
        5.0,
        "gray",
        [f"{change['id']}:treatment"],
    )
    done = (await admin.post(f"{GRACE}/changes/{change['id']}/promote")).json()
    assert (done["value"], done["source"], done["changes"]) == (5.0, "set", [])
    assert (await admin.post(f"{GRACE}/changes/{change['id']}/promote")).status_code == 404


async def test_a_change_is_aborted(admin: httpx.AsyncClient) -> None:
    (change,) = (await admin.post(f"{GRACE}/changes", json={"value": 5, "share": 1})).json()["changes"]
    done = (await admin.delete(f"{GRACE}/changes/{change['id']}", params={"reason": "worse"})).json()
    assert (done["changes"], done["value"]) == ([], 60.0)
    refused = await admin.post(f"{GRACE}/changes", json={"value": 5, "share": 5})
    assert (refused.status_code, refused.json()["code"]) == (400, "setting-share")


async def test_differences_from_defaults_over_time_and_between_versions(
    admin: httpx.AsyncClient, bench
) -> None:
    await admin.put(GRACE, json={"value": 5})
    bench.clock.advance(10)
    noon = bench.clock.wall()
    bench.clock.advance(10)
    await admin.put(GRACE, json={"value": 7})

    async def pairs(**query: object) -> list[tuple[object, object]]:
        answer = await admin.get("/api/v1/settings/diff", params=query)
        assert answer.status_code == 200, answer.text
        return [(each["old"], each["new"]) for each in answer.json()["items"]]

    assert await pairs() == [(60.0, 7.0)]
    assert await pairs(since=noon) == [(5.0, 7.0)]
    assert await pairs(until=noon) == [(None, 5.0)]
    assert await pairs(name="origin.grace_s", from_version=0, to_version=1) == [(None, 5.0)]
    assert await pairs(name="origin.linger_s") == []
    for wrong in (
        {"from_version": 1},
        {"name": "origin.grace_s", "from_version": 2, "to_version": 1},
        {"name": "origin.grace_s", "from_version": 1, "to_version": 10**20},
        {"since": "nan"},
    ):
        assert (await admin.get("/api/v1/settings/diff", params=wrong)).status_code == 400, wrong
    assert (await admin.get("/api/v1/settings/diff", params={"since": 5, "until": 4})).status_code == 400


async def test_history_pages(admin: httpx.AsyncClient) -> None:
    for value in range(5):
        await admin.put(GRACE, json={"value": value})
    first = (await admin.get("/api/v1/settings/history", params={"limit": 3})).json()
    rest = (await admin.get("/api/v1/settings/history", params={"limit": 3, "before": first["next"]})).json()
    assert [each["version"] for each in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
    assert rest["next"] == ""
    assert (await admin.get("/api/v1/settings/history", params={"limit": 1000})).status_code == 400
    for before in ("x", "nan:1:a", "1:99999999999999999999:a", "1:-1:a", "::"):
        assert (await admin.get("/api/v1/settings/history", params={"before": before})).status_code == 400, (
            before
        )
