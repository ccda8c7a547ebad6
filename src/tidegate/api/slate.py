"""A channel's slate: how it looks, and the picture its owner may give it. What it does is in the `continuity.` settings."""

from typing import Any

from litestar import Request, Response, Router, delete, get, put
from litestar.datastructures import State
from litestar.params import FromPath

from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import ApiServices, Services
from tidegate.api.views import SlateView
from tidegate.core.settings import Subject
from tidegate.media.origin.settings import SLATE_AFTER_S
from tidegate.media.slate.images import BYTES_MAX
from tidegate.media.slate.settings import SLATE, SLATE_LINE

ROOM_BYTES = 64 << 10
"""Above the largest picture, so that one a little larger is refused with its own sentence."""


@get(
    "/{name:str}/slate",
    operation_id="getSlate",
    summary="Get a channel's slate",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_slate(services: Services, name: FromPath[str]) -> SlateView:
    """What viewers of the channel see while nobody publishes."""
    services.channels.known(name)
    return await _view(services, name)


@get(
    "/{name:str}/slate/preview.png",
    operation_id="previewSlate",
    summary="Look at a channel's slate",
    opt=SIGNED_IN,
    media_type="image/png",
    responses=answers(401, 404, 500, 503),
)
async def preview_slate(services: Services, name: FromPath[str]) -> Response[bytes]:
    """The slate as viewers see it, 640 x 360 pixels."""
    services.channels.known(name)
    return Response(await services.slates.preview(name), media_type="image/png")


@put(
    "/{name:str}/slate/picture",
    operation_id="putSlatePicture",
    summary="Give a channel's slate a picture",
    opt=SIGNED_IN,
    request_max_body_size=BYTES_MAX + ROOM_BYTES,
    responses=answers(400, 401, 403, 404, 413, 500, 503),
)
async def put_picture(
    request: Request[Any, Any, State], services: Services, name: FromPath[str]
) -> SlateView:
    """The request's content is the file: a PNG or JPEG of at most 4 MiB, each side 64 to 4096 pixels."""
    services.channels.known(name)
    await services.slates.upload(name, await request.body())
    return await _view(services, name)


@delete(
    "/{name:str}/slate/picture",
    operation_id="deleteSlatePicture",
    summary="Take back a slate's picture",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def delete_picture(services: Services, name: FromPath[str]) -> None:
    """The slate is drawn again. A channel without a picture is no error."""
    services.channels.known(name)
    await services.slates.remove_picture(name)


async def _view(services: ApiServices, name: str) -> SlateView:
    subject, book = Subject(channel=name), services.settings.book
    status = services.streams.status(name)
    mode = book.value(SLATE, subject)
    picture = await services.slates.has_picture(name)
    return SlateView(
        channel=name,
        shows="nothing" if mode == "off" else "picture" if picture and mode == "auto" else "generated",
        has_picture=picture,
        line=book.value(SLATE_LINE, subject),
        after_s=book.value(SLATE_AFTER_S, subject),
        state=status.slate if status is not None else "none",
    )


router = Router(
    "/channels",
    tags=["Channels"],
    route_handlers=[get_slate, preview_slate, put_picture, delete_picture],
)
