"""Which engine an address names: none a folder below the data folder, `s3://…` a bucket."""

from pathlib import Path

from tidegate.core.errors import InvalidError
from tidegate.objects.abc import Objects
from tidegate.objects.local import LocalObjects


def create_objects(dsn: str, data: Path) -> Objects:
    """The object store of a process whose data folder is `data`.

    Raises:
        InvalidError: no engine has such an address, or what it needs is not installed.
    """
    if not dsn:
        return LocalObjects(data / "objects")
    try:
        from tidegate.objects.s3 import S3Objects, parse_s3_dsn  # noqa: PLC0415  an optional extra
    except ImportError:
        raise InvalidError(
            "The object store in a bucket needs a library that is not installed.",
            hint="Install it: pip install 'tidegate[s3]'.",
            field="objects",
        ) from None
    return S3Objects(parse_s3_dsn(dsn), data / "spool")
