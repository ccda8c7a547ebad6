"""What anyone may know of a channel: enough to show a watch page. Answered from memory, whatever the audience."""

from litestar import Router, get
from litestar.params import FromPath

from tidegate.api import present
from tidegate.api.access import PUBLIC
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import WatchView


@get(
    "/{channel:str}",
    operation_id="getWatch",
    summary="Get what viewers may know",
    opt=PUBLIC,
    security=[{}],
    responses=answers(404),
)
async def get_watch(services: Services, channel: FromPath[str]) -> WatchView:
    """A channel's title, state, viewers and playlist address."""
    return present.watch_view(services, services.channels.known(channel))


router = Router("/watch", tags=["Watch"], route_handlers=[get_watch])
