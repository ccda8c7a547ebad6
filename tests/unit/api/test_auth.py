"""Signing in: token, cookie, and what guards them."""

import asyncio
import stat
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from tidegate.api.sessions import LIFETIME_S, MAX_SESSIONS, Role, Sessions
from tidegate.api.token import AdminToken, TokenFileError, open_admin_token
from tidegate.store.tables import sessions

TOKEN = "tga_0123456789abcdef"
"""As in `conftest.py`."""

CSRF = {"x-tidegate": "1"}


async def sign_in(client: httpx.AsyncClient) -> str:
    answer = await client.post("/api/v1/session", json={"token": TOKEN})
    assert answer.status_code == 204
    return answer.cookies["tidegate_session"]


@pytest.mark.parametrize("how", ["bearer", "content"])
async def test_the_token_gives_a_cookie_that_scripts_cannot_read(anyone: httpx.AsyncClient, how: str) -> None:
    given = (
        {"headers": {"authorization": f"Bearer {TOKEN}"}} if how == "bearer" else {"json": {"token": TOKEN}}
    )
    answer = await anyone.post("/api/v1/session", **given)
    assert (answer.status_code, answer.content) == (204, b"")
    attributes = answer.headers["set-cookie"].split("; ")
    assert attributes[0].startswith("tidegate_session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LIFETIME_S}"} <= set(attributes)
    assert (await anyone.get("/api/v1/session")).json() == {"role": "admin"}
    assert (await anyone.get("/api/v1/channels")).status_code == 200


async def test_behind_tls_the_cookie_is_secure(bench) -> None:
    async with bench.client() as client:
        answer = await client.post("https://127.0.0.1:8080/api/v1/session")
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_the_cookie_is_stored_hashed(anyone: httpx.AsyncClient, bench) -> None:
    cookie = await sign_in(anyone)
    (row,) = await bench.store.read(select(sessions))
    assert cookie.encode() not in row.digest
    assert len(cookie) * 5 >= 160


async def test_a_session_ends_after_twelve_hours(anyone: httpx.AsyncClient, bench) -> None:
    await sign_in(anyone)
    bench.clock.advance(LIFETIME_S - 1)
    assert (await anyone.get("/api/v1/session")).status_code == 200
    bench.clock.advance(1)
    answer = await anyone.get("/api/v1/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(anyone: httpx.AsyncClient) -> None:
    cookie = await sign_in(anyone)
    answer = await anyone.delete("/api/v1/session", headers=CSRF)
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    kept = await anyone.get("/api/v1/session", headers={"cookie": f"tidegate_session={cookie}"})
    assert kept.status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "channels"),
        ("PATCH", "channels/demo"),
        ("DELETE", "channels/demo"),
        ("POST", "channels/demo/keys"),
        ("DELETE", "streams/demo/publisher"),
        ("DELETE", "session"),
    ],
)
async def test_a_change_by_cookie_needs_our_own_header(
    anyone: httpx.AsyncClient, method: str, path: str
) -> None:
    await sign_in(anyone)
    body = {"name": "other", "title": "x"} if method in {"POST", "PATCH"} else None
    refused = await anyone.request(method, f"/api/v1/{path}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-header-missing")
    answered = await anyone.request(method, f"/api/v1/{path}", json=body, headers=CSRF)
    assert answered.status_code != 403


async def test_wrong_tokens_are_throttled_by_address_and_the_right_one_never_is(bench) -> None:
    async with bench.client(token=None) as client:
        with capture_logs() as logs:
            statuses = [
                (await client.post("/api/v1/session", json={"token": f"wrong-{n}"})).status_code
                for n in range(100)
            ]
            assert statuses == [401] * 10 + [429] * 90
            answer = await client.get("/api/v1/channels", headers={"authorization": "Bearer wrong"})
            assert answer.status_code == 429
            assert answer.headers["retry-after"] == "5"
            await sign_in(client)
    assert not any("wrong-" in repr(line) or TOKEN in repr(line) for line in logs)
    assert len(logs) == 10 + 1 + 1
    async with bench.client(token="wrong", ip="192.0.2.9") as elsewhere:
        assert (await elsewhere.get("/api/v1/channels")).status_code == 401


async def test_signing_in_with_nothing_says_what_is_needed(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.post("/api/v1/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-token")
    assert "admin-token" in answer.json()["hint"]


async def test_the_token_works_while_the_store_is_away_and_a_cookie_says_why_not(
    bench, anyone: httpx.AsyncClient
) -> None:
    await sign_in(anyone)
    await bench.store.close()
    assert (await anyone.get("/api/v1/nodes")).status_code == 503
    async with bench.client() as admin:
        assert (await admin.get("/api/v1/nodes")).status_code == 200


async def test_sessions_are_bounded_and_ended_ones_are_swept(bench) -> None:
    kept = Sessions(bench.store, bench.clock)
    first = await kept.start(Role.ADMIN)
    bench.clock.advance(1)
    await asyncio.gather(*(kept.start(Role.ADMIN) for _ in range(MAX_SESSIONS)))
    count = select(func.count().label("n")).select_from(sessions)
    assert (await bench.store.read(count))[0].n == MAX_SESSIONS
    assert await kept.role(first.cookie) is None
    bench.clock.advance(LIFETIME_S)
    await kept.start(Role.ADMIN)
    assert (await bench.store.read(count))[0].n == 1


def test_a_token_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    token = open_admin_token(path)
    text = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(text.removeprefix("tga_")) * 5 >= 160
    assert token.matches(text)
    assert open_admin_token(path).matches(text)
    assert list(tmp_path.iterdir()) == [path]


def test_a_token_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    path.write_text("a-token-of-my-own\n")
    path.chmod(0o644)
    with capture_logs() as logs:
        assert open_admin_token(path).matches("a-token-of-my-own")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line["event"] for line in logs] == ["secret_was_readable_by_others"]


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe" * 20])
def test_a_token_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "admin-token").write_bytes(content)
    with pytest.raises(TokenFileError):
        open_admin_token(tmp_path / "admin-token")


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="data folder"):
        open_admin_token(tmp_path / "none" / "admin-token")


@pytest.mark.parametrize("text", ["", "tga_0123456789abcde", TOKEN + "0", TOKEN.upper(), "\ud800", "é"])
def test_only_the_token_matches(text: str) -> None:
    token = AdminToken(TOKEN)
    assert not token.matches(text)
    assert token.matches(TOKEN)
