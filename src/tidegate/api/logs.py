"""The log over HTTP: searched, page by page; and followed as lines are made."""

from functools import partial
from typing import Annotated, Any, Final

from litestar import Request, Router, get
from litestar.params import FromQuery, QueryParameter

from tidegate.api.access import SIGNED_IN
from tidegate.api.event_stream import MEDIA_TYPE, EventStreamResponse, EventStreams, Source, event
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.core.facts import LogFact
from tidegate.telemetry.log_feed import LogFilter, Missed
from tidegate.telemetry.log_query import Level, LogQuery, terms
from tidegate.telemetry.log_search import LogPage

SEARCHED_S: Final = 86_400.0
"""How far back is searched where nobody says."""

Search = Annotated[
    str,
    QueryParameter(
        name="q",
        description='Words that a line must all have; "a phrase"; key=value; begin*; -without.',
    ),
]
Begin = Annotated[
    float | None, QueryParameter(name="from", description="Seconds since the Unix epoch; a day ago.")
]


@get(
    "/",
    operation_id="searchLogs",
    summary="Search the log",
    opt=SIGNED_IN,
    responses=answers(400, 401, 422, 503),
)
async def search_logs(
    services: Services,
    search: Search = "",
    level: FromQuery[Level | None] = None,
    channel: FromQuery[str] = "",
    session: FromQuery[str] = "",
    node: FromQuery[str] = "",
    region: FromQuery[str] = "",
    begin: Begin = None,
    to: FromQuery[float | None] = None,
    before: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
) -> LogPage:
    """Lines of every node, newest first. `level` is this and everything graver; `before` is `next` of the page before."""
    end = services.logs.now() if to is None else to
    query = LogQuery(
        begin=max(0.0, end - SEARCHED_S) if begin is None else begin,
        end=end,
        text=search,
        level=level,
        channel=channel,
        session=session,
        node=node,
        region=region,
        before=before,
        limit=limit,
    )
    return await services.logs.search(query)


@get(
    "/tail",
    operation_id="followLogs",
    summary="Follow the log",
    opt=SIGNED_IN,
    media_type=MEDIA_TYPE,
    response_description="`event: log` with a LogFact as `data`, as lines are made; `event: missed` with how many `lines` a client"
    " that was too slow has lost; a comment every 15 s.",
    responses=answers(400, 401, 503),
)
async def follow_logs(
    request: Request[Any, Any, Any],
    services: Services,
    search: Search = "",
    level: FromQuery[Level | None] = None,
    channel: FromQuery[str] = "",
    session: FromQuery[str] = "",
    node: FromQuery[str] = "",
    region: FromQuery[str] = "",
) -> EventStreamResponse:
    """Server-sent events: lines of this node from now on, within a second, also while telemetry is away."""
    streams: EventStreams = request.app.state.events
    wanted = LogFilter(terms(search), level, channel, session, node, region)
    return streams.response(Source(partial(services.log_feed.follow, wanted), _event))


def _event(message: LogFact | Missed) -> bytes:
    return event("missed" if isinstance(message, Missed) else "log", message)


router = Router("/logs", tags=["Logs"], route_handlers=[search_logs, follow_logs])
