"""Channels and their stream keys, as resources."""

from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from tidegate.api import present
from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import (
    ChannelCreate,
    ChannelCreated,
    ChannelList,
    ChannelUpdate,
    ChannelView,
    PullSet,
    PullView,
)
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
    await services.pulls.forget(name)
    services.refusals.forget(name)
    services.streams.remove(name)
    await services.slates.forget(name)
    await services.recordings.delete_channel(name)


@get(
    "/{name:str}/pull",
    operation_id="getPull",
    summary="Get a channel's source",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_pull(services: Services, name: FromPath[str]) -> PullView:
    """The address that is pulled for this channel, without its secrets, and how it goes."""
    return present.pull_view(*await services.pulls.get(name))


@put(
    "/{name:str}/pull",
    operation_id="setPull",
    summary="Pull a source",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def set_pull(services: Services, name: FromPath[str], data: JSONBody[PullSet]) -> PullView:
    """Pull this address for the channel from now on, instead of the one before. It is tried again until it works."""
    await services.pulls.put(name, data.url, enabled=data.enabled, loop=data.loop)
    return present.pull_view(*await services.pulls.get(name))


@delete(
    "/{name:str}/pull",
    operation_id="removePull",
    summary="Pull no source any more",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def remove_pull(services: Services, name: FromPath[str]) -> None:
    """The running source is ended; its viewers wait for a publisher as after any other."""
    await services.pulls.remove(name)


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
    route_handlers=[
        list_channels,
        create_channel,
        get_channel,
        update_channel,
        delete_channel,
        rotate_key,
        get_pull,
        set_pull,
        remove_pull,
    ],
)
