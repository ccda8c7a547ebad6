"""Who is calling: the admin token as a bearer (RFC 6750), or a session cookie.

A cookie is sent by the browser whatever page asks, so an unsafe method by cookie also needs the header
`X-Tidegate`, which another site's page cannot set without our consent. Wrong tokens are counted by address and
beyond a limit refused with 429; a right token is admitted whatever else came from its address. Cookies are not
throttled: 160 bits cannot be guessed, and an old tab that asks every second must read 401, not 429.
"""

from typing import Final

import structlog

from tidegate.api.sessions import Role, Session, Sessions
from tidegate.api.token import AdminToken
from tidegate.core.errors import ForbiddenError, RateLimitedError, UnauthorizedError
from tidegate.media.channels.throttle import AddressThrottle

COOKIE: Final = "tidegate_session"
CSRF_HEADER: Final = "X-Tidegate"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
_LOG_EVERY = 100

_log = structlog.get_logger()


class SignInNeededError(UnauthorizedError):
    code = "sign-in-needed"


class WrongTokenError(UnauthorizedError):
    code = "wrong-token"


class SessionEndedError(UnauthorizedError):
    code = "session-ended"


class CsrfError(ForbiddenError):
    code = "csrf-header-missing"


class TooManyWrongTokensError(RateLimitedError):
    code = "too-many-wrong-tokens"


class Authenticator:
    """Tells who calls.

    Attributes:
        signed_in, wrong, throttled: sign-ins, wrong tokens, and those of them beyond the limit, since
            start.
    """

    def __init__(self, token: AdminToken, sessions: Sessions, throttle: AddressThrottle) -> None:
        self._token = token
        self._sessions = sessions
        self._throttle = throttle
        self.signed_in = 0
        self.wrong = 0
        self.throttled = 0

    async def authenticate(
        self, *, method: str, authorization: str, cookie: str, csrf: str, remote_ip: str
    ) -> Role:
        """Return the caller's role.

        Args:
            method: HTTP method; a safe one needs no proof of our own page.
            authorization: value of that header, empty where missing.
            cookie: value of the session cookie, empty where missing.
            csrf: value of `X-Tidegate`, empty where missing.
            remote_ip: whom wrong tokens count against.

        Raises:
            UnauthorizedError: neither a right token nor an open session.
            ForbiddenError: a session without the header that proves our own page asks.
            RateLimitedError: too many wrong tokens from this address.
            StoreUnavailableError: a session cannot be looked up now; the token would do.
        """
        if authorization:
            return self.check_token(bearer(authorization), remote_ip)
        if not cookie:
            raise SignInNeededError(
                "This needs the admin token or a session.",
                hint="Sign in on the console, or send Authorization: Bearer with the content of admin-token in the"
                " data folder.",
            )
        role = await self._sessions.role(cookie)
        if role is None:
            raise SessionEndedError("This session has ended.", hint="Sign in again.")
        if method not in _SAFE_METHODS and not csrf:
            raise CsrfError(
                "A change by session cookie needs the header X-Tidegate: 1.",
                hint="Send it; it proves that the request comes from this server's own pages.",
            )
        return role

    def check_token(self, token: str, remote_ip: str) -> Role:
        """Return the role of whoever knows `token`.

        Raises:
            WrongTokenError: it is not the admin token.
            TooManyWrongTokensError: nor were many before it from this address.
        """
        if self._token.matches(token):
            return Role.ADMIN
        self._count(remote_ip)
        _log.warning("wrong_token", remote=remote_ip)
        raise WrongTokenError(
            "The token is not right.", hint="It is the content of admin-token in the server's data folder."
        )

    async def sign_in(self, token: str, remote_ip: str) -> Session:
        """Start a session for whoever knows `token`; raises as `check_token` does."""
        role = self.check_token(token, remote_ip)
        session = await self._sessions.start(role)
        self.signed_in += 1
        _log.info("signed_in", role=role.value, remote=remote_ip)
        return session

    async def sign_out(self, cookie: str) -> None:
        """End the session of `cookie`, if there is one."""
        if cookie:
            await self._sessions.end(cookie)

    def _count(self, remote_ip: str) -> None:
        self.wrong += 1
        if self._throttle.allow(remote_ip):
            return
        self.throttled += 1
        if self.throttled % _LOG_EVERY == 1:
            _log.warning("wrong_tokens_throttled", remote=remote_ip, throttled=self.throttled)
        wait_s = self._throttle.retry_after_s(remote_ip)
        raise TooManyWrongTokensError(
            "Too many wrong tokens came from this address.",
            hint=f"Check the token, and try again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def bearer(authorization: str) -> str:
    """The token in an Authorization header, empty where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
