"""What arrived from a publisher or a transcoder."""

import msgspec


class MediaFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One second of one rendition at the origin; a second in which nothing was expected makes none.

    Nothing is expected after a publisher's clean goodbye, and no rendition of a transcoder's while its source does not
    come. `at` is where the second began.

    Attributes:
        session: publishing session's id, of the one on air or of the last one.
        rendition: track name; `kind`: `video` or `audio`; `codec` as in RFC 6381.
        state: of the stream at the end of the second.
        source: 1 for what a publisher sent, 0 for what a transcoder made.
        seconds: how much of the second a publisher was due to deliver (1 while the stream is live or interrupted); in that
            in which it goes live also how long that took from its first media on.
        live_s: how much of it the stream was live.
        media_s: media received, seconds of its own timeline.
        bytes: as they are stored and served: parts with their boxes.
        fps: video frames a second of the media that came; 0 for audio.
        frames: video frames, or audio frames, received.
        gop_s: length of the last GOP; 0 for audio, and where nothing came. `keyframe_gap_s`: time since the last keyframe.
        av_skew_s: video's end minus audio's on the timeline, on the publisher's video only; parts' lengths are in it.
        parts, parts_late: parts made, and those that came later than their length and a half after the one before.
        jumps: times the publisher's timestamps jumped; `discontinuities` in the playlist. Both are the whole stream's,
            and on its leading track's facts only, so that they add up.
    """

    at: float
    region: str
    node: str
    channel: str
    stream: str
    session: str
    rendition: str
    kind: str
    arms: tuple[str, ...] = ()
    source: int = 1
    state: str = "live"
    codec: str = ""
    seconds: float = 1.0
    live_s: float = 0.0
    media_s: float = 0.0
    bytes: int = 0
    frames: int = 0
    fps: float = 0.0
    gop_s: float = 0.0
    keyframe_gap_s: float = 0.0
    av_skew_s: float = 0.0
    parts: int = 0
    parts_late: int = 0
    jumps: int = 0
    discontinuities: int = 0
