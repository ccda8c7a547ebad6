"""One publishing point: the tracks that an encoder pushes to a channel, put together into one publisher.

In: uploads, each a header, segments or an endless track. Out: calls on a `PacketSink`. No socket, no clock: `now` is
an argument. Headers stay with their track's name, so that segments may come as requests of their own. What comes
before it is known which kinds of media there are is held, bounded.
"""

from collections import OrderedDict

from tidegate.core.chunks import TrackKind
from tidegate.core.errors import TidegateError
from tidegate.core.streams import EndReason
from tidegate.media.cmaf.moov import SourceTrack
from tidegate.media.cmaf.reader import CmafReader, Header, SourceSample
from tidegate.media.cmaf.scanner import CmafError
from tidegate.media.gateway.cmaf.errors import TrackRefusedError
from tidegate.media.types import Packet, PacketSink

OTHER_KIND_S = 1.0
"""How long sound is waited for when there is a picture, and the other way round: encoders open their tracks one after
the other, and the first segments of both are ready at about the same time."""

HELD_BYTES_MAX = 16 << 20
"""What is held meanwhile; at the bound the stream begins with what there is."""


class Session:
    """Uploads come and go; the session is over once `closed`."""

    def __init__(self, sink: PacketSink, tracks_max: int) -> None:
        self.packets = 0
        self.uploads: set[Upload] = set()
        self.closed = False
        self._sink = sink
        self._tracks_max = tracks_max
        self._headers: OrderedDict[str, Header] = OrderedDict()
        self._owners: dict[TrackKind, tuple[str, int]] = {}
        self._tracks: dict[tuple[str, int], SourceTrack] = {}
        self._held: list[Packet] = []
        self._held_bytes = 0
        self._held_since = 0.0
        self._begun = False

    def upload(self, name: str) -> "Upload":
        """A request that pushes to track `name` begins."""
        upload = Upload(self, name, *self._header_of(name))
        self.uploads.add(upload)
        return upload

    def rival(self, name: str) -> "Upload | None":
        """A running upload of the same track."""
        return next((each for each in self.uploads if each.name == name), None)

    def _header_of(self, name: str) -> tuple[str, Header | None]:
        """A track's header and whose it is; a segment of a name that has none goes with the newest."""
        if name in self._headers or not self._headers:
            return name, self._headers.get(name)
        newest = next(reversed(self._headers))
        return newest, self._headers[newest]

    def header(self, name: str, header: Header) -> None:
        """A track's header, or its change.

        Raises:
            TrackRefusedError: another track of that kind is being pushed.
        """
        for track in header.tracks:
            self._own(name, track)
        self._headers[name] = header
        self._headers.move_to_end(name)
        while len(self._headers) > self._tracks_max:
            self._headers.popitem(last=False)
        for track in header.tracks:
            self._tracks[name, track.id] = track
            if track.video is not None:
                self._sink.video_config(track.video)
            elif track.audio is not None:
                self._sink.audio_config(track.audio)
        if not self._begun and len(self._owners) == 2:
            self._begin()

    def _own(self, name: str, track: SourceTrack) -> None:
        owner = self._owners.get(track.kind)
        if owner is not None and owner != (name, track.id):
            running = any(each.name == owner[0] for each in self.uploads)
            if running or owner[0] == name:
                raise TrackRefusedError(
                    f"This channel gets {track.kind} by the track {owner[0]!r} already.",
                    hint="Push one video and one audio track; the ladder is made here.",
                )
            self._tracks.pop(owner, None)
        self._owners[track.kind] = (name, track.id)

    def sample(self, name: str, sample: SourceSample, now: float) -> None:
        """A sample of the track whose header is `name`'s."""
        track = self._tracks.get((name, sample.track))
        if track is None or not sample.data:
            return
        packet = Packet(
            track.kind,
            (sample.dts + track.shift) * 1_000_000 // track.timescale,
            sample.cts * 1_000_000 // track.timescale,
            sample.sync,
            sample.data,
            now,
        )
        self.packets += 1
        if self._begun:
            self._sink.packet(packet)
        else:
            self._hold(packet, now)

    def _hold(self, packet: Packet, now: float) -> None:
        if not self._held:
            self._held_since = now
        self._held.append(packet)
        self._held_bytes += len(packet.data)
        self.look(now)

    def look(self, now: float) -> None:
        """Begin with what there is, once the other kind has been waited for."""
        waited = bool(self._held) and now - self._held_since >= OTHER_KIND_S
        if not self._begun and (waited or self._held_bytes > HELD_BYTES_MAX):
            self._begin()

    def _begin(self) -> None:
        self._begun = True
        self._sink.expect(video="video" in self._owners, audio="audio" in self._owners)
        held, self._held, self._held_bytes = self._held, [], 0
        for packet in sorted(held, key=lambda each: each.dts_us):
            self._sink.packet(packet)

    def note(self, error: TidegateError) -> None:
        """Tell the studio why an upload was refused."""
        self._sink.note(error.code, "error", error.message, error.hint)

    def superseded(self, name: str) -> None:
        self._sink.note(
            "track-taken-over",
            "warning",
            f"A newer upload of track {name!r} took over from one that was running.",
            "If this goes on, two encoders push to this channel: stop one.",
        )

    def close(self, reason: EndReason) -> None:
        if self.closed:
            return
        if not self._begun and self._held:
            self._begin()
        self.closed = True
        self._sink.close(reason)


class Upload:
    """One request's body.

    Attributes:
        endless: it has brought header and media in one: when it ends, so has its track.
    """

    def __init__(self, session: Session, name: str, header_name: str, header: Header | None) -> None:
        self.name = name
        self._header_name = header_name
        self.endless = False
        self._session = session
        self._reader = CmafReader(header)
        self._brought_header = False

    @property
    def held(self) -> int:
        """Bytes held of what has not arrived whole."""
        return self._reader.held

    def feed(self, data: bytes, now: float) -> None:
        """Take a piece of the body, `now` in monotonic seconds.

        Raises:
            CmafError: it is no CMAF.
            CodecError: a configuration that nothing could play.
            TrackRefusedError: the channel gets such a track already.
        """
        for event in self._reader.feed(data):
            if isinstance(event, Header):
                self._brought_header = True
                self._header_name = self.name
                self._session.header(self.name, event)
            else:
                self.endless = self.endless or self._brought_header
                self._session.sample(self._header_name, event, now)

    def end(self) -> None:
        """The body is whole.

        Raises:
            CmafError: it ends within a box, or before its media.
        """
        self._gone()
        if not self._reader.complete:
            raise CmafError(
                "The upload ended in the middle of a fragment.", hint="Check the encoder's connection."
            )
        if self.endless and not self._session.uploads:
            self._session.close("unpublished")

    def lost(self) -> None:
        """The connection broke, or the upload was refused."""
        self._gone()
        if self.endless and not self._session.uploads:
            self._session.close("disconnected")

    def _gone(self) -> None:
        self._session.uploads.discard(self)
