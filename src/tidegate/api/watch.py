"""What a viewer may know of a channel: enough to show a watch page. Answered from memory, whatever the audience."""

from typing import Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery

from tidegate.api import present
from tidegate.api.access import PUBLIC, caller, remote_ip
from tidegate.api.auth import COOKIE
from tidegate.api.problems import answers
from tidegate.api.services import ApiServices, Services
from tidegate.api.views import ClipRight, WatchView
from tidegate.core.delivery import Visitor
from tidegate.core.errors import RateLimitedError, UnauthorizedError, UnavailableError
from tidegate.core.origins import OWN

AnyRequest = Request[Any, Any, Any]


@get(
    "/{channel:str}",
    operation_id="getWatch",
    summary="Get what viewers may know",
    opt=PUBLIC,
    security=[{}],
    responses=answers(401, 403, 404, 429),
)
async def get_watch(
    request: AnyRequest, services: Services, channel: FromPath[str], token: FromQuery[str] = ""
) -> WatchView:
    """A channel's title, state, viewers and playlist address, and whether whoever asks may cut clips.

    Of a private channel only with its playback token as `token`, or signed in: then the address carries a token of its
    own, so ask again before it expires.
    """
    known = services.channels.known(channel)
    token, expires_at = await admitted(request, services, channel, token)
    return present.watch_view(
        services, known, token, expires_at, await _clip_right(request, services, channel)
    )


async def admitted(request: AnyRequest, services: ApiServices, channel: str, token: str) -> tuple[str, float]:
    """The token that the channel's addresses carry for whoever asks, empty where none is needed, and when one made here
    expires.

    Raises:
        TidegateError: the channel is private, and this viewer may not see it.
    """
    gate = services.playback.gate
    if not gate.rule(channel).private:
        return "", 0.0
    if not token and await _signed_in(request):
        made = services.playback.tokens.preview(channel)
        return made.token, made.expires_at
    gate.admit(channel, token, Visitor(remote_ip(request), OWN))
    return token, 0.0


async def _clip_right(request: AnyRequest, services: ApiServices, channel: str) -> ClipRight:
    try:
        if await _signed_in(request):
            return "signed-in"
    except (RateLimitedError, UnavailableError):
        pass  # whoever watches is told the rest all the same
    return "viewers" if services.viewer_clips.allowed(channel) else "nobody"


async def _signed_in(request: AnyRequest) -> bool:
    if COOKIE not in request.cookies and "authorization" not in request.headers:
        return False
    try:
        await caller(request)
    except UnauthorizedError:
        return False
    return True


router = Router("/watch", tags=["Watch"], route_handlers=[get_watch])
