"""Signing in and out: the admin token against a cookie that scripts cannot read."""

from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from tidegate.api.access import PUBLIC, SIGNED_IN, remote_ip
from tidegate.api.auth import COOKIE, bearer
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.sessions import LIFETIME_S
from tidegate.api.views import SessionView, SignIn

AnyRequest = Request[Any, Any, Any]


@post(
    "/",
    operation_id="signIn",
    summary="Sign in",
    opt=PUBLIC,
    security=[{"token": []}, {}],
    status_code=HTTP_204_NO_CONTENT,
    responses=answers(400, 401, 413, 429, 503),
)
async def sign_in(
    request: AnyRequest, services: Services, data: JSONBody[SignIn | None] = None
) -> Response[None]:
    """Give the admin token, as `Authorization: Bearer` or as content, and get a session cookie for 12 hours."""
    token = data.token if data else bearer(request.headers.get("authorization", ""))
    session = await services.auth.sign_in(token, remote_ip(request))
    return Response(None, cookies=[_cookie(request, session.cookie, LIFETIME_S)])


@get("/", operation_id="getSession", summary="Who am I", opt=SIGNED_IN, responses=answers(401, 503))
async def get_session(request: AnyRequest) -> SessionView:
    """The role of whoever calls."""
    return SessionView(request.scope["user"].value)


@delete("/", operation_id="signOut", summary="Sign out", opt=SIGNED_IN, responses=answers(401, 403, 503))
async def sign_out(request: AnyRequest, services: Services) -> Response[None]:
    """End this session and drop its cookie."""
    await services.auth.sign_out(request.cookies.get(COOKIE, ""))
    return Response(None, cookies=[_cookie(request, "", 0)])


def _cookie(request: AnyRequest, value: str, max_age_s: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


router = Router("/session", tags=["Session"], route_handlers=[sign_in, get_session, sign_out])
