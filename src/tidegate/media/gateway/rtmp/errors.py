"""Why the gateway refuses a publisher. Each message is shown in the publisher's own log: short, one or two sentences."""

from typing import ClassVar

from tidegate.core.errors import TidegateError


class RtmpError(TidegateError):
    """Base of every refusal this gateway makes by itself."""

    code: ClassVar[str] = "rtmp"
    status: ClassVar[int] = 400


class LimitError(RtmpError):
    """The peer asks for more than one connection may have."""

    code: ClassVar[str] = "rtmp-limit"


class CommandRefusedError(RtmpError):
    """A well-formed request that this server does not serve, such as playing."""

    code: ClassVar[str] = "rtmp-refused"
