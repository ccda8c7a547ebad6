"""Channels and their stream keys, as resources."""

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from tidegate.api import present
from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import ChannelCreate, ChannelCreated, ChannelList, ChannelUpdate, ChannelView
from tidegate.settings.types import Author, Place


@get("/", operation_id="listChannels", summary="List channels", opt=SIGNED_IN, responses=answers(401, 503))
async def list_channels(services: Services) -> ChannelList:
    """Every channel by name, with its state and viewers."""
    return ChannelList(
        [present.channel_view(services, channel) for channel in await services.channels.list()]
    )


@post(
    "/",
    operation_id="createChannel",
    summary="Create a channel",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 409, 413, 503),
)
async def create_channel(services: Services, data: JSONBody[ChannelCreate]) -> ChannelCreated:
    """Create a channel and its stream key. The key is in this answer only: it is stored hashed."""
    return present.created(services, await services.channels.create(data.name, data.title))


@get(
    "/{name:str}",
    operation_id="getChannel",
    summary="Get a channel",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_channel(services: Services, name: FromPath[str]) -> ChannelView:
    """One channel, with its state and viewers."""
    return present.channel_view(services, await services.channels.get(name))


@patch(
    "/{name:str}",
    operation_id="updateChannel",
    summary="Change a channel's title",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 413, 503),
)
async def update_channel(
    services: Services, name: FromPath[str], data: JSONBody[ChannelUpdate]
) -> ChannelView:
    """Viewers who have the watch page open see the new title when the page asks next."""
    view = present.channel_view(services, await services.channels.update(name, data.title))
    services.slates.refresh(name)
    return view


@delete(
    "/{name:str}",
    operation_id="deleteChannel",
    summary="Delete a channel",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def delete_channel(services: Services, name: FromPath[str]) -> None:
    """Remove a channel, its key and its media. Whoever publishes to it is hung up on, and its playlists end."""
    await services.channels.delete(name)
    await services.settings.forget(
        Place("channel", name), Author("server", reason=f"channel {name} was deleted")
    )
    services.refusals.forget(name)
    services.streams.remove(name)
    await services.slates.forget(name)
    await services.recordings.delete_channel(name)


@post(
    "/{name:str}/keys",
    operation_id="rotateKey",
    summary="Make a new stream key",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def rotate_key(services: Services, name: FromPath[str]) -> ChannelCreated:
    """Replace the channel's key. The old one stops working, and whoever publishes with it is hung up on."""
    made = await services.channels.rotate_key(name)
    services.streams.kick(name)
    return present.created(services, made)


router = Router(
    "/channels",
    tags=["Channels"],
    route_handlers=[list_channels, create_channel, get_channel, update_channel, delete_channel, rotate_key],
)
