"""Stream keys: hard to guess, easy to find, and not to be read back from what is stored."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.channels.keys import SECRET_BITS, lookup_id, matches, new_key

CROCKFORD = "[0-9abcdefghjkmnpqrstvwxyz]"


def test_a_key_has_160_random_bits_in_crockford_base32() -> None:
    text, _ = new_key("demo")
    match = re.fullmatch(f"tgk_({CROCKFORD}{{8}})_({CROCKFORD}{{32}})", text)
    assert match is not None
    assert len(match.group(2)) * 5 >= SECRET_BITS == 160


def test_keys_do_not_repeat() -> None:
    assert len({new_key("demo")[0] for _ in range(1000)}) == 1000


def test_what_is_stored_holds_no_secret() -> None:
    text, stored = new_key("demo")
    secret = text.rpartition("_")[2]
    assert secret.encode() not in msgspec.msgpack.encode(stored)
    assert stored.hint == text[-4:]
    assert stored.id in text


def test_the_right_key_matches_and_finds_its_record() -> None:
    text, stored = new_key("demo")
    assert lookup_id(text) == stored.id
    assert matches(text, stored)


def test_nothing_matches_where_nothing_is_stored() -> None:
    assert not matches(new_key("demo")[0], None)
    assert not matches("", None)


@given(position=st.integers(0, 44), character=st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz_ "))
def test_one_other_character_makes_it_wrong(position: int, character: str) -> None:
    text, stored = new_key("demo")
    other = text[:position] + character + text[position + 1 :]
    assert matches(other, stored) == (other == text)


@given(st.text(st.characters()))
def test_any_text_can_be_checked(text: str) -> None:
    assert not matches(text, new_key("demo")[1])
    assert lookup_id(text) == ""


@pytest.mark.parametrize("text", ["\ud800", "tgk_00000000_" + "0" * 33, "tgk_00000000_" + "0" * 32 + "\n"])
def test_what_only_looks_like_a_key_is_none(text: str) -> None:
    assert lookup_id(text) == ""
    assert not matches(text, new_key("demo")[1])
