"""A small real `LiveSource`: one channel whose parts appear when the test says so."""

import asyncio
from urllib.parse import parse_qs

from tidegate.core.delivery import LiveResponse

PARTS_PER_SEGMENT = 5
PLAYLIST_TYPE = (b"content-type", b"application/vnd.apple.mpegurl")
MEDIA_TYPE = (b"content-type", b"video/mp4")
IMMUTABLE_S = 31_536_000.0


class ScriptedSource:
    """Serves `{channel}/video/index.m3u8`, `part-s-K.m4s` and `seg-s-N.m4s`; what is not yet published is waited for.

    Attributes:
        asked: every target asked, in order, with its If-None-Match.
        away: answer 502 to everything, as a lost origin would.
        session: what its media are called by.
    """

    def __init__(self, part_bytes: int = 64, channel: str = "demo") -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.away = False
        self.published = 0
        self.session = "s"
        self._part_bytes = part_bytes
        self._folder = f"{channel}/video/"
        self._waiting: list[tuple[int, str, asyncio.Future[LiveResponse]]] = []

    def publish(self, parts: int = 1) -> None:
        """Let `parts` more parts exist, and answer who waited for them."""
        self.published += parts
        ready = [entry for entry in self._waiting if entry[0] <= self.published]
        self._waiting = [entry for entry in self._waiting if entry[0] > self.published]
        for _, target, future in ready:
            if not future.done():
                future.set_result(self._now(target))

    def get(self, target: str, if_none_match: bytes = b"") -> "LiveResponse | asyncio.Future[LiveResponse]":
        self.asked.append((target, if_none_match))
        if self.away:
            return LiveResponse(502, (), b"away")
        needed = self._needed(target)
        if needed is None:
            return LiveResponse(404, (), b"no such thing", max_age_s=0.5)
        if needed > self.published:
            future: asyncio.Future[LiveResponse] = asyncio.get_running_loop().create_future()
            self._waiting.append((needed, target, future))
            return future
        response = self._now(target)
        if if_none_match and response.etag == if_none_match:
            return LiveResponse(304, (), b"", etag=response.etag)
        return response

    def targets(self) -> list[str]:
        return [target for target, _ in self.asked]

    def playlist(self) -> bytes:
        segments, parts = divmod(self.published, PARTS_PER_SEGMENT)
        lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
        for segment in range(segments):
            lines += ["#EXTINF:1.0,", f"seg-{self.session}-{segment}.m4s"]
        lines += [
            f'#EXT-X-PART:DURATION=0.2,URI="part-{self.session}-{segments * PARTS_PER_SEGMENT + part}.m4s"'
            for part in range(parts)
        ]
        return "\n".join(
            [*lines, f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-{self.session}-{self.published}.m4s"', ""]
        ).encode()

    def part(self, number: int) -> bytes:
        return (b"%08d" % number) * (self._part_bytes // 8)

    def _needed(self, target: str) -> int | None:
        path, _, query = target.partition("?")
        if path == self._folder + "index.m3u8":
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            if "_HLS_msn" not in asked:
                return 0
            return (
                int(asked["_HLS_msn"]) * PARTS_PER_SEGMENT
                + int(asked.get("_HLS_part", PARTS_PER_SEGMENT - 1))
                + 1
            )
        if path.startswith(self._folder + "part-s-"):
            return _number(path) + 1
        if path.startswith(self._folder + "seg-s-"):
            return (_number(path) + 1) * PARTS_PER_SEGMENT
        return None

    def _now(self, target: str) -> LiveResponse:
        path, _, query = target.partition("?")
        if path.endswith(".m3u8"):
            return LiveResponse(
                200,
                (PLAYLIST_TYPE, (b"cache-control", b"max-age=4" if query else b"no-cache")),
                self.playlist(),
                max_age_s=4.0 if query else 0.0,
                etag=b'"v%d"' % self.published,
            )
        number = _number(path)
        return LiveResponse(
            200,
            (MEDIA_TYPE, (b"cache-control", b"public, max-age=31536000, immutable")),
            self.part(number),
            max_age_s=IMMUTABLE_S,
            etag=b'"p%d"' % number,
        )


def _number(path: str) -> int:
    return int(path.rpartition("-")[2].removesuffix(".m4s"))
