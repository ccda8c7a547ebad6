"""The API as one ASGI application."""

from typing import cast

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from tidegate.api.access import may_call
from tidegate.api.event_stream import EventStreams
from tidegate.api.gate import Gate
from tidegate.api.metrics import ApiMetrics
from tidegate.api.openapi import openapi
from tidegate.api.problems import respond_to_bug, respond_to_error, respond_to_http
from tidegate.api.routes import api_router, root_router
from tidegate.api.services import ApiServices, ASGIApp
from tidegate.api.web_files import WebFiles
from tidegate.core.errors import TidegateError

MAX_BODY_BYTES = 64 * 1024
"""Longest request content; more is refused with 413 while it is read."""


def create_api(services: ApiServices) -> Gate:
    """Everything but media: API, pages, probes, metrics. Registers its counters at `services.registry`.

    The application keeps nothing open between requests and needs no lifespan. Event streams last until their client
    leaves or the bus is closed, so whoever stops the server closes the bus first.
    """
    events = EventStreams(services.config)
    routes = create_routes()
    routes.state.services = services
    routes.state.events = events
    routes.state.sending = 0
    routes.state.web_files = WebFiles(services.web_dir)
    gate = Gate(cast("ASGIApp", routes), services)
    services.registry.register(ApiMetrics(gate, services.auth, events))
    return gate


def create_routes() -> Litestar:
    """The routes with their guard and error handlers, without anything behind them."""
    return Litestar(
        [api_router(), openapi, root_router()],
        guards=[may_call],
        exception_handlers={
            TidegateError: respond_to_error,
            HTTPException: respond_to_http,
            Exception: respond_to_bug,
        },
        openapi_config=None,  # described in `openapi.py`, served by `ops.py`
        logging_config=None,  # structlog's configuration is the composition root's
        request_max_body_size=MAX_BODY_BYTES,
        state=State(),
    )
