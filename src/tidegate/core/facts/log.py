"""What a part of the platform wrote into its log."""

import msgspec


class LogFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One structured log line.

    Attributes:
        level: `debug`, `info`, `warning`, `error` or `critical`.
        logger: which part of the code wrote it.
        event: the line's name, such as `publisher_connected`.
        message: the whole line in one text, `event key=value …`, for text search.
        fields: everything else the line says, a JSON object.
    """

    at: float
    region: str
    node: str
    level: str
    event: str
    message: str
    logger: str = ""
    channel: str = ""
    stream: str = ""
    session: str = ""
    arms: tuple[str, ...] = ()
    fields: str = "{}"
