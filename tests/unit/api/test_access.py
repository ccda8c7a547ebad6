"""Who may call what: every route there is, called by nobody."""

import re

import httpx
import pytest
from litestar.routes import HTTPRoute

from tidegate.api.access import ACCESS, Access
from tidegate.api.app import create_routes
from tidegate.api.services import ApiConfig

PUBLIC_ROUTES = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/watch/{channel}"),
    ("GET", "/api/v1/watch/{channel}/recordings/{recording}"),
    ("POST", "/api/v1/watch/{channel}/clips"),
    ("GET", "/api/v1/version"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/download/{channel}/{file}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/"),
    ("GET", "/watch/{channel}"),
    ("GET", "/watch/{channel}/{recording}"),
    ("GET", "/studio"),
    ("GET", "/studio/{channel}"),
    ("GET", "/console"),
    ("GET", "/settings"),
    ("GET", "/console/{page}"),
    ("GET", "/docs"),
    ("GET", "/docs/{page}"),
    ("GET", "/assets/{path}"),
    ("GET", "/{name}"),
}
"""The whole of what anyone may call. A route that is not meant for anyone must not be added here."""


def routes() -> list[tuple[str, str, Access | None]]:
    """Every method and path, with the access its handler names."""
    return [
        (method, route.path_format, handler.opt.get(ACCESS))
        for route in create_routes().routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


ROUTES = sorted(routes(), key=lambda route: route[:2])


def test_every_route_names_who_may_call_it() -> None:
    assert [(method, path) for method, path, access in ROUTES if not isinstance(access, Access)] == []


def test_what_anyone_may_call_is_this_list() -> None:
    assert {(method, path) for method, path, access in ROUTES if access is Access.PUBLIC} == PUBLIC_ROUTES


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer"},
        {"cookie": "tidegate_session=wrong", "x-tidegate": "1"},
    ],
    ids=["nothing", "wrong token", "basic", "empty bearer", "wrong cookie"],
)
async def test_without_credentials_every_other_route_refuses(bench, headers: dict[str, str]) -> None:
    walked = [(method, path) for method, path, _ in ROUTES if (method, path) not in PUBLIC_ROUTES]
    assert len(walked) > 10
    for number, (method, template) in enumerate(walked):
        path = re.sub(r"\{\w+\}", "demo", template)
        async with bench.client(token=None, ip=f"192.0.2.{number}") as client:  # each with its own patience
            answer = await client.request(method, path, headers=headers, json={"no": "sense"})
        assert answer.status_code == 401, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == 'Bearer realm="tidegate"'
        assert answer.json()["hint"]


async def test_a_route_that_names_nobody_is_for_those_signed_in(anyone: httpx.AsyncClient, admin) -> None:
    """The framework answers OPTIONS by itself, on every route."""
    assert (await anyone.options("/api/v1/channels")).status_code == 401
    assert (await admin.options("/api/v1/channels")).status_code == 204


async def test_metrics_are_for_anyone_only_where_configured(bench) -> None:
    async with bench.client(token=None) as client:
        assert (await client.get("/metrics")).status_code == 401
    async with bench.with_config(ApiConfig(metrics_public=True)).client(token=None) as client:
        assert (await client.get("/metrics")).status_code == 200
