"""Changes of streams as they happen, over HTTP: one event stream per client, fed from the bus."""

from functools import partial
from typing import Any, Final

from litestar import Request, Router, get

from tidegate.api.access import SIGNED_IN
from tidegate.api.event_stream import MEDIA_TYPE, EventStreamResponse, EventStreams, Source, event
from tidegate.api.problems import answers
from tidegate.api.services import Services

TOPIC: Final = "stream"
"""The bus topic that is served, and the events' name."""


@get(
    "/events",
    operation_id="followEvents",
    summary="Follow changes of streams",
    opt=SIGNED_IN,
    media_type=MEDIA_TYPE,
    response_description="`event: stream` with a StreamEvent as `data`, as they happen; a comment every 15 s.",
    responses=answers(401, 503),
)
async def follow_events(request: Request[Any, Any, Any], services: Services) -> EventStreamResponse:
    """Server-sent events. A client that does not keep up is dropped; connect again and read the state anew."""
    streams: EventStreams = request.app.state.events
    return streams.response(Source(partial(services.bus.subscribe, TOPIC), partial(event, TOPIC)))


router = Router("/", tags=["Streams"], route_handlers=[follow_events])
