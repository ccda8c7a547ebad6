"""Why a viewer is refused. Each says the same every time, so that a flood of refusals is one rendered answer."""

from tidegate.core.errors import ForbiddenError, RateLimitedError, UnauthorizedError

_ASK = "Ask whoever gave you the address for a new link."


class TokenNeededError(UnauthorizedError):
    code = "token-needed"

    def __init__(self) -> None:
        super().__init__(
            "This channel is private: playing it needs a token.",
            hint="Open the private link you were given, or put the token into the address: /live/~TOKEN/CHANNEL/index.m3u8.",
        )


class TokenInvalidError(UnauthorizedError):
    """It is no token, or none that a key known here has signed. Which of these is not said."""

    code = "token-invalid"

    def __init__(self) -> None:
        super().__init__("The playback token is not valid.", hint=_ASK)


class TokenExpiredError(UnauthorizedError):
    code = "token-expired"

    def __init__(self) -> None:
        super().__init__("The playback token has expired.", hint=_ASK)


class TokenNotYetError(UnauthorizedError):
    code = "token-not-yet-valid"

    def __init__(self) -> None:
        super().__init__(
            "The playback token is not valid yet.",
            hint="Try again later; if it should be valid, the clocks differ.",
        )


class TokenChannelError(ForbiddenError):
    code = "token-wrong-channel"

    def __init__(self) -> None:
        super().__init__("The playback token is for another channel.", hint=_ASK)


class TokenAddressError(ForbiddenError):
    code = "token-wrong-address"

    def __init__(self) -> None:
        super().__init__("The playback token was given to another address than this one.", hint=_ASK)


class OriginRefusedError(ForbiddenError):
    code = "origin-refused"

    def __init__(self) -> None:
        super().__init__(
            "This page may not play this channel.",
            hint="Add the page's origin to playback.origins, or play it on a page that is listed.",
        )


class TooManyWrongPlaybackTokensError(RateLimitedError):
    code = "too-many-wrong-playback-tokens"

    def __init__(self) -> None:
        super().__init__(
            "Too many wrong playback tokens came from this address.", hint="Try again in a minute."
        )
