"""Pages: the built console, one HTML file for every page and hashed files beside it that never change.

A page's file is asked anew each time (its tag spares the bytes), so that a new release shows at the next visit; what
it refers to has its content's hash in its name and is kept for a year. The watch page of a live channel names the
channel's playlists in its head, so that a browser asks for them beside the page's scripts, not after them.
"""

import contextlib
import hashlib
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tidegate.api.access import PUBLIC
from tidegate.api.gate import framed_by
from tidegate.api.services import ApiServices, Services
from tidegate.api.web_files import WebFile, WebFiles
from tidegate.core.origins import parse_origins
from tidegate.core.settings import Subject
from tidegate.core.streams import StreamStatus
from tidegate.media.access.settings import EMBED

_INDEX: Final = "index.html"
_WATCH: Final = "watch.html"
"""The same page for viewers: it asks for the player at once, so that the picture comes sooner."""

_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "no-cache"

_NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidegate</title>
<h1>Tidegate is running; its pages are not built yet</h1>
<p>Streams and API work. To build the pages, run this in the checkout, then load this page again:</p>
<pre>make setup</pre>
<p>The API is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</html>
"""

AnyRequest = Request[Any, Any, Any]


@get(
    [
        "/",
        "/studio",
        "/studio/{channel:str}",
        "/console",
        "/settings",
        "/console/{page:path}",
        "/docs",
        "/docs/{page:path}",
        "/watch/{channel:str}/{recording:str}",
    ],
    opt=PUBLIC,
)
async def page(request: AnyRequest) -> Response[bytes]:
    """The console; its own router shows the page the address names."""
    return await _page(request, _INDEX)


@get("/watch/{channel:str}", opt=PUBLIC)
async def watch_page(request: AnyRequest, services: Services, channel: FromPath[str]) -> Response[bytes]:
    """The console as viewers enter it, in a frame too where the channel lets it."""
    answer = await _page(request, _WATCH, _INDEX, head=_head(services, channel))
    text = services.playback.settings.value(EMBED, Subject(channel=channel))
    if text.strip() == "*":
        answer.headers["content-security-policy"] = framed_by(("*",))
    elif text:
        with contextlib.suppress(ValueError):  # a list that cannot be read lets nobody
            answer.headers["content-security-policy"] = framed_by(parse_origins(text))
    return answer


def _head(services: ApiServices, channel: str) -> str:
    private = services.playback.gate.rule(channel).private
    return (
        "" if private else _preloads(services.streams.status(channel))
    )  # else for those with a token to know


async def _page(request: AnyRequest, *names: str, head: str = "") -> Response[bytes]:
    """The first of these files that there is, with `head` at the beginning of its head."""
    files = _files(request)
    found = [file for name in names if (file := await files.get(name)) is not None]
    if not found:
        return Response(
            _NOT_BUILT.encode(),
            media_type=MediaType.HTML,
            status_code=HTTPStatus.SERVICE_UNAVAILABLE,
        )
    return _answer(request, _with_head(found[0], head) if head else found[0], _REVALIDATE)


def _preloads(status: StreamStatus | None) -> str:
    """Links to the playlists that a player of this stream asks for first; empty where nothing can be played."""
    if status is None or status.state != "live":
        return ""
    first = {track.kind: track.name for track in reversed(status.tracks)}
    playlists = ["index.m3u8", *(f"{first[kind]}/index.m3u8" for kind in ("video", "audio") if kind in first)]
    base = f"/live/{quote(status.channel)}/"
    return "".join(
        f'<link rel="preload" as="fetch" crossorigin href="{base}{quote(playlist)}">'
        for playlist in playlists
    )


def _with_head(file: WebFile, head: str) -> WebFile:
    """Not compressed: it fits the first packets as it is."""
    content = file.content.replace(b"<head>", b"<head>" + head.encode(), 1)
    return msgspec.structs.replace(
        file, content=content, gzipped=b"", etag=hashlib.sha256(content).hexdigest()[:32]
    )


@get("/assets/{path:path}", opt=PUBLIC)
async def asset(request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """A file whose name holds its content's hash."""
    return await _file(request, f"assets/{path.lstrip('/')}", _IMMUTABLE)


@get("/{name:str}", opt=PUBLIC)
async def top_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A file beside the page, such as its icon."""
    return await _file(request, name, _REVALIDATE)


async def _file(request: AnyRequest, path: str, cache_control: str) -> Response[bytes]:
    file = await _files(request).get(path)
    if file is None:
        raise NotFoundException
    return _answer(request, file, cache_control)


def _answer(request: AnyRequest, file: WebFile, cache_control: str) -> Response[bytes]:
    headers = {"cache-control": cache_control, "etag": f'"{file.etag}"'}
    if file.gzipped:
        headers["vary"] = "accept-encoding"
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if file.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(file.gzipped, media_type=file.media_type, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _files(request: AnyRequest) -> WebFiles:
    files: WebFiles = request.app.state.web_files
    return files


router = Router("/", route_handlers=[page, watch_page, asset, top_file])
