"""The routes of playback sessions; what they answer from is in `tests/contract/playback_sessions`."""

import httpx
import pytest


async def test_only_who_is_signed_in_may_ask(anyone: httpx.AsyncClient) -> None:
    for path in ("/api/v1/playback-sessions", "/api/v1/playback-sessions/x"):
        assert (await anyone.get(path)).status_code == 401


@pytest.mark.parametrize(
    "query", ["order=x", "limit=0", "from=5&to=1", "from=nan", "limit=a", "channel=" + "x" * 200]
)
async def test_a_wrong_question_is_refused(admin: httpx.AsyncClient, query: str) -> None:
    assert (await admin.get(f"/api/v1/playback-sessions?{query}")).status_code == 400


async def test_while_telemetry_is_away_it_says_so(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/v1/playback-sessions?from=1&to=2")
    assert (answer.status_code, answer.json()["code"]) == (503, "telemetry-away")
