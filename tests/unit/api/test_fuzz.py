"""Whatever is asked: an answer, never a crash, and every refusal a problem."""

import asyncio
import functools
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD", "TRACE", "X"]
PREFIXES = [
    "/",
    "/api/v1/",
    "/api/v1/channels/",
    "/api/v1/streams/",
    "/api/v1/recordings/",
    "/api/v1/watch/",
    "/api/v1/session",
    "/api/v1/settings/",
    "/assets/",
    "/watch/",
    "/metrics",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.fixed_dictionaries(
        {}, optional={"name": json_values, "title": json_values, "token": json_values, "x": json_values}
    ),
)
requests = st.tuples(
    st.sampled_from(METHODS),
    st.sampled_from(PREFIXES),
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(
            ["demo", "demo/keys", "demo/publisher", "origin.grace_s", "history", "diff", "..", "%2e%2e%2f"]
        ),
    ),
    st.text(max_size=40),
    bodies,
    st.dictionaries(
        st.sampled_from(["authorization", "cookie", "content-type", "accept", "if-none-match", "x-tidegate"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
        max_size=3,
    ),
)


@functools.cache
def generated() -> list[tuple]:
    """Hundreds of requests. Making them takes a while: not on a loop."""
    made: list[tuple] = []

    @settings(max_examples=300, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(requests)
    def collect(request: tuple) -> None:
        made.append(request)

    collect()
    return made


@pytest.mark.parametrize("signed_in", [True, False])
async def test_every_request_is_answered(bench, signed_in: bool) -> None:
    """One API takes them all; a crash inside would be a 500, which fails."""
    made = await asyncio.to_thread(generated)
    async with bench.client(token="tga_0123456789abcdef" if signed_in else None) as client:
        await client.post("/api/v1/channels", json={"name": "demo"})
        for method, prefix, rest, query, body, headers in made:
            path = f"{prefix}{quote(rest.encode('utf-8', 'replace'), safe='/%')}"
            if path.startswith("//") or "/events" in path:  # httpx reads a host; a stream does not end
                continue
            answer = await client.request(
                method,
                f"{path}?{quote(query.encode('utf-8', 'replace'))}",
                headers=headers,
                **({"content": body} if isinstance(body, bytes) else {"content": encode(body)}),
            )
            note = (method, path, query, body, headers, answer.text[:200])
            assert answer.status_code not in {500, 502}, note
            if answer.status_code >= 400 and method != "HEAD" and not console_missing(answer):
                assert answer.headers["content-type"] == "application/problem+json", note
                assert answer.json()["status"] == answer.status_code, note
        assert (await client.get("/api/v1/version")).status_code == 200


def encode(body: dict) -> bytes:
    return httpx.Request("POST", "http://x", json=_finite(body)).content


def _finite(value: object) -> object:
    """JSON has no NaN, and httpx would refuse to send one; surrogates cannot be sent either."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else 0.0
    if isinstance(value, dict):
        return {_finite(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def console_missing(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and "make setup" in answer.text
