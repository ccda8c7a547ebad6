"""The door for edges' facts: only for edges, bounded, and a clear word for whatever comes."""

import asyncio

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.api.facts import MAX_DELIVERY_BYTES
from tidegate.core.facts import DeliveryFact
from unit.api.conftest import EDGE_TOKEN, TOKEN

PATH = "/api/v1/facts/delivery"
SENDER = {"x-tidegate-node": "edge-1", "x-tidegate-region": "eu", "content-type": "application/x-ndjson"}


def line(bench, **given: object) -> bytes:
    fact = DeliveryFact(at=bench.clock.wall(), region="x", node="y", channel="demo", requests=1)
    return msgspec.json.encode(msgspec.structs.replace(fact, **given))


async def tell(
    bench, content: bytes, path: str = PATH, token: str = EDGE_TOKEN, **headers: str
) -> httpx.Response:
    async with bench.client(token=token) as client:
        return await client.post(path, content=content, headers={**SENDER, **headers})


async def test_an_edge_tells_its_facts(bench) -> None:
    answer = await tell(bench, line(bench) + b"\n" + line(bench), **{"idempotency-key": "one"})
    assert (answer.status_code, answer.json()) == (200, {"taken": 2, "misdated": 0, "again": False})
    again = await tell(bench, line(bench), **{"idempotency-key": "one"})
    assert again.json()["again"]
    assert bench.services.facts.taken == 2
    assert (await tell(bench, line(bench), token=TOKEN)).status_code == 200


@pytest.mark.parametrize(
    ("path", "content", "headers", "status", "code"),
    [
        (PATH, b"nonsense", {}, 400, "facts-unreadable"),
        (PATH, b"{}", {"x-tidegate-node": "no such name!"}, 400, "sender-invalid"),
        (PATH, b"{}", {"x-tidegate-node": "n1"}, 400, "sender-invalid"),
        (PATH, b"{}", {"x-tidegate-node": "x" * 100}, 400, "invalid"),
        ("/api/v1/facts/media", b"{}", {}, 404, "no-such-facts"),
        ("/api/v1/facts/sessions", b"{}", {}, 404, "no-such-facts"),
        (PATH, b" " * (MAX_DELIVERY_BYTES + 1), {}, 413, "too-large"),
    ],
)
async def test_a_bad_delivery_is_a_problem_that_says_what_to_do(
    bench, path: str, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await tell(bench, content, path, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert answer.json()["hint"]


@pytest.mark.parametrize("token", [None, "tge_wrong", ""])
async def test_strangers_tell_nothing(bench, token: str | None) -> None:
    async with bench.client(token=token) as client:
        answer = await client.post(PATH, content=line(bench), headers=SENDER)
    assert answer.status_code == 401
    assert bench.services.facts.taken == 0


async def test_any_bytes_get_an_answer(bench) -> None:
    made: list[tuple[str, bytes, str]] = []

    @settings(max_examples=150, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from(["delivery", "log", "node", "playback", "%2e%2e", "x"]),
        st.binary(max_size=300)
        | st.text(max_size=100).map(
            lambda text: b'{"at":1,"channel":"%s"}' % text.encode("utf-8", "replace")
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=70),
    )
    def collect(table: str, content: bytes, name: str) -> None:
        made.append((table, content, name))

    await asyncio.to_thread(collect)
    async with bench.client(token=EDGE_TOKEN) as client:
        for table, content, name in made:
            answer = await client.post(
                f"/api/v1/facts/{table}",
                content=content,
                headers={**SENDER, "x-tidegate-node": name, "idempotency-key": name},
            )
            assert answer.status_code in {200, 400, 404, 405}, (table, content, name, answer.text)
