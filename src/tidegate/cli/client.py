"""The CLI's way to the API: `TIDEGATE_URL` with the admin token of the data folder."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.app.config import default_data_folder
from tidegate.app.folder import ADDRESS_FILE
from tidegate.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    TidegateError,
    UnauthorizedError,
    UnavailableError,
)

EVENTS_TIMEOUT_S = 60.0
"""Without a sign of life for so long the server is gone: it sends one every 15 s."""
DEFAULT_URL = "http://127.0.0.1:8080"
_ERRORS: dict[int, type[TidegateError]] = {
    error.status: error
    for error in (
        InvalidError,
        UnauthorizedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        RateLimitedError,
        UnavailableError,
    )
}


class UnreachableError(UnavailableError):
    """Nothing answers where a server should be."""

    code = "unreachable"


class ApiClient:
    """A few calls over HTTP; every failure is a `TidegateError` with a next step.

    Args:
        data: the server's data folder; None for the default one.
        url: the server; None for `TIDEGATE_URL`, then what the data folder says, then the default.
    """

    def __init__(self, data: Path | None = None, url: str | None = None) -> None:
        self.data = (data or default_data_folder()).expanduser()
        self.url = (
            url or os.environ.get("TIDEGATE_URL") or self._written(ADDRESS_FILE) or DEFAULT_URL
        ).rstrip("/")
        token = os.environ.get("TIDEGATE_TOKEN") or self._written(TOKEN_FILE)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=10.0, trust_env=False
        )

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return self._call("GET", path, params=params)

    def post(self, path: str, body: object = None) -> Any:
        return self._call("POST", path, body)

    def put(self, path: str, body: object) -> Any:
        return self._call("PUT", path, body)

    def upload(self, path: str, content: bytes) -> Any:
        """PUT a file."""
        return self._call("PUT", path, content=content)

    def pieces(self, path: str) -> Iterator[tuple[bytes, int]]:
        """The bytes of a file below the server's own address, each piece with the size of the whole."""
        try:
            with self._http.stream("GET", f"{self.url}{path}", timeout=60.0) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._problem(answer)
                size = int(answer.headers.get("content-length", 0))
                for piece in answer.iter_bytes():
                    yield piece, size
        except httpx.HTTPError as error:
            raise UnreachableError(f"{self.url} broke off: {error}.", hint="Try again.") from error

    def events(self, path: str, params: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        """Server-sent events as they come, name and data, until the server ends them; its silences are short comments."""
        try:
            with self._http.stream("GET", path, params=params, timeout=EVENTS_TIMEOUT_S) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._problem(answer)
                name = ""
                for line in answer.iter_lines():
                    field, _, value = line.partition(": ")
                    if field == "event":
                        name = value
                    elif field == "data":
                        yield name, msgspec.json.decode(value)
        except httpx.HTTPError as error:
            raise UnreachableError(
                f"{self.url} broke off: {error}.", hint="Start again when it answers."
            ) from error

    def patch(self, path: str, body: object) -> Any:
        return self._call("PATCH", path, body)

    def delete(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return self._call("DELETE", path, params=params)

    def _written(self, name: str) -> str:
        try:
            return (self.data / name).read_text().strip()
        except OSError:
            return ""

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Any:
        try:
            answer = self._http.request(method, path, json=body, params=params, content=content)
        except httpx.HTTPError as error:
            raise UnreachableError(
                f"No Tidegate answers at {self.url}: {error}.",
                hint="Start one with 'tidegate up', or set TIDEGATE_URL.",
            ) from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise self._problem(answer)

    def _problem(self, answer: httpx.Response) -> TidegateError:
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        if not isinstance(problem, dict):
            problem = {}
        message = str(problem.get("detail") or f"{self.url} answered {answer.status_code}.")
        hint = str(problem.get("hint") or "")
        if answer.status_code == httpx.codes.UNAUTHORIZED and not hint:
            hint = (
                f"The CLI takes the admin token from {self.data / TOKEN_FILE}; name the folder with --data."
            )
        return _ERRORS.get(answer.status_code, TidegateError)(message, hint=hint)
