"""Changes of streams as they happen, over HTTP: one event stream per client, fed from the bus."""

from typing import Any

from litestar import Request, Response, Router, get

from tidegate.api.access import SIGNED_IN
from tidegate.api.event_stream import MEDIA_TYPE, EventStreams
from tidegate.api.problems import answers


class EventStreamResponse(Response[bytes]):
    """Gives the connection to an event stream instead of rendering content."""

    def __init__(self, streams: EventStreams) -> None:
        super().__init__(b"", media_type=MEDIA_TYPE)
        self._streams = streams

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self._streams.serve


@get(
    "/events",
    operation_id="followEvents",
    summary="Follow changes of streams",
    opt=SIGNED_IN,
    media_type=MEDIA_TYPE,
    response_description="`event: stream` with a StreamEvent as `data`, as they happen; a comment every 15 s.",
    responses=answers(401, 503),
)
async def follow_events(request: Request[Any, Any, Any]) -> EventStreamResponse:
    """Server-sent events. A client that does not keep up is dropped; connect again and read the state anew."""
    streams: EventStreams = request.app.state.events
    streams.admit()
    return EventStreamResponse(streams)


router = Router("/", tags=["Streams"], route_handlers=[follow_events])
