"""Live streams: what arrives, what is wrong with it, and hanging up on a publisher."""

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from tidegate.api import present
from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import StreamList, StreamView, SwitchRequest
from tidegate.core.errors import ConflictError


class NotPublishingError(ConflictError):
    code = "not-publishing"


@get("/", operation_id="listStreams", summary="List streams", opt=SIGNED_IN, responses=answers(401))
async def list_streams(services: Services) -> StreamList:
    """Every stream that is on air, waiting for its publisher, or has ended not long ago."""
    return StreamList([present.stream_view(services, status) for status in services.streams.statuses()])


@get(
    "/{channel:str}",
    operation_id="getStream",
    summary="Get a stream",
    opt=SIGNED_IN,
    responses=answers(401, 404),
)
async def get_stream(services: Services, channel: FromPath[str]) -> StreamView:
    """A channel's stream; in the state `offline` where the channel has none."""
    known = services.channels.known(channel)
    return present.stream_view(services, services.streams.status(channel) or present.offline(known))


@delete(
    "/{channel:str}/publisher",
    operation_id="kickPublisher",
    summary="Hang up on the publishers",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 409),
)
async def kick_publisher(services: Services, channel: FromPath[str]) -> None:
    """Close the running publishing sessions, the backup's too. They may come back, unless the key is rotated too."""
    services.channels.known(channel)
    if not services.streams.kick(channel):
        raise NotPublishingError(
            f"Nobody is publishing to {channel!r}.",
            hint="There is nothing to hang up on.",
            channel=channel,
        )


@post(
    "/{channel:str}/switch",
    operation_id="switchPublisher",
    summary="Switch to the other publisher",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 413),
)
async def switch_publisher(
    services: Services, channel: FromPath[str], data: JSONBody[SwitchRequest]
) -> StreamView:
    """Viewers go over to the standby at its next keyframe, and stay there while it delivers."""
    known = services.channels.known(channel)
    services.streams.switch(channel, data.to)
    return present.stream_view(services, services.streams.status(channel) or present.offline(known))


router = Router(
    "/streams",
    tags=["Streams"],
    route_handlers=[list_streams, get_stream, kick_publisher, switch_publisher],
)
