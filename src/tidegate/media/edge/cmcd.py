"""Who a viewer is, as far as counting needs: the session id of CMCD (CTA-5004) or, failing that, address and agent.

In: the `CMCD-Session` header or the `CMCD` query parameter. Out: an opaque key, never shown or logged.
"""

import re
from hashlib import blake2b
from urllib.parse import unquote

MAX_SESSION = 64
"""Characters of a session id (CTA-5004 section 3.1, key `sid`)."""

_SID = re.compile(rf'(?:^|,)\s*sid="([^"]{{1,{MAX_SESSION}}})"')
_PARAMETER = "CMCD="


def session_in_header(value: bytes) -> str:
    """The `sid` of a `CMCD-Session` header, empty where absent or too long."""
    found = _SID.search(value.decode("latin-1"))
    return found[1] if found else ""


def session_of(query: str) -> str:
    """The `sid` of a query's `CMCD` parameter, empty where absent or too long."""
    if _PARAMETER not in query:
        return ""
    for pair in query.split("&"):
        if pair.startswith(_PARAMETER):
            found = _SID.search(unquote(pair[len(_PARAMETER) :]))
            return found[1] if found else ""
    return ""


def device_of(address: str, user_agent: bytes) -> str:
    """A key for one viewer that names no session: address and agent, so that two browsers behind one address stay two
    where they differ.
    """
    return blake2b(address.encode() + b"\0" + user_agent, digest_size=9).hexdigest()
