"""Playlists read once for all viewers of a process: a thousand players at the live edge receive the same bytes."""

from collections import OrderedDict

from tidegate.media.player.playlist import MediaPlaylist, PlaylistError, parse_media

KEPT = 256
"""Texts remembered; the least recently used goes."""

MAX_PLAYLIST_BYTES = 4 * 1024 * 1024


class PlaylistMemo:
    """Reads playlists, remembering the last ones."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, int], tuple[MediaPlaylist, MediaPlaylist | None]] = (
            OrderedDict()
        )
        self._latest: OrderedDict[bytes, MediaPlaylist] = OrderedDict()

    def parse(self, body: bytes, base: MediaPlaylist | None) -> MediaPlaylist:
        """Read `body`; a delta update is completed from `base`.

        Raises:
            PlaylistError: see `parse_media`; also a body too long for a playlist.
        """
        if len(body) > MAX_PLAYLIST_BYTES:
            raise PlaylistError(f"This playlist is longer than {MAX_PLAYLIST_BYTES} bytes.")
        delta = b"#EXT-X-SKIP" in body
        key = (body, id(base) if delta else 0)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known[0]
        playlist = parse_media(body.decode("utf-8", "replace"), base if delta else None)
        # viewers come to the same playlist from different bases: from here on they share one, and its parsing
        same = self._latest.get(body)
        if same is not None and same == playlist:
            playlist = same
        self._latest[body] = playlist
        # the base is kept beside its result, so that its id cannot come to mean another playlist
        self._known[key] = (playlist, base if delta else None)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        if len(self._latest) > KEPT:
            self._latest.popitem(last=False)
        return playlist
