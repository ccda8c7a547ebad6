"""Names and identifiers: one rule for channel names, one shape for ids that carry their home region."""

import re
import secrets

from tidegate.core.errors import InvalidError

CHANNEL_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
REGION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}\Z")
NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
DEFAULT_REGION = "local"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32: no i, l, o, u to misread


def channel_name(text: str) -> str:
    """Return `text` if it is a channel name.

    Raises:
        InvalidError: it is not 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit.
    """
    if CHANNEL_NAME.match(text) is None:
        raise InvalidError(
            f"{text[:80]!r} is not a channel name.",
            hint="Use 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit.",
            field="name",
        )
    return text


def random_token(bits: int) -> str:
    """A secret of at least `bits` of entropy, in Crockford base32."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(-(-bits // 5)))


def new_id(kind: str, region: str = DEFAULT_REGION) -> str:
    """An id such as `ses_local_7m2k9x4c1t8v`: what it is, where its home is, 60 random bits."""
    return f"{kind}_{region}_{random_token(60)}"
