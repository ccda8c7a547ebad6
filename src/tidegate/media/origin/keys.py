"""Where a stream's index and media stand in the object store.

The index is of this process's streams and goes with them; media stand under their broadcast, which may outlive its stream.
"""

PREFIX = "live"
MEDIA_PREFIX = "media"


def channel_prefix(channel: str) -> str:
    return f"{PREFIX}/{channel}"


def index_key(channel: str) -> str:
    return f"{PREFIX}/{channel}/index.jsonl"


def broadcast_prefix(channel: str, broadcast: str) -> str:
    return f"{MEDIA_PREFIX}/{channel}/{broadcast}"


def media_key(channel: str, broadcast: str, track: str, file: str) -> str:
    return f"{MEDIA_PREFIX}/{channel}/{broadcast}/{track}/{file}"


def manifest_key(channel: str, broadcast: str) -> str:
    return f"{MEDIA_PREFIX}/{channel}/{broadcast}/manifest.jsonl"
