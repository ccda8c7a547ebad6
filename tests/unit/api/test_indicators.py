"""Indicators over HTTP: what they are, and which questions are none."""

import httpx
import pytest

URL = "/api/v1/indicators"
ASKED = {"indicators": ["plays"], "from": 1_700_000_000 - 60, "to": 1_700_000_000}


async def test_they_are_listed_with_what_they_mean(admin: httpx.AsyncClient) -> None:
    items = {item["name"]: item for item in (await admin.get(URL)).json()["items"]}
    ratio = items["rebuffer_ratio"]
    assert ratio == (await admin.get(f"{URL}/rebuffer_ratio")).json()
    assert ratio["formula"] == "(rebuffer_s) ÷ (watched_s + rebuffer_s)"
    assert ratio["tables"] == ["playback"]
    assert ratio["direction"] == "down"
    assert "channel" in ratio["dimensions"]


async def test_money_is_in_the_currency_that_is_set(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{URL}/cost_per_gb")).json()["unit"] == "USD/GB"
    done = await admin.put("/api/v1/settings/economics.currency", json={"value": "EUR"})
    assert done.status_code == 200
    assert (await admin.get(f"{URL}/cost_per_gb")).json()["unit"] == "EUR/GB"


async def test_a_name_that_is_none_is_not_found_but_its_neighbour(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"{URL}/rebufer_ratio")
    assert answer.status_code == 404
    assert answer.json()["code"] == "indicator-not-found"
    assert "rebuffer_ratio" in answer.json()["hint"]


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"indicators": []}, "invalid", "does not fit"),
        ({"indicators": ["plays"] * 2}, "indicator-query", "twice"),
        ({"from": ASKED["to"]}, "indicator-query", "no range of time"),
        ({"from": -1}, "indicator-query", "no range of time"),
        ({"by": ["weather"]}, "indicator-query", "cannot be asked by 'weather'"),
        ({"by": ["region) --"]}, "indicator-query", "cannot be asked by"),
        ({"where": {"channel; DROP TABLE": ["x"]}}, "indicator-query", "cannot be asked by"),
        ({"step_s": 1, "from": ASKED["to"] - 86_400}, "indicator-query", "more than 2000 steps"),
        ({"limit": 0}, "invalid", "does not fit"),
        ({"colour": 1}, "invalid", "does not fit"),
    ],
)
async def test_a_question_that_is_none_is_refused_by_name(
    admin: httpx.AsyncClient, change: dict[str, object], code: str, says: str
) -> None:
    answer = await admin.post(f"{URL}/query", json=ASKED | change)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert says in answer.json()["detail"]


async def test_while_telemetry_is_away_a_question_is_told_so(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(f"{URL}/query", json=ASKED)
    assert answer.status_code == 503
    assert answer.json()["code"] == "telemetry-away"
    assert answer.json()["retryable"]
