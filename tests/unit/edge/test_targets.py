"""Canonical targets: equal questions get equal keys, and what cannot exist is refused."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import InvalidError, NotFoundError, TidegateError
from tidegate.media.edge.cmcd import MAX_SESSION, device_of, session_in_header, session_of
from tidegate.media.edge.targets import parse_target, split_token, with_token


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("demo/index.m3u8", "demo/index.m3u8"),
        ("demo/index.m3u8?", "demo/index.m3u8"),
        ("demo/index.m3u8?token=1&cachebust=2", "demo/index.m3u8"),
        ("demo/video/index.m3u8?_HLS_part=2&_HLS_msn=7", "demo/video/index.m3u8?_HLS_msn=7&_HLS_part=2"),
        ("demo/video/index.m3u8?_HLS_msn=007&x=y", "demo/video/index.m3u8?_HLS_msn=7"),
        ("demo/video/index.m3u8?_HLS_skip=YES&_HLS_msn=7", "demo/video/index.m3u8?_HLS_msn=7&_HLS_skip=YES"),
        ("demo/video/index.m3u8?_HLS_skip=perhaps&_HLS_new=1", "demo/video/index.m3u8"),
        ("demo/video/part-s-1.m4s?_HLS_msn=7&a=b", "demo/video/part-s-1.m4s"),
        ("%64emo/index.m3u8", "demo/index.m3u8"),
    ],
)
def test_equal_questions_have_one_key(target: str, key: str) -> None:
    parsed = parse_target(target)
    assert parsed.key == key
    assert parsed.channel == "demo"
    assert parse_target(parsed.key).key == key


@pytest.mark.parametrize(
    "target",
    [
        "",
        "demo",
        "/demo/index.m3u8",
        "demo/",
        "demo//index.m3u8",
        "../etc/passwd",
        "demo/../a",
        "demo/%2e%2e/a",
        "demo/%00a",
        "demo/a b",
        "demo/.hidden",
        "demo/" + "a" * 600,
        "демо/index.m3u8",
        "demo/%0d%0aX: y",
        "demo/a%252fb",
    ],
)
def test_what_cannot_exist_is_not_found(target: str) -> None:
    with pytest.raises(NotFoundError):
        parse_target(target)


@pytest.mark.parametrize(
    "query", ["_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn=", "_HLS_msn=1&_HLS_msn=2", "_HLS_part=" + "9" * 40]
)
def test_malformed_directives_are_invalid(query: str) -> None:
    with pytest.raises(InvalidError, match="_HLS_"):
        parse_target("demo/video/index.m3u8?" + query)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_target_does_anything_but_parse_or_refuse(path: str, query: str) -> None:
    try:
        parsed = parse_target(f"{path}?{query}")
    except TidegateError:
        return
    assert parsed.key.isascii()
    assert not set(parsed.key) & set("\r\n \0%#")


@given(st.permutations(["_HLS_msn=3", "_HLS_part=1", "_HLS_skip=YES", "a=1", "CMCD=br%3D1"]))
def test_order_does_not_matter(pairs: list[str]) -> None:
    assert (
        parse_target("c/v/index.m3u8?" + "&".join(pairs)).key
        == "c/v/index.m3u8?_HLS_msn=3&_HLS_part=1&_HLS_skip=YES"
    )


SESSIONS = st.text(
    st.characters(exclude_characters='"', codec="ascii", exclude_categories=["C"]),
    min_size=1,
    max_size=MAX_SESSION,
)


@given(SESSIONS)
def test_cmcd_session_from_query_and_header(session: str) -> None:
    assert session_in_header(f'nor,sid="{session}"'.encode()) == session
    parsed = parse_target("c/v/index.m3u8?CMCD=" + quote(f'bl=100,sid="{session}",su', safe=""))
    assert parsed.session == session
    assert parsed.key == "c/v/index.m3u8"


def test_cmcd_session_that_is_absent_or_too_long() -> None:
    assert session_in_header(b'sid="' + b"x" * (MAX_SESSION + 1) + b'"') == ""
    assert session_in_header(b'notsid="x"') == ""
    assert session_of("xCMCD=sid%3D%22a%22") == ""
    assert session_of("CMCD=bl%3D1") == ""


def test_viewers_without_a_session_differ_by_address_and_agent() -> None:
    addresses, agents = ("10.0.0.1", "10.0.0.2"), (b"a", b"b")
    keys = {device_of(address, agent) for address in addresses for agent in agents}
    assert len(keys) == 4
    assert not any("10.0.0" in key for key in keys)


def test_a_token_goes_before_the_path_or_into_the_query_and_never_upstream() -> None:
    assert split_token("~abc.def/demo/index.m3u8?x=1") == ("abc.def", "demo/index.m3u8?x=1")
    assert split_token("~") == ("", "")
    asked = parse_target("demo/video/index.m3u8?_HLS_msn=7&token=a.b-c_d&_HLS_part=2")
    assert (asked.key, asked.token) == ("demo/video/index.m3u8?_HLS_msn=7&_HLS_part=2", "a.b-c_d")
    assert with_token(asked, "T") == "../../~T/demo/video/index.m3u8?_HLS_msn=7&_HLS_part=2"
    assert with_token(parse_target("demo/index.m3u8?token=T"), "T") == "../~T/demo/index.m3u8"
    with pytest.raises(NotFoundError):
        parse_target("~abc/demo/index.m3u8")  # a second token is no path
    assert parse_target("demo/access?token=T").check
    assert not parse_target("demo/video/access").check
