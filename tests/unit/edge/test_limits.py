"""What one address may do: bounds hold whatever it does and however long, and cost nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.edge.answers import CHANNEL_FULL, Answer, answer_of, for_page
from tidegate.media.edge.encoding import gzipped
from tidegate.media.edge.limits import BURST_S, AddressLimits, Limits
from tidegate.media.edge.proxies import ProxyInvalidError, TrustedProxies
from tidegate.media.edge.service import Edge
from tidegate.media.edge.settings import address_limits
from unit.access.door import VIEWER, Door
from unit.edge.scripted import ScriptedSource

RATE = 10.0


def limits_of(clock: ManualClock, **values: float) -> AddressLimits:
    return AddressLimits(clock, Limits(opens_per_s=RATE, requests_per_s=RATE, **values))


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 5)), max_size=30))
def test_no_pattern_of_requests_gets_more_than_the_rate(turns: list[tuple[int, float]]) -> None:
    clock = ManualClock()
    account = limits_of(clock).account("203.0.113.7")
    granted = 0
    for requests, pause_s in turns:
        granted += sum(account.spend() for _ in range(requests))
        assert granted <= RATE * BURST_S + RATE * clock.monotonic() + 1
        clock.advance(pause_s)


def test_a_steady_viewer_is_never_refused_and_a_flood_is_soon_forgiven() -> None:
    clock = ManualClock()
    account = limits_of(clock).account("203.0.113.7")
    for _ in range(300):
        assert account.spend()
        clock.advance(1 / RATE)
    assert sum(account.spend() for _ in range(1000)) <= RATE * BURST_S + 1
    assert not account.spend()
    clock.advance(1)
    assert [account.spend() for _ in range(11)].count(True) in {10, 11}


def test_connections_are_bounded_at_once_and_by_rate() -> None:
    clock = ManualClock()
    account = limits_of(clock, connections=3).account("203.0.113.7")
    assert [account.open() for _ in range(4)] == [True, True, True, False]
    account.connections -= 1
    assert account.open()
    hasty = limits_of(clock).account("203.0.113.8")
    assert sum(hasty.open() for _ in range(100)) == RATE * BURST_S
    clock.advance(1)
    assert sum(hasty.open() for _ in range(100)) == RATE


def test_an_address_is_its_network_and_others_have_their_own() -> None:
    limits = limits_of(ManualClock())
    assert limits.account("2001:db8::1") is limits.account("2001:db8::ffff:1")
    assert limits.account("2001:db8::1") is not limits.account("2001:db8:0:1::1")
    assert limits.account("203.0.113.7") is limits.account("::ffff:203.0.113.7")
    assert limits.account("203.0.113.7") is not limits.account("203.0.113.8")


def test_the_table_is_bounded_and_never_forgets_who_is_connected() -> None:
    clock = ManualClock()
    limits = AddressLimits(clock, Limits(), accounts_max=32)
    connected = limits.account("198.51.100.1")
    connected.open()
    for number in range(1000):
        limits.account(f"10.0.{number // 250}.{number % 250}")
    assert len(limits) <= 33
    assert limits.account("198.51.100.1") is connected
    full = AddressLimits(clock, Limits(), accounts_max=4)
    for number in range(4):
        full.account(f"10.0.0.{number}").open()
    assert full.account("10.0.1.1") is full.account("10.0.1.2")


def test_settings_reach_addresses_that_are_there() -> None:
    clock, book = ManualClock(), SettingsBook()
    limits = AddressLimits(clock, address_limits(book))
    account = limits.account("203.0.113.7")
    book.apply(SettingState("edge.requests_per_address_per_s", 1, 10.0))
    limits.limits = address_limits(book)
    while account.spend():
        pass
    clock.advance(1)
    assert sum(account.spend() for _ in range(100)) == 10


@pytest.mark.parametrize(
    ("peer", "forwarded", "viewer"),
    [
        ("127.0.0.1", b"", "127.0.0.1"),
        ("127.0.0.1", b"203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", b"6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", b"6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", b"10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("203.0.113.7", b"6.6.6.6", "203.0.113.7"),
        ("::ffff:127.0.0.1", b"203.0.113.7", "203.0.113.7"),
        ("", b"203.0.113.7", ""),
        ("127.0.0.1", b"nonsense", "nonsense"),
    ],
)
def test_only_trusted_proxies_say_who_the_viewer_is(peer: str, forwarded: bytes, viewer: str) -> None:
    assert TrustedProxies(("127.0.0.1", "10.0.0.0/8")).viewer(peer, forwarded) == viewer


def test_a_proxy_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ProxyInvalidError, match="no network"):
        TrustedProxies(("front.example",))


async def test_a_full_channel_keeps_its_viewers_and_asks_others_to_wait(door: Door) -> None:
    source, clock = ScriptedSource(), ManualClock()
    source.publish()
    edge = Edge(source, clock, gate=door.gate)
    door.set("playback.max_viewers", None, demo=2)
    target = "demo/video/index.m3u8"
    for viewer in ("a", "b", "a"):
        edge.handle(target, viewer=viewer, visitor=VIEWER)
    refused = edge.handle(target, viewer="c", visitor=VIEWER)
    assert isinstance(refused, Answer)
    assert (refused.status, refused.body) == (CHANNEL_FULL.status, CHANNEL_FULL.body)
    answer = edge.handle(target, viewer="b", visitor=VIEWER)
    assert isinstance(answer, Answer)
    assert answer.status == 200
    assert edge.counters.full == 1
    clock.advance(11)
    answer = edge.handle(target, viewer="c", visitor=VIEWER)
    assert isinstance(answer, Answer)
    assert answer.status == 200


async def test_answers_of_a_channel_with_listed_pages_name_the_page_that_asks(door: Door) -> None:
    source = ScriptedSource(part_bytes=4096)
    source.publish(400)
    edge = Edge(source, ManualClock(), gate=door.gate)
    door.set("playback.origins", None, demo="https://a.example")
    shared = edge.handle("demo/video/index.m3u8", visitor=VIEWER)
    assert isinstance(shared, Answer)
    assert shared.listed
    assert b"access-control-allow-origin" not in shared.head
    for answer in (shared, gzipped(shared, 1.0)):
        mine = for_page(answer, b"https://a.example")
        assert mine.head.count(b"access-control-allow-origin: https://a.example\r\n") == 1
        assert b"vary: origin" in mine.head
        assert mine.head.endswith(b"\r\n\r\n")
        assert mine.body == answer.body
        assert for_page(answer, b"") is answer
    assert answer_of(shared, 1.0).head.count(b"access-control-allow-origin: *") == 1
