"""Encryption between the origin and its edges: a `LiveSource` around a `LiveSource`.

In: targets below `/live/` and `/vod/`. Out: of channels that are encrypted, playlists that name keys, encrypted media below
`{track}/aes/{n}/`, where `n` segments share a key, and the keys; pictures of their recordings, which caches of others may not keep; everything else as it came.
A segment has the same key and ciphertext in the stream, in its recording and in clips of it. An encrypted object has another address than the clear one, so no
cache ever mixes them; the clear one of an encrypted session is not given out. Edges ask for each object once, so it is
encrypted once however large the audience.

Whether a publishing session is encrypted, and how many of its segments share a key, is decided when it is first seen and holds to its
end, also if the setting changes. After a restart, and at the bound of sessions for the oldest, it is decided anew; the addresses are
others then, since an address must not change its meaning: caches keep what is below it for a year.
"""

import re
from collections import OrderedDict
from collections.abc import Awaitable
from typing import NamedTuple

import msgspec

from tidegate.core.delivery import VOD, Headers, LiveResponse
from tidegate.core.ports import LiveSource
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.encryption.cipher import derive_key, encrypt
from tidegate.media.encryption.playlist import with_keys
from tidegate.media.encryption.settings import AES_128, ENCRYPTION, KEY_SEGMENTS

SESSIONS_MAX = 16_384
KEY_MAX_AGE_S = 60.0
"""How long an edge keeps a key: long enough for a whole audience to have asked for it."""

_TARGET = re.compile(
    rf"(?P<folder>(?:{re.escape(VOD)}(?=[^/]+/[^/]+/[^/]+/))?(?P<channel>[a-z0-9][a-z0-9_-]{{0,62}})(?:/rec_[a-z0-9_-]{{1,80}})?)/"
    r"(?P<track>[a-z0-9][a-z0-9_-]{0,62})/"
    r"(?:(?P<playlist>[a-z]+\.m3u8)(?:\?|\Z)"
    r"|(?:aes/(?P<per_key>[1-9][0-9]{0,5})/)?(?P<kind>part|seg|key)-(?P<session>[0-9a-z]{1,40})-(?P<number>[0-9]{1,15})\.(?:m4s|key)\Z)"
)
_PICTURE = re.compile(
    rf"{re.escape(VOD)}(?P<channel>[a-z0-9][a-z0-9_-]{{0,62}})/rec_[a-z0-9_-]{{1,80}}/(?:poster\.jpg|storyboard\.(?:jpg|vtt))\Z"
)
_KEY_HEADERS: Headers = (
    (b"content-type", b"application/octet-stream"),
    (b"cache-control", b"private, max-age=3600"),
)
_NOT_FOUND = LiveResponse(
    404,
    ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")),
    b"There is nothing at this address. Reload the playlist.\n",
)

Reply = LiveResponse | Awaitable[LiveResponse]


class _Media(NamedTuple):
    """What an address names; `number` is a part's, a segment's or a key period's."""

    folder: str
    channel: str
    track: str
    session: str
    number: int


class EncryptedSource:
    """Implements `LiveSource`.

    Attributes:
        encrypted: objects encrypted since start.
        keys: keys given out since start, to edges.
    """

    def __init__(self, source: LiveSource, book: SettingsBook, secret: bytes) -> None:
        self._source = source
        self._book = book
        self._secret = secret
        self._segments_per_key: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._newest: dict[tuple[str, str], int] = {}
        self.encrypted = 0
        self.keys = 0

    def get(self, target: str, if_none_match: bytes = b"") -> Reply:
        """Answer; see `core.ports.LiveSource`."""
        asked = _TARGET.match(target)
        if asked is None:
            reply = self._source.get(target, if_none_match)
            picture = _PICTURE.match(target)
            return reply if picture is None else self._picture(picture["channel"], reply)
        if not asked["playlist"]:
            return self._media(asked, if_none_match)
        reply = self._source.get(target, if_none_match)
        if isinstance(reply, LiveResponse):
            return self._list(asked["channel"], reply)
        return self._list_later(asked["channel"], reply)

    def _media(self, asked: re.Match[str], if_none_match: bytes) -> Reply:
        media = _Media(
            asked["folder"], asked["channel"], asked["track"], asked["session"], int(asked["number"])
        )
        inside, kind = asked["per_key"] is not None, asked["kind"]
        if int(asked["per_key"] or 0) != self._per_key(media.channel, media.session):
            return _NOT_FOUND
        if kind == "key":
            return self._key(media)
        reply = self._source.get(
            f"{media.folder}/{media.track}/{kind}-{media.session}-{media.number}.m4s", if_none_match
        )
        if not inside:
            return reply
        msn = media.number if kind == "seg" else -1
        if isinstance(reply, LiveResponse):
            return self._encrypt(media, msn, reply)
        return self._encrypt_later(media, msn, reply)

    def _picture(self, channel: str, reply: Reply) -> Reply:
        """Clear, since browsers show no other, but kept by nobody between this installation and the viewer."""
        if self._book.value(ENCRYPTION, Subject(channel=channel)) != AES_128:
            return reply
        return _unshared(reply) if isinstance(reply, LiveResponse) else _unshared_later(reply)

    def _per_key(self, channel: str, session: str) -> int:
        """How many segments of this session share a key; 0: it is not encrypted."""
        chosen = self._segments_per_key.get((channel, session))
        if chosen is None:
            subject = Subject(channel=channel)
            on = self._book.value(ENCRYPTION, subject) == AES_128
            chosen = self._segments_per_key[channel, session] = (
                self._book.value(KEY_SEGMENTS, subject) if on else 0
            )
            if len(self._segments_per_key) > SESSIONS_MAX:
                oldest, _ = self._segments_per_key.popitem(last=False)
                self._newest.pop(oldest, None)
        return chosen

    def _list(self, channel: str, response: LiveResponse) -> LiveResponse:
        if response.status != 200:
            return response

        def key_of(session: str, msn: int) -> str:
            per_key = self._per_key(channel, session)
            if not per_key:
                return ""
            if msn > self._newest.get((channel, session), -1):
                self._newest[channel, session] = msn
            return f"aes/{per_key}/key-{session}-{msn // per_key}.key"

        body = with_keys(response.body.decode(), key_of).encode()
        return msgspec.structs.replace(response, body=body)

    async def _list_later(self, channel: str, reply: Awaitable[LiveResponse]) -> LiveResponse:
        return self._list(channel, await reply)

    def _encrypt(self, media: _Media, msn: int, response: LiveResponse) -> LiveResponse:
        if response.status != 200:
            return response
        msn = response.msn if msn < 0 else msn
        per_key = self._per_key(media.channel, media.session)
        if msn < 0 or not per_key:
            return _NOT_FOUND
        self.encrypted += 1
        key = derive_key(self._secret, media.channel, media.track, media.session, per_key, msn // per_key)
        return msgspec.structs.replace(response, body=encrypt(response.body, key, msn))

    async def _encrypt_later(self, media: _Media, msn: int, reply: Awaitable[LiveResponse]) -> LiveResponse:
        return self._encrypt(media, msn, await reply)

    def _key(self, media: _Media) -> LiveResponse:
        """The key of a period that has begun, so that nobody collects the keys of what is to come."""
        newest = self._newest.get((media.channel, media.session))
        per_key = self._per_key(media.channel, media.session)
        if newest is not None and media.number > newest // per_key:
            return _NOT_FOUND
        self.keys += 1
        key = derive_key(self._secret, media.channel, media.track, media.session, per_key, media.number)
        return LiveResponse(200, _KEY_HEADERS, key, KEY_MAX_AGE_S)


def _unshared(response: LiveResponse) -> LiveResponse:
    """With `private` for `public` (RFC 9111 section 5.2.2.7)."""
    headers = tuple(
        (name, value.replace(b"public", b"private") if name == b"cache-control" else value)
        for name, value in response.headers
    )
    return msgspec.structs.replace(response, headers=headers)


async def _unshared_later(reply: Awaitable[LiveResponse]) -> LiveResponse:
    return _unshared(await reply)
