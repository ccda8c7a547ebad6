"""What the API tells of recordings, field by field."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidegate.api.views import Title
from tidegate.media.recordings.clips import Exact
from tidegate.media.recordings.types import Recording, RecordingState


class RecordingUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be changed about a recording; what is not given stays.

    Attributes:
        keep: retention does not remove it.
    """

    title: Title | None = None
    keep: bool | None = None


class ClipCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a recording, in seconds from its beginning.

    Attributes:
        exact: `gop`: from the keyframe before to the one after, as it was sent; `frame`: from the very frame to the very frame, a
            minute at most, encoded anew in the publisher's own size.
    """

    begin_s: Annotated[float, Meta(ge=0)]
    end_s: Annotated[float, Meta(ge=0)]
    title: Title = ""
    exact: Exact = "gop"


class LiveClipCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last seconds that were on air."""

    last_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0
    title: Title = ""


class ViewerClipCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last seconds that were on air, as a viewer may have them."""

    last_s: Annotated[float, Meta(ge=1, le=60)] = 30.0


class RecordingPlayback(msgspec.Struct, frozen=True):
    """Where to play it, of a private channel with a token that lasts a while: the multivariant playlist, the page, one MP4 file to download, and pictures, once they are drawn."""

    hls: Annotated[
        str, Meta(examples=["http://127.0.0.1:8080/vod/morning-show/rec_local_7m2k9x4c1t8v/index.m3u8"])
    ]
    watch: str
    mp4: str
    poster: str
    storyboard: str


class RecordingView(Recording, frozen=True, kw_only=True):
    """One broadcast, kept; or a clip of one.

    Attributes:
        source: the recording that a clip was cut from; empty for a broadcast's own.
        state: growing while its broadcast runs; ready; partial, where something of it is missing; making or failed, of a
            clip.
        reason: why a clip failed; empty else.
        progress: of a clip that is being cut, 0 to 1.
        started_at, ended_at: of the broadcast; `ended_at` is 0 while it grows.
        duration_s: of its media, gaps included.
        gap_s: how much of that is missing.
        bytes: of its media.
        keep: retention does not remove it.
        version: counts changes.
    """

    progress: float
    playback: RecordingPlayback


class RecordingList(msgspec.Struct, frozen=True):
    """Recordings, the newest first; at most 500."""

    items: list[RecordingView]


class WatchRecordingView(msgspec.Struct, frozen=True):
    """What anyone who has its address may know of a recording.

    Attributes:
        hls: of a private channel's recording it carries a token.
        expires_at: when that token does, where it was made for this answer; else 0.
        progress: of a clip that is being cut, 0 to 1.
        watch, mp4: its page, and the file to download, with the token where there is one.
    """

    id: str
    channel: str
    title: str
    state: RecordingState
    started_at: float
    duration_s: float
    hls: str
    expires_at: float
    progress: float
    watch: str
    mp4: str


def recording_view(base: str, recording: Recording, progress: float = 1.0, token: str = "") -> RecordingView:
    return RecordingView(
        **msgspec.structs.asdict(recording),
        progress=progress,
        playback=_playback(base, recording, token),
    )


def watch_recording_view(
    base: str, recording: Recording, progress: float, token: str, expires_at: float
) -> WatchRecordingView:
    playback = _playback(base, recording, token)
    return WatchRecordingView(
        id=recording.id,
        channel=recording.channel,
        title=recording.title,
        state=recording.state,
        started_at=recording.started_at,
        duration_s=recording.duration_s,
        hls=playback.hls,
        expires_at=expires_at,
        progress=progress,
        watch=playback.watch,
        mp4=playback.mp4,
    )


def _playback(base: str, recording: Recording, token: str) -> RecordingPlayback:
    base = base.rstrip("/")
    name = f"{recording.channel}/{recording.id}"
    below, query = (f"~{token}/", f"?token={token}") if token else ("", "")
    return RecordingPlayback(
        hls=f"{base}/vod/{below}{name}/index.m3u8",
        watch=f"{base}/watch/{name}{query}",
        mp4=f"{base}/download/{name}.mp4{query}",
        poster=f"{base}/vod/{below}{name}/poster.jpg",
        storyboard=f"{base}/vod/{below}{name}/storyboard.vtt",
    )
