"""Errors as problem details (RFC 9457): every refusal, whatever raised it, in one shape and without internals."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from tidegate.api.views import FieldProblem, Problem
from tidegate.core.errors import TidegateError

MEDIA_TYPE: Final = "application/problem+json"

AnyRequest = Request[Any, Any, Any]

_log = structlog.get_logger()

_HINTS: Mapping[int, tuple[str, str]] = {
    400: ("invalid", "Compare the request with the API reference at /docs."),
    404: ("not-found", "The API reference at /docs lists every address."),
    405: ("method-not-allowed", "The API reference at /docs lists what each address takes."),
    413: ("too-large", "A request may carry at most 64 KiB."),
}
_DETAILS: Final = {
    400: "The request's content does not fit.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is too large.",
}
_TOO_LARGE: Final = 413
_HUNG_UP: Final = "client disconnected prematurely"
"""Litestar's words, under status 500, for a request whose sender left before its end."""
_CONTENT: Final = "data"
_RESERVED = frozenset(Problem.__struct_fields__)


def answers(*statuses: int) -> dict[int, ResponseSpec]:
    """Which refusals an endpoint gives, for its documentation."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=_title(status), media_type=MEDIA_TYPE
        )
        for status in statuses
    }


def of_error(error: TidegateError) -> dict[str, object]:
    """The problem that `error` is; its data become further members."""
    problem = _problem(error.status, error.code, error.message, error.hint, retryable=error.retryable)
    return problem | {name: value for name, value in error.data.items() if name not in _RESERVED}


def of_status(
    status: int, detail: str, *, code: str = "", hint: str = "", errors: tuple[FieldProblem, ...] = ()
) -> dict[str, object]:
    """The problem of an HTTP refusal that no domain of ours raised."""
    known_code, known_hint = _HINTS.get(status, (_title(status).lower().replace(" ", "-"), ""))
    problem = _problem(status, code or known_code, detail, hint or known_hint, retryable=status in {429, 503})
    if errors:
        problem["errors"] = msgspec.to_builtins(errors)
    return problem


def respond_to_error(_: AnyRequest, error: TidegateError) -> Response[bytes]:
    """Litestar handler for our own errors."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.code, reason=error.message)
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="tidegate"'  # RFC 9110 section 11.6.1
    if (wait_s := error.data.get("retry_after_s")) is not None:
        headers["retry-after"] = str(wait_s)
    return response(of_error(error), headers)


def respond_to_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Litestar handler for what the framework refuses: no such route, a wrong method, content that does not fit."""
    status = error.status_code
    if error.detail == _HUNG_UP:  # nobody is left to read the answer, and nothing is wrong here
        return response(of_status(HTTPStatus.BAD_REQUEST, "The request ended before all of it was there."))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return respond_to_bug(request, error)
    errors = _field_problems(error.extra)
    detail = _DETAILS.get(status, error.detail)
    if status == HTTPStatus.BAD_REQUEST and not errors:
        detail = f"The request cannot be read: {error.detail[:500]}."
    return response(of_status(status, detail, errors=errors), dict(error.headers or {}))


def _field_problems(extra: object) -> tuple[FieldProblem, ...]:
    """What the framework found wrong with the content. It calls the content as a whole by its parameter, `data`."""
    found = [item for item in extra if isinstance(item, dict)] if isinstance(extra, list) else []
    problems = []
    for item in found:
        field, message = str(item.get("key", "")), str(item.get("message", ""))
        if field == _CONTENT:
            field = ""
            message = "This request needs JSON content." if _CONTENT in message else message
        problems.append(FieldProblem(field, message))
    return tuple(problems)


def respond_to_bug(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Litestar handler for everything else: the cause goes to the log, never to the caller."""
    _log.error("request_crashed", method=request.method, path=request.url.path, exc_info=error)
    return response(
        of_status(
            500,
            "The server could not answer; the cause is in its log.",
            code="internal",
            hint="Look for request_crashed in the server's log.",
        )
    )


def response(problem: dict[str, object], headers: Mapping[str, str] | None = None) -> Response[bytes]:
    status = problem["status"]
    assert isinstance(status, int)  # noqa: S101  both makers above set it
    return Response(
        msgspec.json.encode(problem, enc_hook=str),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def _title(status: int) -> str:
    """The status's name in RFC 9110, which older Pythons call otherwise for one of them."""
    return "Content Too Large" if status == _TOO_LARGE else HTTPStatus(status).phrase


def _problem(status: int, code: str, detail: str, hint: str, *, retryable: bool) -> dict[str, object]:
    problem = Problem(
        type=f"/docs/errors#{code}",
        title=_title(status),
        status=status,
        detail=detail,
        code=code,
        hint=hint,
        retryable=retryable,
    )
    members: dict[str, object] = msgspec.to_builtins(problem)
    return members
