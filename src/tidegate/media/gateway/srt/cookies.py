"""SYN cookies: proof that who concludes a handshake receives at the address it sends from, without keeping state.

A cookie is a keyed hash of the address and the minute (draft-sharabayko-srt-01, 4.3.1.1), so that forged addresses
cost an answer no larger than the question, and nothing is kept until one has come back.
"""

import hmac
from hashlib import blake2s

_PERIOD_S = 60.0
_ACCEPTED_PERIODS = 2  # the running one and the one before
_COOKIE_BYTES = 4


class SynCookies:
    """Makes and checks them. Time is an argument, in monotonic seconds."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 16 to 32 random bytes."""
        self._secret = secret

    def make(self, host: str, port: int, now: float) -> int:
        return self._cookie(host, port, int(now / _PERIOD_S))

    def matches(self, cookie: int, host: str, port: int, now: float) -> bool:
        period = int(now / _PERIOD_S)
        given = cookie.to_bytes(_COOKIE_BYTES, "big")
        return any(
            hmac.compare_digest(given, self._cookie(host, port, period - age).to_bytes(_COOKIE_BYTES, "big"))
            for age in range(_ACCEPTED_PERIODS)
        )

    def _cookie(self, host: str, port: int, period: int) -> int:
        text = f"{host}|{port}|{period}".encode()
        return int.from_bytes(blake2s(text, key=self._secret, digest_size=_COOKIE_BYTES).digest(), "big")
