"""Why media in FLV's form is refused. Each message is shown in the publisher's own log: short, one or two sentences."""

from typing import ClassVar

from tidegate.core.errors import TidegateError


class MalformedError(TidegateError):
    """The bytes break RTMP, or the form in which it carries media. The code is older than the second reason."""

    code: ClassVar[str] = "rtmp-malformed"
    status: ClassVar[int] = 400


class UnsupportedMediaError(TidegateError):
    """A codec or framing that browsers, or this server, cannot take."""

    code: ClassVar[str] = "unsupported-codec"
    status: ClassVar[int] = 400
