"""An endpoint's signing secrets: the one in effect, and for a while the one before it. Pure.

They are kept as one text, which is sealed as a whole: `NEW`, or `NEW OLD UNTIL`.
"""

import msgspec

from tidegate.webhooks.signing import new_secret

GRACE_S = 86_400.0
"""How long requests carry the old secret's signature too, unless told otherwise: a day to give receivers the new one."""

GRACE_MAX_S = 7 * 86_400.0


class SigningSecrets(msgspec.Struct, frozen=True):
    """`old` counts until `old_until`, in seconds since the Unix epoch."""

    current: str
    old: str = ""
    old_until: float = 0.0

    def valid(self, now: float) -> tuple[str, ...]:
        """Those to sign with, the newest first."""
        return (self.current, self.old) if self.old and now < self.old_until else (self.current,)

    def rotated(self, now: float, grace_s: float) -> "SigningSecrets":
        """A new one; the one in effect so far for `grace_s` more, the one before it not at all."""
        return SigningSecrets(
            new_secret(), self.current if grace_s else "", now + grace_s if grace_s else 0.0
        )

    def text(self) -> str:
        return f"{self.current} {self.old} {self.old_until!r}" if self.old else self.current


def parse_secrets(text: str) -> SigningSecrets:
    """What `text` made.

    Raises:
        ValueError: it did not.
    """
    current, *more = text.split(" ")
    if not more:
        return SigningSecrets(current)
    old, until = more
    return SigningSecrets(current, old, float(until))
