"""What every parser in this folder raises, and nothing else."""

from typing import ClassVar

from tidegate.core.errors import InvalidError


class CodecError(InvalidError):
    """A decoder configuration is malformed, or of a profile that browsers cannot play."""

    code: ClassVar[str] = "codec-configuration"
