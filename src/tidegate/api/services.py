"""What the API needs to answer, as the composition root hands it over."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from prometheus_client import CollectorRegistry

from tidegate.api.addresses import Addresses
from tidegate.api.auth import Authenticator
from tidegate.bus import Bus
from tidegate.core.ports import (
    Audience,
    HealthSource,
    LadderDirectory,
    NodeDirectory,
    PlaybackGate,
    StreamDirectory,
    World,
)
from tidegate.core.settings import SettingsBook
from tidegate.governance.advice.service import AdviceService
from tidegate.governance.alerts.service import AlertService
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.playback_sessions.service import PlaybackSessions
from tidegate.media.access.peers import PeerToken
from tidegate.media.access.service import PlaybackTokens
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.media.gateway.pull.service import PullService
from tidegate.media.recordings.clips import Clips
from tidegate.media.recordings.service import RecordingService
from tidegate.media.recordings.viewer_clips import ViewerClips
from tidegate.media.slate.service import SlateMaker
from tidegate.settings.service import SettingsService
from tidegate.telemetry.log_feed import LogFeed
from tidegate.telemetry.log_search import LogSearch
from tidegate.telemetry.reception import FactReception
from tidegate.webhooks.service import WebhookService

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
"""ASGI 3.0, single-callable."""


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """What an operator may choose.

    Attributes:
        metrics_public: `/metrics` answers anyone.
        hosts: names beside the loopback ones that a request's Host may carry, without port.
        event_streams_max: event streams open at once; the next is refused with 503.
        event_ping_s: longest silence on an event stream, seconds.
        event_stall_s: a client that takes nothing for so long, seconds, is dropped.
    """

    metrics_public: bool = False
    hosts: frozenset[str] = frozenset()
    event_streams_max: int = 256
    event_ping_s: float = 15.0
    event_stall_s: float = 10.0


@dataclass(frozen=True, slots=True)
class PlaybackAccess:
    """Who may watch: what makes tokens, what checks them, who else checks them, and by which settings; and the key that other
    edges know players' reports by.
    """

    tokens: PlaybackTokens
    gate: PlaybackGate
    peers: PeerToken
    settings: SettingsBook
    beacon_key: bytes = b""


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Ports and domains behind the API.

    Attributes:
        hook_secret: what requests of the publish hook are signed with.
        web_dir: the built console; may be empty or missing.
        live: answers everything below `/live/` and `/vod/`, or None where this process serves no media. It receives the
            request's whole path.
    """

    channels: ChannelService
    settings: SettingsService
    recordings: RecordingService
    slates: SlateMaker
    clips: Clips
    viewer_clips: ViewerClips
    webhooks: WebhookService
    hook_secret: str
    pulls: PullService
    streams: StreamDirectory
    ladders: LadderDirectory
    audience: Audience
    nodes: NodeDirectory
    facts: FactReception
    indicators: IndicatorService
    alerts: AlertService
    advice: AdviceService
    logs: LogSearch
    log_feed: LogFeed
    health: HealthSource
    bus: Bus
    refusals: RefusalLog
    auth: Authenticator
    addresses: Addresses
    registry: CollectorRegistry
    web_dir: Path
    live: ASGIApp | None
    playback: PlaybackAccess
    playback_sessions: PlaybackSessions
    world: World
    version: str
    config: ApiConfig = field(default_factory=ApiConfig)


Services = NamedDependency[SkipValidation[ApiServices]]
"""How a handler asks for them."""
