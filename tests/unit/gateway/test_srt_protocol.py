"""SRT handshakes against packets of libsrt and of the tests' own writer."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.gateway.srt import protocol
from tidegate.media.gateway.srt.config import SrtConfig
from tidegate.media.gateway.srt.cookies import SynCookies
from tidegate.media.gateway.srt.protocol import CONCLUSION, parse_handshake
from unit.gateway.srt_peer import (
    ENCRYPTED_CONCLUSION,
    HSREQ,
    INDUCTION,
    caller_packet,
    conclusion,
    extension,
    induction,
    stream_id,
)


def test_what_libsrt_sends_is_read():
    heard = parse_handshake(INDUCTION)
    assert (heard.version, heard.kind, heard.socket, heard.cookie) == (4, 1, 0x3CA0495E, 0)
    assert (heard.sequence, heard.mtu, heard.window) == (0x11CF02A9, 1500, 8192)
    heard = parse_handshake(ENCRYPTED_CONCLUSION)
    assert (heard.version, heard.kind, heard.cookie) == (5, CONCLUSION, 0xABCDEF01)
    assert (heard.encrypted, heard.stream_id, heard.library, heard.latency_ms) == (True, "", "SRT 1.5.7", 120)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=100))
def test_a_stream_id_comes_back_as_it_was(text):
    heard = parse_handshake(conclusion(text))
    assert heard.stream_id == text
    assert not heard.encrypted
    assert heard.library == "SRT 1.5.3"


def test_answers_are_what_a_caller_waits_for():
    asked = parse_handshake(induction(socket=5))
    answer = protocol.induction_reply(asked, 0xC00C1E)
    assert struct.unpack(">I", answer[12:16]) == (5,)
    assert struct.unpack(">IHH", answer[16:24]) == (5, 0, 0x4A17)
    assert parse_handshake(answer).cookie == 0xC00C1E
    refused = parse_handshake(protocol.refusal(parse_handshake(conclusion()), protocol.UNAUTHORIZED))
    assert (refused.kind, refused.refused) == (2401, 1401)
    assert parse_handshake(conclusion()).refused == 0
    assert protocol.shutdown(5) == bytes.fromhex("80050000 00000000 00000000 00000005 00000000")


def test_the_front_repeats_a_callers_first_half_and_swaps_cookies():
    caller = parse_handshake(conclusion(socket=9, sequence=4711))
    repeated = parse_handshake(protocol.induction(caller))
    assert (repeated.version, repeated.kind, repeated.socket, repeated.sequence) == (4, 1, 9, 4711)
    swapped = protocol.with_cookie(conclusion(cookie=1), 2)
    assert swapped == conclusion(cookie=2)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        INDUCTION[:63],
        b"\x80\x05" + INDUCTION[2:],
        conclusion()[:-1],
        conclusion() + b"\x00",
        caller_packet(0xFFFFFFFF, extensions=struct.pack(">HH", 5, 0xFFFF)),
        caller_packet(0xFFFFFFFF, extensions=b"".join(extension(kind, b"1234") for kind in range(9))),
    ],
)
def test_what_is_cut_off_or_overfull_is_no_handshake(datagram):
    assert parse_handshake(datagram) is None


def test_a_stream_id_longer_than_allowed_is_cut():
    assert len(parse_handshake(caller_packet(0xFFFFFFFF, extensions=stream_id("x" * 600))).stream_id) == 512


def test_twenty_thousand_hostile_datagrams_are_read_without_an_error():
    rng = random.Random(11)
    seeds = [INDUCTION, ENCRYPTED_CONCLUSION, conclusion("#!::r=demo,m=publish,s=KEY"), induction()]
    read = 0
    for turn in range(20_000):
        if turn % 2:
            datagram = rng.randbytes(rng.randrange(200))
        else:
            mutated = bytearray(rng.choice(seeds))
            for _ in range(rng.randrange(1, 6)):
                mutated[rng.randrange(len(mutated))] = rng.randrange(256)
            datagram = bytes(mutated[: rng.choice([len(mutated), rng.randrange(1, len(mutated))])])
        heard = parse_handshake(datagram)
        if heard is not None:
            read += 1
            assert len(heard.stream_id) <= 512
            assert len(protocol.induction_reply(heard, 1)) == 64
            assert parse_handshake(protocol.refusal(heard, 1400)).refused == 1400
    assert read > 1000


def test_cookies_hold_for_their_address_and_a_minute_or_two():
    cookies, others = SynCookies(b"a" * 32), SynCookies(b"b" * 32)
    cookie = cookies.make("192.0.2.1", 4000, 59.0)
    assert cookies.matches(cookie, "192.0.2.1", 4000, 59.9)
    assert cookies.matches(cookie, "192.0.2.1", 4000, 119.9)
    assert not cookies.matches(cookie, "192.0.2.1", 4000, 120.0)
    assert not cookies.matches(cookie, "192.0.2.2", 4000, 59.9)
    assert not cookies.matches(cookie, "192.0.2.1", 4001, 59.9)
    assert not others.matches(cookie, "192.0.2.1", 4000, 59.9)


def test_configuration_and_addresses_show_no_secret():
    assert "secret" not in repr(SrtConfig(passphrase="secret passphrase"))


HSREQ_ONLY = caller_packet(0xFFFFFFFF, extensions=HSREQ)


def test_a_caller_without_a_stream_id_is_read_too():
    assert parse_handshake(HSREQ_ONLY).stream_id == ""
