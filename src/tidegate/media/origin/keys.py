"""Where a stream's media and index stand in the object store."""

PREFIX = "live"


def channel_prefix(channel: str) -> str:
    return f"{PREFIX}/{channel}"


def index_key(channel: str) -> str:
    return f"{PREFIX}/{channel}/index.jsonl"


def media_key(channel: str, track: str, file: str) -> str:
    return f"{PREFIX}/{channel}/{track}/{file}"
