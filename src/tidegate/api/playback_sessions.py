"""Playback sessions: one viewer's playback after the other, as their players reported them."""

from typing import Annotated

from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.governance.playback_sessions.types import ORDERS, PlaybackSession, SessionStory

Start = Annotated[
    float, QueryParameter(name="from", description="Heard of since, s since the epoch; 0: the last hour.")
]
End = Annotated[float, QueryParameter(name="to", description="Begun before, s since the epoch; 0: now.")]
Wanted = Annotated[str, QueryParameter(description="Of this one alone.", max_length=128)]
Wish = Annotated[str, QueryParameter(description=f"Most of it first: {', '.join(ORDERS)}.", max_length=20)]
Limit = Annotated[int, QueryParameter(description="1 to 1000.")]


class PlaybackSessionList(Struct, frozen=True):
    """The sessions asked for, in the order asked for."""

    items: list[PlaybackSession]


@get(
    "/",
    operation_id="listPlaybackSessions",
    summary="List playback sessions",
    opt=SIGNED_IN,
    responses=answers(400, 401, 422, 503),
)
async def list_sessions(
    services: Services,
    start: Start = 0.0,
    end: End = 0.0,
    channel: Wanted = "",
    region: Wanted = "",
    device: Wanted = "",
    player_state: Annotated[
        str, QueryParameter(name="state", description="Whose player is in this state.", max_length=20)
    ] = "",
    exit_reason: Annotated[
        str, QueryParameter(name="exit", description="Over for this reason.", max_length=20)
    ] = "",
    order: Wish = "newest",
    limit: Limit = 100,
) -> PlaybackSessionList:
    """A row for each viewer's playback: startup, time watched and waited, latency, bitrate, and why it ended."""
    sessions = services.playback_sessions
    query = sessions.query(
        start,
        end,
        order,
        limit,
        channel=channel,
        region=region,
        device=device,
        state=player_state,
        exit=exit_reason,
    )
    return PlaybackSessionList(await sessions.list(query))


@get(
    "/{session:str}",
    operation_id="getPlaybackSession",
    summary="Get a playback session",
    opt=SIGNED_IN,
    responses=answers(401, 404, 422, 503),
)
async def get_session(services: Services, session: FromPath[str]) -> SessionStory:
    """One viewer's whole story: the session and its player's reports in order."""
    return await services.playback_sessions.story(session)


router = Router("/playback-sessions", tags=["Playback"], route_handlers=[list_sessions, get_session])
