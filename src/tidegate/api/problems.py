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

_log = structlog.get_logger()

_HINTS: Mapping[int, tuple[str, str]] = {
    400: ("invalid", "Compare the request with the API reference at /docs."),
    404: ("not-found", "The API reference at /docs lists every address."),
    405: ("method-not-allowed", "The API reference at /docs lists what each address takes."),
    413: ("too-large", "A request may carry at most 64 KiB."),
}
_RESERVED = frozenset(Problem.__struct_fields__)


def answers(*statuses: int) -> dict[int, ResponseSpec]:
    """Which refusals an endpoint gives, for its documentation."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=HTTPStatus(status).phrase, media_type=MEDIA_TYPE
        )
        for status in statuses
    }


def of_error(error: TidegateError) -> dict[str, object]:
    """The problem that `error` is; its data become further members."""
    problem = _problem(error.status, error.code, error.message, error.hint, retryable=error.retryable)
    return {**{name: value for name, value in error.data.items() if name not in _RESERVED}, **problem}


def of_status(
    status: int, detail: str, *, code: str = "", hint: str = "", errors: tuple[FieldProblem, ...] = ()
) -> dict[str, object]:
    """The problem of an HTTP refusal that no domain of ours raised."""
    known_code, known_hint = _HINTS.get(status, (HTTPStatus(status).phrase.lower().replace(" ", "-"), ""))
    problem = _problem(status, code or known_code, detail, hint or known_hint, retryable=status in {429, 503})
    if errors:
        problem["errors"] = msgspec.to_builtins(errors)
    return problem


def respond_to_error(_: Request[Any, Any, Any], error: TidegateError) -> Response[bytes]:
    """Litestar handler for our own errors."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.code, reason=error.message)
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="tidegate"'  # RFC 9110 section 11.6.1
    if (wait_s := error.data.get("retry_after_s")) is not None:
        headers["retry-after"] = str(wait_s)
    return response(of_error(error), headers)


def respond_to_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar handler for what the framework refuses: no such route, a wrong method, content that does not fit."""
    errors = tuple(
        FieldProblem(str(item.get("key", "")), str(item.get("message", "")))
        for item in (error.extra if isinstance(error.extra, list) else ())
        if isinstance(item, dict)
    )
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return respond_to_bug(_, error)
    detail = {
        400: "The request's content does not fit.",
        404: "There is nothing at this address.",
        405: "This address does not take this method.",
        413: "The request is too large.",
    }.get(status, error.detail)
    if status == HTTPStatus.BAD_REQUEST and not errors:
        detail = error.detail[:500]
    return response(of_status(status, detail, errors=errors), dict(error.headers or {}))


def respond_to_bug(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
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
        msgspec.json.encode(problem), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def _problem(status: int, code: str, detail: str, hint: str, *, retryable: bool) -> dict[str, object]:
    return msgspec.structs.asdict(
        Problem(
            type=f"/docs/errors#{code}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            hint=hint,
            retryable=retryable,
        )
    )
