"""Errors: one shape for every refusal, and nothing of the inside."""

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from tidegate.api.problems import of_error
from tidegate.api.views import Problem
from tidegate.core.errors import InvalidError, TidegateError


def read(answer: httpx.Response) -> Problem:
    """The answer as a problem; fails where it is none."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.status == answer.status_code
    assert problem.type == f"/docs/errors#{problem.code}"
    assert problem.title
    assert problem.detail
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api/v1", 404, "not-found"),
        ("GET", "/nothing/here", 404, "not-found"),
        ("PUT", "/api/v1/channels", 405, "method-not-allowed"),
        ("POST", "/watch/demo", 405, "method-not-allowed"),
        ("PROPFIND", "/api/v1/channels", 405, "method-not-allowed"),
    ],
)
async def test_what_is_not_there_is_a_problem(
    admin: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    problem = read(await admin.request(method, path))
    assert (problem.status, problem.code) == (status, code)
    assert "/docs" in problem.hint


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        (b"", "", "This request needs JSON content."),
        (b"{}", "", "missing required field `name`"),
        (b'{"name": 5}', "name", "Expected `str`, got `int`"),
        (b'{"name": "a", "more": 1}', "", "unknown field `more`"),
        (b'{"name": "a", "title": "%s"}' % (b"x" * 201), "title", "length <= 200"),
        (b"[]", "", "Expected `object`, got `array`"),
        (b"null", "", "Expected `object`, got `null`"),
    ],
)
async def test_content_that_does_not_fit_names_the_field(
    admin: httpx.AsyncClient, content: bytes, field: str, message: str
) -> None:
    problem = read(await admin.post("/api/v1/channels", content=content))
    assert (problem.status, problem.code) == (400, "invalid")
    ((found),) = problem.errors
    assert found.field == field
    assert message in found.message


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"name": "\\ud800"}', b"name=demo", b"\x00" * 100])
async def test_content_that_is_no_json_is_a_problem(admin: httpx.AsyncClient, content: bytes) -> None:
    problem = read(await admin.post("/api/v1/channels", content=content))
    assert (problem.status, problem.code) == (400, "invalid")
    assert problem.detail.startswith("The request cannot be read")


async def test_more_than_64_kib_is_too_large(admin: httpx.AsyncClient) -> None:
    large = b'{"name": "demo", "title": "%s"}' % (b"x" * 70_000)
    problem = read(await admin.post("/api/v1/channels", content=large))
    assert (problem.status, problem.code) == (413, "too-large")

    async def piecewise():
        for _ in range(100):
            yield b"x" * 1000

    problem = read(await admin.post("/api/v1/channels", content=piecewise()))
    assert problem.status == 413


async def test_a_bug_is_logged_and_tells_the_caller_nothing(admin: httpx.AsyncClient, bench) -> None:
    bench.health.broken = ZeroDivisionError("secret detail")
    with capture_logs() as logs:
        answer = await admin.get("/api/v1/health")
    problem = read(answer)
    assert (problem.status, problem.code) == (500, "internal")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert [line["event"] for line in logs] == ["request_crashed"]


class TeapotError(TidegateError):
    code = "teapot"
    status = 418


async def test_an_error_brings_its_data_but_cannot_forge_a_member(admin: httpx.AsyncClient, bench) -> None:
    bench.health.broken = TeapotError("Short and stout.", hint="Tip it.", handle=1, status=200, title="No")
    answer = await admin.get("/api/v1/health")
    problem = read(answer)
    assert (problem.status, problem.code, problem.hint) == (418, "teapot", "Tip it.")
    assert answer.json()["handle"] == 1


async def test_data_that_json_does_not_know_are_shown_as_text(admin: httpx.AsyncClient, bench) -> None:
    bench.health.broken = TeapotError("Short and stout.", path=object(), names={"b"})
    assert read(await admin.get("/api/v1/health")).code == "teapot"


def test_a_problem_without_field_errors_has_no_such_member() -> None:
    assert "errors" not in of_error(InvalidError("No."))
