"""Who may call an endpoint. Every route names it in its `opt`; a route that names nobody is for those signed in."""

from enum import StrEnum
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tidegate.api.auth import COOKIE, CSRF_HEADER
from tidegate.api.services import ApiServices
from tidegate.api.sessions import Role

ACCESS: Final = "access"


class Access(StrEnum):
    """Callers an endpoint answers."""

    PUBLIC = "public"
    """Anyone."""

    SIGNED_IN = "signed-in"
    """Whoever holds the admin token or a session."""

    EDGE = "edge"
    """As signed in, or another edge of this installation."""

    METRICS = "metrics"
    """As signed in, or anyone where the configuration says so."""


PUBLIC: Final = {ACCESS: Access.PUBLIC}
SIGNED_IN: Final = {ACCESS: Access.SIGNED_IN}
EDGE: Final = {ACCESS: Access.EDGE}
METRICS: Final = {ACCESS: Access.METRICS}

Connection = ASGIConnection[Any, Any, Any, Any]


async def may_call(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar guard over every route: lets the call through, or raises why not."""
    access = handler.opt.get(ACCESS)
    services: ApiServices = connection.app.state.services
    if access is Access.PUBLIC or (access is Access.METRICS and services.config.metrics_public):
        return
    if access is Access.EDGE and services.playback.peers.in_header(
        connection.headers.get("authorization", "").encode("latin-1")
    ):
        return
    connection.scope["user"] = await caller(connection)


async def caller(connection: Connection) -> Role:
    """Who calls, by token or session; raises as `Authenticator.authenticate` does."""
    services: ApiServices = connection.app.state.services
    return await services.auth.authenticate(
        method=connection.scope["method"],  # type: ignore[typeddict-item]  # only HTTP reaches a guard here
        authorization=connection.headers.get("authorization", ""),
        cookie=connection.cookies.get(COOKIE, ""),
        csrf=connection.headers.get(CSRF_HEADER, ""),
        remote_ip=remote_ip(connection),
    )


def remote_ip(connection: Connection) -> str:
    """The peer's address. Behind a proxy the server in front of this one (uvicorn's `proxy_headers`) has put the
    forwarded one here, if it trusts the proxy.
    """
    return connection.client.host if connection.client else ""
