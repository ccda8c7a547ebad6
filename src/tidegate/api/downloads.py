"""Recordings as files: one MP4 each, streamed as it is read, in any range (RFC 9110 section 14)."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from litestar import Router, get
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from tidegate.api.access import PUBLIC
from tidegate.api.services import Services
from tidegate.api.watch import AnyRequest, admitted
from tidegate.core.errors import NotFoundError, TidegateError, UnavailableError
from tidegate.media.origin.manifest import Head
from tidegate.media.recordings.download import Downloads
from tidegate.media.recordings.mp4_types import Mp4
from tidegate.media.recordings.types import RecordingNotFoundError

DOWNLOADS_MAX: Final = 64
"""Files sent at once; a further one is refused with 503. Each holds a few megabytes at most."""

STALL_S: Final = 60.0
"""A client that takes nothing for so long is hung up on."""

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")
_FILE: Final = re.compile(r"([a-z]+_[a-z0-9-]{1,31}_[0-9a-z]{4,40})\.mp4\Z")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")

_log = structlog.get_logger()


class DownloadsBusyError(UnavailableError):
    code = "downloads-busy"


@get("/{channel:str}/{file:str}", opt=PUBLIC, include_in_schema=False)
async def download(
    request: AnyRequest,
    services: Services,
    state: State,
    channel: FromPath[str],
    file: FromPath[str],
    token: FromQuery[str] = "",
) -> Response[Any]:
    """A recording as one file, for whoever has its address; of a private channel with its playback token or signed in."""
    match = _FILE.match(file)
    if match is None:
        raise NotFoundError("There is no such file.", hint="Files are called RECORDING.mp4.")
    await admitted(request, services, channel, token)
    recording = await services.recordings.get(match[1])
    if recording.channel != channel:
        raise RecordingNotFoundError(match[1])
    head, mp4 = await services.recordings.mp4(recording)
    etag = f'"{recording.id}-{mp4.size:x}"'
    name = _UNSAFE.sub("-", recording.title).strip("-")[:80] or channel
    headers = {
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": "private, max-age=0, must-revalidate",
        "content-disposition": f'attachment; filename="{name}-{match[1]}.mp4"',
    }
    return _answer(request, state, services.recordings.downloads, head, mp4, headers)


def _answer(
    request: AnyRequest, state: State, downloads: Downloads, head: Head, mp4: Mp4, headers: dict[str, str]
) -> Response[Any]:
    start, end, status = 0, mp4.size, 200
    asked = request.headers.get("range", "")
    if asked and request.headers.get("if-range", headers["etag"]) == headers["etag"]:
        wanted = _range(asked, mp4.size)
        if wanted is not None:
            (start, end), status = wanted, 206
            if start >= end:
                return Response(b"", status_code=416, headers={"content-range": f"bytes */{mp4.size}"})
            headers = {**headers, "content-range": f"bytes {start}-{end - 1}/{mp4.size}"}
    headers = {**headers, "content-length": str(end - start)}
    if request.scope.get("bodiless"):
        return Response(b"", status_code=status, headers=headers, media_type="video/mp4")
    if state.sending >= DOWNLOADS_MAX:
        raise DownloadsBusyError(f"{DOWNLOADS_MAX} files are being sent.", hint="Try again in a minute.")
    body = _watched(state, downloads.read(head, mp4, start, end))
    return Stream(body, status_code=status, headers=headers, media_type="video/mp4")


async def _watched(state: State, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """`body`, counted while it is sent, and given up where the client takes nothing."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    state.sending += 1
    stalled: asyncio.TimerHandle | None = None
    try:
        async for data in body:
            if task is not None:
                stalled = loop.call_later(STALL_S, task.cancel)
            yield data
            if stalled is not None:
                stalled.cancel()
    except TidegateError as error:  # the answer has begun: all that can be done is to cut it short
        _log.warning("download_cut_short", error=str(error))
        raise
    finally:
        state.sending -= 1
        if stalled is not None:
            stalled.cancel()


def _range(text: str, size: int) -> tuple[int, int] | None:
    """First and end of the one range asked for; not below the end where no byte is in it; None where it is none to obey."""
    match = _RANGE.match(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        first, end = max(0, size - int(match[2])), size
    else:
        first, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < first:
            return None
    return first, end


router = Router("/download", route_handlers=[download])
