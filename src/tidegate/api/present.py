"""Domain objects as the API shows them: where ports are read and joined into views."""

import msgspec

from tidegate.api.addresses import Addresses
from tidegate.api.services import ApiServices
from tidegate.api.views import (
    ChannelCreated,
    ChannelView,
    ClipRight,
    Ingest,
    IngestAddress,
    Playback,
    PlaybackTokenView,
    PullView,
    StreamView,
    WatchView,
)
from tidegate.core.streams import StreamStatus
from tidegate.media.access.types import PlaybackToken
from tidegate.media.channels.types import Channel, CreatedChannel
from tidegate.media.gateway.pull.types import Pull, PullStatus


def playback(addresses: Addresses, channel: str, token: str = "") -> Playback:
    """Where to watch, with a playback token where one is needed."""
    base = addresses.http_url.rstrip("/")
    below, query = (f"~{token}/", f"?token={token}") if token else ("", "")
    return Playback(hls=f"{base}/live/{below}{channel}/index.m3u8", watch=f"{base}/watch/{channel}{query}")


def playback_token(addresses: Addresses, made: PlaybackToken) -> PlaybackTokenView:
    return PlaybackTokenView(
        made.channel, made.token, made.expires_at, playback(addresses, made.channel, made.token)
    )


def created(services: ApiServices, made: CreatedChannel) -> ChannelCreated:
    addresses = services.addresses
    return ChannelCreated(
        channel=made.channel.name,
        title=made.channel.title,
        ingest=Ingest(
            rtmp=addresses.rtmp_url, key=made.key, rtmps=addresses.rtmps_url, srt=addresses.srt_url
        ),
        playback=playback(addresses, made.channel.name),
    )


def channel_view(services: ApiServices, channel: Channel) -> ChannelView:
    status = services.streams.status(channel.name)
    return ChannelView(
        name=channel.name,
        title=channel.title,
        created_at=channel.created_at,
        home_region=channel.home_region,
        key_hint=channel.key_hint,
        state=status.state if status else "offline",
        viewers=services.audience.viewers(channel.name),
    )


def stream_view(services: ApiServices, status: StreamStatus) -> StreamView:
    name = status.channel
    channel = services.channels.directory.channel(name)
    addresses = services.addresses
    return StreamView(
        **msgspec.structs.asdict(status),
        title=channel.title if channel else "",
        viewers=services.audience.viewers(name),
        peak_viewers=services.audience.peak(name),
        ingest=IngestAddress(rtmp=addresses.rtmp_url, rtmps=addresses.rtmps_url, srt=addresses.srt_url),
        playback=playback(addresses, name),
        refusals=services.refusals.recent(name),
        ladder=services.ladders.ladder(name),
    )


def pull_view(pull: Pull, shown: str, status: PullStatus) -> PullView:
    return PullView(**msgspec.structs.asdict(status), url=shown, enabled=pull.enabled, loop=pull.loop)


def offline(channel: Channel) -> StreamStatus:
    """The status of a channel that has had no stream since the server started."""
    return StreamStatus(
        channel=channel.name,
        state="offline",
        state_since=channel.created_at,
        broadcast="",
        started_at=0.0,
        publisher=None,
        publishers=(),
        slate="none",
        tracks=(),
        notes=(),
        bytes_in=0,
        parts=0,
        discontinuities=0,
        playable_after_s=0.0,
    )


def watch_view(
    services: ApiServices, channel: Channel, token: str, expires_at: float, clips: ClipRight
) -> WatchView:
    status = services.streams.status(channel.name) or offline(channel)
    return WatchView(
        channel=channel.name,
        title=channel.title,
        state=status.state,
        state_since=status.state_since,
        started_at=status.started_at,
        viewers=services.audience.viewers(channel.name),
        access="token" if services.playback.gate.rule(channel.name).private else "public",
        hls=playback(services.addresses, channel.name, token).hls,
        expires_at=expires_at,
        clips=clips,
    )
