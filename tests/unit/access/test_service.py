"""Signing keys: made, trusted, rotated, taken back; and tokens that cannot be."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import Visitor
from tidegate.core.errors import ConflictError, InvalidError
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.access.errors import TokenInvalidError
from tidegate.media.access.gate import Gate
from tidegate.media.access.secret_file import SecretFileError
from tidegate.media.access.service import (
    TTL_MAX_S,
    PlaybackTokens,
    SigningKeyExistsError,
    SigningKeyNotFoundError,
)
from tidegate.media.access.types import TokenWish
from tidegate.store import Store, create_store
from unit.access.door import PEM


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = create_store(f"sqlite:///{tmp_path / 'tidegate.db'}", clock=ManualClock())
    await made.open()
    yield made
    await made.close()


async def started(store: Store, folder: Path) -> PlaybackTokens:
    tokens = PlaybackTokens(store, store.clock, folder / "playback-key.pem", SettingsBook())
    await tokens.start()
    return tokens


def plays(tokens: PlaybackTokens, token: str) -> bool:
    book = SettingsBook()
    book.apply(SettingState("playback.access", 1, "token"))
    try:
        Gate(book, tokens.ring, tokens._clock).admit("demo", token, Visitor("203.0.113.7"))
    except TokenInvalidError:
        return False
    return True


async def test_the_private_key_is_a_file_of_ones_own_and_outlives_a_restart(
    store: Store, tmp_path: Path
) -> None:
    first = await started(store, tmp_path)
    token = first.mint("demo", TokenWish()).token
    again = await started(store, tmp_path)
    assert plays(again, token)
    assert len(await again.keys()) == 1
    assert stat.S_IMODE((tmp_path / "playback-key.pem").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (tmp_path / "tidegate.db").read_bytes()


async def test_two_nodes_take_each_others_tokens(store: Store, tmp_path: Path) -> None:
    nodes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        nodes.append(await started(store, tmp_path / name))
    await nodes[0].load()
    assert plays(nodes[0], nodes[1].mint("demo", TokenWish()).token)


async def test_rotation_keeps_old_tokens_until_the_longest_is_over(store: Store, tmp_path: Path) -> None:
    tokens = await started(store, tmp_path)
    (before,) = await tokens.keys()
    old = tokens.mint("demo", TokenWish(ttl_s=TTL_MAX_S)).token
    made = await tokens.rotate()
    assert made.id != before.id
    assert plays(tokens, old)
    assert plays(tokens, tokens.mint("demo", TokenWish()).token)
    assert plays(await started(store, tmp_path), tokens.mint("demo", TokenWish()).token)
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(TTL_MAX_S + 1)
    await tokens.load()
    assert not plays(tokens, old)


async def test_a_key_can_be_taken_back_but_not_the_one_in_use(store: Store, tmp_path: Path) -> None:
    tokens = await started(store, tmp_path)
    (own,) = await tokens.keys()
    with pytest.raises(ConflictError, match="signs with this key"):
        await tokens.remove(own.id)
    old = tokens.mint("demo", TokenWish()).token
    await tokens.rotate()
    await tokens.remove(own.id)
    assert not plays(tokens, old)
    with pytest.raises(SigningKeyNotFoundError):
        await tokens.remove(own.id)


async def test_an_issuer_is_trusted_once(store: Store, tmp_path: Path) -> None:
    tokens = await started(store, tmp_path)
    added = await tokens.add("our shop", PEM)
    assert (added.issuer, added.algorithm) == ("external", "EdDSA")
    assert added.id in tokens.ring.keys
    with pytest.raises(SigningKeyExistsError):
        await tokens.add("again", PEM.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "wish",
    [
        TokenWish(ttl_s=9),
        TokenWish(ttl_s=TTL_MAX_S + 1),
        TokenWish(cidr=("10.0.0.0/99",)),
        TokenWish(cidr=("10.0.0.0/8",) * 17),
        TokenWish(origins=("example.org",)),
        TokenWish(viewer="x" * 65),
    ],
)
async def test_wishes_that_cannot_be(store: Store, tmp_path: Path, wish: TokenWish) -> None:
    tokens = await started(store, tmp_path)
    with pytest.raises(InvalidError):
        tokens.mint("demo", wish)


async def test_a_key_file_that_holds_no_key_is_a_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "playback-key.pem").write_text("not a key")
    with pytest.raises(SecretFileError, match="no Ed25519 private key"):
        await started(store, tmp_path)


async def test_pages_of_signed_in_people_share_a_token_and_get_a_new_one_in_time(
    store: Store, tmp_path: Path
) -> None:
    tokens = await started(store, tmp_path)
    first = tokens.preview("demo")
    assert tokens.preview("demo") is first
    assert tokens.preview("other") is not first
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(301)
    assert tokens.preview("demo").expires_at > first.expires_at
