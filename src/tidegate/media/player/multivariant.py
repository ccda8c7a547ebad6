"""HLS multivariant playlists (RFC 8216bis section 4.4.6): text in, variants and renditions out. Pure and tolerant."""

from collections.abc import Iterator

import msgspec

from tidegate.media.player.attributes import attributes, integer
from tidegate.media.player.playlist import PlaylistError


class Rendition(msgspec.Struct, frozen=True):
    """EXT-X-MEDIA with an address of its own: an alternative audio track."""

    group: str
    name: str
    uri: str
    default: bool


class Variant(msgspec.Struct, frozen=True):
    """EXT-X-STREAM-INF. `bandwidth_bps` is the peak of all its renditions together; sizes in pixels, 0 unknown."""

    uri: str
    bandwidth_bps: int
    codecs: str = ""
    width: int = 0
    height: int = 0
    audio_group: str = ""

    @property
    def label(self) -> str:
        size = f"{self.width}x{self.height} " if self.height else ""
        return f"{size}{self.bandwidth_bps // 1000}k"


class Multivariant(msgspec.Struct, frozen=True):
    """Variants by rising bandwidth, and the audio renditions they name."""

    variants: tuple[Variant, ...]
    audio: tuple[Rendition, ...]

    def up_to(self, height_max: int) -> tuple[Variant, ...]:
        """Variants no taller than so many pixels, or the lowest where all are; 0: all."""
        fitting = tuple(variant for variant in self.variants if variant.height <= height_max)
        return self.variants if not height_max else fitting or self.variants[:1]

    def audio_of(self, variant: Variant) -> Rendition | None:
        """The audio rendition to play with `variant`: the group's default, else its first; None where muxed."""
        group = [r for r in self.audio if r.group == variant.audio_group]
        return next((r for r in group if r.default), group[0] if group else None)


def is_multivariant(text: str) -> bool:
    """Whether this playlist lists variants; a media playlist lists segments instead."""
    return "#EXT-X-STREAM-INF" in text


def parse_multivariant(text: str) -> Multivariant:
    """Read a multivariant playlist. Sound alone is no variant where there are pictures: here somebody wants to see.

    Raises:
        PlaylistError: not a playlist, or one without any variant.
    """
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not lines[0].lstrip("\ufeff").startswith("#EXTM3U"):
        raise PlaylistError("This is not an HLS playlist: it does not begin with #EXTM3U.")
    variants = sorted(_variants(lines), key=lambda variant: variant.bandwidth_bps)
    if not variants:
        raise PlaylistError("This multivariant playlist lists no variant.")
    pictures = [variant for variant in variants if variant.height]
    return Multivariant(tuple(pictures or variants), tuple(_audio(lines)))


def _variants(lines: list[str]) -> Iterator[Variant]:
    pending: dict[str, str] | None = None
    for line in lines:
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-STREAM-INF":
            pending = attributes(value)
        elif line and not line.startswith("#") and pending is not None:
            width, _, height = pending.get("RESOLUTION", "").partition("x")
            yield Variant(
                line,
                integer(pending.get("BANDWIDTH")),
                pending.get("CODECS", ""),
                integer(width),
                integer(height),
                pending.get("AUDIO", ""),
            )
            pending = None


def _audio(lines: list[str]) -> Iterator[Rendition]:
    for line in lines:
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA":
            found = attributes(value)
            if found.get("TYPE") == "AUDIO" and found.get("URI"):
                yield Rendition(
                    found.get("GROUP-ID", ""),
                    found.get("NAME", ""),
                    found["URI"],
                    found.get("DEFAULT") == "YES",
                )
