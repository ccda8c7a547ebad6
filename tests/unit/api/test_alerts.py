"""Alerts, rules and silences over HTTP."""

import pytest

from alert_rig import an_alert

RULES = "/api/v1/alerts/rules"
OWN = {
    "title": "Too many wait",
    "indicator": "startup_time_p95",
    "condition": {"kind": "threshold", "above": 9, "clear": 5},
    "by": ["region"],
    "severity": "warning",
    "no_data": "keep",
    "sentence": "{value} in {slice}.",
    "fix": "Look.",
}


async def test_rules_are_kept_shown_and_taken_back(admin) -> None:
    names = [each["rule"]["name"] for each in (await admin.get(RULES)).json()["items"]]
    assert "rebuffering" in names
    made = await admin.put(f"{RULES}/slow-start", json=OWN)
    assert made.status_code == 200
    assert made.json()["origin"] == "own"
    assert made.json()["rule"]["for_s"] == 60
    changed = await admin.put(f"{RULES}/rebuffering", json={**OWN, "enabled": False})
    assert changed.json()["origin"] == "changed"
    assert (await admin.delete(f"{RULES}/rebuffering")).status_code == 204
    assert (await admin.get(f"{RULES}/rebuffering")).json()["origin"] == "release"
    assert (await admin.delete(f"{RULES}/rebuffering")).status_code == 404


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("slow-start", {"indicator": "nothing"}, "there is no indicator"),
        ("slow-start", {"by": ["region"] * 5}, "more than 4"),
        ("slow-start", {"window_s": 15}, "multiple"),
        ("slow-start", {"condition": {"kind": "magic"}}, "magic"),
        ("slow-start", {"colour": "red"}, "colour"),
        ("Slow Start", {}, "no name of a rule"),
        ("slow-start", {"sentence": "x" * 700}, "600"),
    ],
)
async def test_a_wrong_rule_is_refused_in_words(admin, name, wrong, words) -> None:
    answer = await admin.put(f"{RULES}/{name}", json={**OWN, **wrong})
    assert answer.status_code == 400
    assert words in answer.text


async def test_an_alert_is_shown_taken_on_and_silenced(admin, bench) -> None:
    alert = await an_alert(bench.store)
    (shown,) = (await admin.get("/api/v1/alerts?only=open")).json()["items"]
    assert shown["members"][0]["slice"] == {"region": "eu", "channel": "demo"}
    assert (await admin.get("/api/v1/alerts?only=resolved")).json()["items"] == []
    assert (await admin.get("/api/v1/alerts?rule=other")).json()["items"] == []
    assert (await admin.get("/api/v1/alerts?only=maybe")).status_code == 400
    taken = await admin.post(f"/api/v1/alerts/{alert.id}/acknowledge")
    assert taken.json()["acknowledged"]["who"] == "admin"
    taken = await admin.post(f"/api/v1/alerts/{alert.id}/acknowledge", json={"who": "ann", "for_s": 60})
    assert taken.json()["acknowledged"]["until"] == bench.clock.wall() + 60
    assert (await admin.delete(f"/api/v1/alerts/{alert.id}/acknowledge")).json()["acknowledged"] is None
    made = (await admin.post(f"/api/v1/alerts/{alert.id}/silence", json={"for_s": 600})).json()
    assert made["slice"] == {"region": "eu"}
    assert (await admin.get(f"/api/v1/alerts/{alert.id}")).json()["silenced_until"] == made["until"]
    (silence,) = (await admin.get("/api/v1/alerts/silences")).json()["items"]
    assert (await admin.delete(f"/api/v1/alerts/silences/{silence['id']}")).status_code == 204
    assert (await admin.get(f"/api/v1/alerts/{alert.id}")).json()["silenced_by"] == ""


@pytest.mark.parametrize(
    "wish", [{"for_s": 60}, {"for_s": 0, "rule": "rebuffering"}, {"for_s": 1e9, "rule": "rebuffering"}]
)
async def test_a_silence_of_everything_or_for_ever_is_refused(admin, wish) -> None:
    assert (await admin.post("/api/v1/alerts/silences", json=wish)).status_code == 400


async def test_what_is_not_there_is_said(admin) -> None:
    for path in ("/api/v1/alerts/alr_x", f"{RULES}/nothing"):
        assert (await admin.get(path)).status_code == 404
    assert (await admin.post("/api/v1/alerts/alr_x/acknowledge")).status_code == 404
    assert (await admin.post("/api/v1/alerts/alr_x/silence", json={"for_s": 5})).status_code == 404
    assert (await admin.delete("/api/v1/alerts/silences/sil_x")).status_code == 404
    wish = {"for_s": 60, "rule": "rebufering"}
    assert (
        "Did you mean rebuffering" in (await admin.post("/api/v1/alerts/silences", json=wish)).json()["hint"]
    )
