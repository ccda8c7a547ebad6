"""What the API takes and answers, field by field: the schema of `/api/v1/openapi.json` is made of these.

Times are seconds since the Unix epoch, rates are bits per second unless the name says otherwise.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidegate.core.ladders import LadderStatus
from tidegate.core.nodes import NodeStatus
from tidegate.core.streams import Note, Role, SlateState, StreamState, StreamStatus
from tidegate.media.access.types import PlaybackToken, SigningKey
from tidegate.media.gateway.pull.types import PullStatus

ChannelName = Annotated[
    str,
    Meta(
        description="1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit.",
        examples=["morning-show"],
        extra_json_schema={"pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"},
    ),
]
Title = Annotated[
    str,
    Meta(max_length=200, description="What viewers read above the picture.", examples=["The morning show"]),
]


class ChannelCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel to create."""

    name: ChannelName
    title: Title = ""


class ChannelUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be changed about a channel."""

    title: Title


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The admin token, where it does not come as `Authorization: Bearer`."""

    token: Annotated[
        str, Meta(max_length=200, description="The content of `admin-token` in the data folder.")
    ]


class SessionView(msgspec.Struct, frozen=True):
    """Who is signed in."""

    role: Literal["admin"]


class Ingest(msgspec.Struct, frozen=True):
    """Where and with what to publish. `rtmps` is null where no certificate is configured."""

    rtmp: Annotated[str, Meta(examples=["rtmp://127.0.0.1:1935/live"])]
    key: Annotated[
        str,
        Meta(
            description="The stream key. Shown this once: it is stored hashed.",
            examples=["tgk_7m2k9x4c_0123456789abcdefghjkmnpqrstvwxyz"],
        ),
    ]
    rtmps: str | None
    srt: Annotated[
        str,
        Meta(description="The stream key is its `streamid`.", examples=["srt://127.0.0.1:8890"]),
    ]


class IngestAddress(msgspec.Struct, frozen=True):
    """Where to publish. `rtmps` is null where no certificate is configured."""

    rtmp: Annotated[str, Meta(examples=["rtmp://127.0.0.1:1935/live"])]
    rtmps: str | None
    srt: Annotated[
        str,
        Meta(description="The stream key is its `streamid`.", examples=["srt://127.0.0.1:8890"]),
    ]


class Playback(msgspec.Struct, frozen=True):
    """Where to watch: the multivariant playlist, and the page."""

    hls: Annotated[str, Meta(examples=["http://127.0.0.1:8080/live/morning-show/index.m3u8"])]
    watch: Annotated[str, Meta(examples=["http://127.0.0.1:8080/watch/morning-show"])]


class ChannelView(msgspec.Struct, frozen=True):
    """A channel and whether it is on air.

    Attributes:
        key_hint: the stream key's last four characters.
        viewers: distinct viewers seen in the last few seconds.
    """

    name: str
    title: str
    created_at: float
    home_region: str
    key_hint: str
    state: StreamState
    viewers: int


class ChannelList(msgspec.Struct, frozen=True):
    """Every channel, by name."""

    items: list[ChannelView]


class ChannelCreated(msgspec.Struct, frozen=True):
    """A channel with its new stream key, which cannot be read again."""

    channel: str
    title: str
    ingest: Ingest
    playback: Playback


class PullSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to pull for a channel."""

    url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="RTSP, HTTP (a file, a stream or an .m3u8), RTMP, SRT; file: where the configuration names a folder.",
            examples=["rtsp://viewer:secret@camera.example/stream1"],
        ),
    ]
    enabled: bool = True
    loop: Annotated[bool, Meta(description="Begin again at the end of a source of finite length.")] = False


class PullView(PullStatus, frozen=True, kw_only=True):
    """A channel's source and how it goes.

    Attributes:
        url: without password and query, which may be secrets; empty where nothing is pulled.
        since: when the state last changed.
        reason: why it last failed, one sentence; empty where it did not.
        retry_at: when it is tried next; 0 where no try waits.
        failures: times in a row that it failed.
    """

    url: str
    enabled: bool
    loop: bool


class StreamView(StreamStatus, frozen=True, kw_only=True):
    """The whole of one stream.

    Attributes:
        state_since: when the state last changed.
        broadcast: id of the running (or last) broadcast, which outlives publisher blips; empty where none was.
        playable_after_s: seconds from the first keyframe's arrival to the first playable part; 0 before.
        viewers: distinct viewers seen in the last few seconds.
        peak_viewers: most viewers at once since the broadcast began.
        refusals: recent attempts to publish to this channel that were refused, newest first.
        ladder: the renditions made of its picture, or why there are none.
    """

    title: str
    viewers: int
    peak_viewers: int
    ingest: IngestAddress
    playback: Playback
    refusals: tuple[Note, ...]
    ladder: LadderStatus


class SlateView(msgspec.Struct, frozen=True):
    """What a channel's viewers see while nobody publishes.

    Attributes:
        shows: the owner's picture, a drawn slate, or nothing: the last frame stays.
        has_picture: whether the channel has a picture of its own, shown or not.
        line: the words on a drawn slate.
        after_s: seconds without media before it is shown.
        state: whether it is made for the running stream, and on air.
    """

    channel: str
    shows: Literal["picture", "generated", "nothing"]
    has_picture: bool
    line: str
    after_s: float
    state: SlateState


class SwitchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which publisher is to go on air; null: the one that stands by."""

    to: Role | None = None


class StreamList(msgspec.Struct, frozen=True):
    """Every stream there is something to say about."""

    items: list[StreamView]


ClipRight = Literal["nobody", "viewers", "signed-in"]


class WatchView(msgspec.Struct, frozen=True):
    """What anyone may know of a channel.

    Attributes:
        started_at: when the broadcast began; 0 where there is none.
        access: `token` where watching needs one; then this is answered to those who have one, and to those signed in.
        hls: address of the multivariant playlist; it answers while the state is live, interrupted or ended.
        expires_at: when the token in `hls` ends, seconds since the Unix epoch; ask again before. 0: there is none.
        clips: who may cut clips here, of whoever asks: `signed-in` one who is, `viewers` anyone, `nobody`.
    """

    channel: str
    title: str
    state: StreamState
    state_since: float
    started_at: float
    viewers: int
    access: Literal["public", "token"]
    hls: str
    expires_at: float
    clips: ClipRight


class PlaybackTokenView(PlaybackToken, frozen=True):
    """A token to watch a channel with, and addresses that carry it.

    Attributes:
        token: give it to a player as `/live/~TOKEN/…`, or to anything as `?token=TOKEN`.
        expires_at: seconds since the Unix epoch.
    """

    playback: Playback


class SigningKeyList(msgspec.Struct, frozen=True):
    """Every key whose tokens are taken, oldest first."""

    items: list[SigningKey]


class NodeList(msgspec.Struct, frozen=True):
    """Every node of this installation."""

    items: list[NodeStatus]


class VersionView(msgspec.Struct, frozen=True):
    """Which release answers."""

    version: Annotated[str, Meta(examples=["0.1.0"])]


class FieldProblem(msgspec.Struct, frozen=True):
    """One field that breaks a rule; the empty name is the content as a whole."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457). Further members carry data of the one error.

    Attributes:
        type: address of the error's documentation.
        title: the kind of error, the same for every occurrence.
        detail: what was wrong this time, one sentence.
        code: stable and lower-case; what a program branches on.
        hint: what to do next, one sentence; may be empty.
        retryable: whether the same request may succeed later unchanged.
        errors: the fields that break a rule, where the request's content was refused.
    """

    type: Annotated[str, Meta(examples=["/docs/errors#not-found"])]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(examples=["not-found"])]
    hint: str
    retryable: bool
    errors: tuple[FieldProblem, ...] | msgspec.UnsetType = msgspec.UNSET
