"""Removes media that belongs to nobody: of broadcasts that were not recorded and whose stream is not there any more.

A stream removes its own media when it goes. What a kill left of one that was to go is found here, once after each start.
"""

from collections.abc import Callable

import structlog

from tidegate.media.origin.keys import MEDIA_PREFIX, broadcast_prefix, manifest_key
from tidegate.media.origin.manifest import Manifest
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

_HEAD_BYTES = 4096
"""A manifest's first line is shorter."""

_log = structlog.get_logger()


async def remove(objects: Objects, is_running: Callable[[str, str], bool]) -> None:
    """Remove what is neither recorded nor of a running broadcast. `is_running` is asked, by channel and id, at the moment
    of removal: one that began since then has media before it has a manifest.
    """
    try:
        found = {
            (parts[1], parts[2])
            for info in await objects.list_prefix(MEDIA_PREFIX)
            if len(parts := info.key.split("/")) > 3
        }
        for channel, broadcast in sorted(found):
            if is_running(channel, broadcast) or await _is_recorded(objects, channel, broadcast):
                continue
            if not is_running(channel, broadcast):
                removed = await objects.delete_prefix(broadcast_prefix(channel, broadcast))
                _log.info("orphans_removed", channel=channel, broadcast=broadcast, objects=removed)
    except ObjectsError as error:
        _log.warning("orphans_not_removed", error=str(error))


async def _is_recorded(objects: Objects, channel: str, broadcast: str) -> bool:
    manifest = Manifest()
    try:
        manifest.feed(await objects.get(manifest_key(channel, broadcast), length=_HEAD_BYTES))
    except ObjectNotFoundError:
        return False
    return manifest.head is None or manifest.head.recorded
