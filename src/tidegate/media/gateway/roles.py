"""Which of a channel's two publishers an encoder's address says it is; the same rule at every gateway. Pure.

In: the query of an ingest address, such as `key=…&role=backup` (RTMP stream name, SRT stream id, CMAF target). Out: the
role, `primary` where none is named.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from tidegate.core.errors import InvalidError
from tidegate.core.streams import Role

FIELD = "role"
FIELDS_MAX = 16
"""Fields of a query looked at; addresses have one or two."""


class WrongRoleError(InvalidError):
    """The address names a role there is not."""

    code = "wrong-role"


def query_fields(query: str) -> Mapping[str, Sequence[str]]:
    """A query's fields; none where there are more than an address has."""
    return parse_qs(query, max_num_fields=FIELDS_MAX) if query and query.count("&") < FIELDS_MAX else {}


def named_role(fields: Mapping[str, Sequence[str]]) -> Role | None:
    """The role a query names; None where it names none.

    Raises:
        WrongRoleError: it names another than primary and backup.
    """
    values = fields.get(FIELD)
    if not values:
        return None
    if values[0] == "primary":
        return "primary"
    if values[0] == "backup":
        return "backup"
    raise WrongRoleError(
        f"There is no publisher's role {values[0][:20]!r}.",
        hint="Add ?role=backup to the stream key of the second encoder, and nothing to the first one's.",
    )
