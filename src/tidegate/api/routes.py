"""All routers, in the order in which the API reference shows them, and how their handlers get what they need."""

from litestar import Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.params import SkipValidation

from tidegate.api import (
    advice,
    alerts,
    channels,
    downloads,
    events,
    facts,
    indicators,
    logs,
    nodes,
    ops,
    pages,
    playback,
    playback_sessions,
    recordings,
    session,
    settings,
    slate,
    streams,
    watch,
    webhooks,
    world,
)
from tidegate.api.services import ApiServices


def api_router() -> Router:
    """Everything below `/api/v1`."""
    return Router(
        "/api/v1",
        route_handlers=[
            channels.router,
            slate.router,
            streams.router,
            advice.router,
            recordings.router,
            recordings.channel_router,
            events.router,
            watch.router,
            recordings.watch_router,
            playback.router,
            playback_sessions.router,
            webhooks.router,
            nodes.router,
            facts.router,
            indicators.router,
            alerts.router,
            logs.router,
            settings.router,
            world.router,
            ops.router,
            session.router,
        ],
        dependencies={"services": Provide(_services, sync_to_thread=False)},
    )


def root_router() -> Router:
    """Pages, and what operators' machines ask."""
    return Router(
        "/",
        route_handlers=[ops.root, downloads.router, pages.router],
        dependencies={"services": Provide(_services, sync_to_thread=False)},
        include_in_schema=False,
    )


def _services(state: State) -> SkipValidation[ApiServices]:
    services: ApiServices = state.services
    return services
