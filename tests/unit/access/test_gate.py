"""Who is let through, who is not, and what a flood of wrong tokens costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.delivery import Visitor
from tidegate.core.errors import TidegateError
from tidegate.media.access.errors import (
    OriginRefusedError,
    TokenAddressError,
    TokenChannelError,
    TokenExpiredError,
    TokenInvalidError,
    TokenNeededError,
    TokenNotYetError,
    TooManyWrongPlaybackTokensError,
)
from tidegate.media.access.gate import WRONG_BURST
from tidegate.media.access.settings import ORIGINS, ORIGINS_STRICT
from unit.access.door import VIEWER, Door


def test_a_public_channel_is_open(door: Door) -> None:
    assert door.gate.rule("demo").open
    assert not door.gate.rule("private").open


def test_a_token_lets_its_viewer_in_until_it_expires(door: Door) -> None:
    token = door.token(viewer="ada")
    assert door.gate.admit("private", token, VIEWER) == "ada"
    door.clock.advance(64)  # 60 s, and the leeway
    door.gate.admit("private", token, VIEWER)
    door.clock.advance(1)
    with pytest.raises(TokenExpiredError):
        door.gate.admit("private", token, VIEWER)
    assert door.gate.verified == 1
    assert door.gate.refused == {"token-expired": 1}


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"sub": "other"}, TokenChannelError),
        ({"sub": "privat"}, TokenChannelError),
        ({"sub": "privates"}, TokenChannelError),
        ({"sub": "Private"}, TokenChannelError),
        ({"nbf": 1_700_000_006.0}, TokenNotYetError),
        ({"ttl_s": -6.0}, TokenExpiredError),
        ({"cidr": "203.0.113.8"}, TokenAddressError),
        ({"cidr": ["2001:db8::/32", "198.51.100.0/24"]}, TokenAddressError),
        ({"origins": "https://a.example"}, OriginRefusedError),
        ({"cidr": "not a network"}, TokenInvalidError),
        ({"cidr": ["10.0.0.0/8"] * 17}, TokenInvalidError),
        ({"kid": "key_b"}, TokenInvalidError),
    ],
)
def test_a_token_for_something_else_is_refused(
    door: Door, claims: dict[str, object], error: type[TidegateError]
) -> None:
    with pytest.raises(error):
        door.gate.admit("private", door.token(**claims), VIEWER)


@pytest.mark.parametrize(
    ("claims", "visitor"),
    [
        ({"sub": "priv*"}, VIEWER),
        ({"sub": "*"}, VIEWER),
        ({"nbf": 1_700_000_004.0}, VIEWER),
        ({"ttl_s": -4.0}, VIEWER),
        ({"cidr": "203.0.113.0/24"}, VIEWER),
        ({"cidr": "203.0.113.0/24"}, Visitor("::ffff:203.0.113.7")),
        ({"cidr": "2001:db8::/48"}, Visitor("2001:db8:0:1::7")),
        ({"origins": "https://a.example"}, Visitor("203.0.113.7", "https://a.example")),
        ({"origins": "https://a.example"}, Visitor("203.0.113.7", "self")),
    ],
)
def test_a_token_for_this_lets_in(door: Door, claims: dict[str, object], visitor: Visitor) -> None:
    door.gate.admit("private", door.token(**claims), visitor)


def test_no_token_and_a_peer(door: Door) -> None:
    with pytest.raises(TokenNeededError):
        door.gate.admit("private", "", VIEWER)
    assert door.gate.admit("private", "", Visitor("10.0.0.1", peer=True)) == ""


@pytest.mark.parametrize(
    ("origin", "strict", "let_in"),
    [
        ("https://a.example", False, True),
        ("self", True, True),
        ("", False, True),
        ("", True, False),
        ("https://b.example", False, False),
        ("null", False, False),
        ("https://a.example.evil.example", False, False),
    ],
)
def test_only_listed_pages_may_play(door: Door, origin: str, strict: bool, let_in: bool) -> None:
    door.set(ORIGINS.name, "https://a.example, https://c.example:8443/")
    door.set(ORIGINS_STRICT.name, strict)
    visitor = Visitor("203.0.113.7", origin)
    if let_in:
        door.gate.admit("demo", "", visitor)
    else:
        with pytest.raises(OriginRefusedError):
            door.gate.admit("demo", "", visitor)


def test_a_list_of_pages_that_cannot_be_read_lets_no_page_in(door: Door) -> None:
    door.set(ORIGINS.name, "example.org")
    with pytest.raises(OriginRefusedError):
        door.gate.admit("demo", "", Visitor("203.0.113.7", "https://example.org"))


def test_a_key_that_is_gone_opens_nothing_at_once(door: Door) -> None:
    token = door.token()
    door.gate.admit("private", token, VIEWER)
    door.ring.replace_all([])
    with pytest.raises(TokenInvalidError):
        door.gate.admit("private", token, VIEWER)


def test_a_key_that_came_later_opens_what_was_refused_before_it(door: Door) -> None:
    (key,) = door.ring.keys.values()
    door.ring.replace_all([])
    token = door.token()
    with pytest.raises(TokenInvalidError):
        door.gate.admit("private", token, VIEWER)
    door.ring.replace_all([key])
    door.gate.admit("private", token, VIEWER)


def test_a_flood_of_wrong_tokens_stops_being_looked_at_and_troubles_nobody_else(door: Door) -> None:
    known, wrong = door.token(), [f"{door.token()[:-20]}{number:020}" for number in range(2000)]
    door.gate.admit("private", known, VIEWER)
    began = time.process_time()
    for token in wrong * 2:
        with pytest.raises((TokenInvalidError, TooManyWrongPlaybackTokensError)):
            door.gate.admit("private", token, VIEWER)
    assert time.process_time() - began < 2.0
    assert door.gate.verified == 1 + WRONG_BURST
    door.gate.admit("private", known, VIEWER)  # from the same address
    door.gate.admit("private", door.token(viewer="b"), Visitor("198.51.100.1"))
    with pytest.raises(TooManyWrongPlaybackTokensError):
        door.gate.admit("private", door.token(viewer="c"), VIEWER)


@given(st.data())
def test_no_change_of_a_token_is_ever_let_in(data: st.DataObject) -> None:
    door = Door()
    token = door.token(viewer="ada", cidr="203.0.113.0/24")
    at = data.draw(st.integers(0, len(token) - 1))
    how = data.draw(st.sampled_from(("replace", "drop", "insert", "cut", "repeat")))
    letter = data.draw(st.characters())
    changed = {
        "replace": token[:at] + letter + token[at + 1 :],
        "drop": token[:at] + token[at + 1 :],
        "insert": token[:at] + letter + token[at:],
        "cut": token[:at],
        "repeat": token[:at] + token[at:] * 2,
    }[how]
    if changed == token:
        return
    with pytest.raises(TidegateError) as refused:
        door.gate.admit("private", changed, VIEWER)
    assert refused.value.status in {401, 403, 429}


@given(st.text(max_size=200))
def test_any_text_is_refused_as_a_token(text: str) -> None:
    with pytest.raises((TokenInvalidError, TokenNeededError)):
        Door().gate.admit("private", text, VIEWER)
