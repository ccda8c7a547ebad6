"""A private channel at the edge: every address of it is refused without its token, and with one it is shared as ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import Visitor
from tidegate.media.edge.answers import Answer
from tidegate.media.edge.service import Edge
from tidegate.media.edge.targets import parse_target
from unit.access.door import VIEWER, Door
from unit.edge.scripted import ScriptedSource

ADDRESSES = [
    "private/index.m3u8",
    "private/video/index.m3u8",
    "private/video/index.m3u8?_HLS_msn=0&_HLS_part=0",
    "private/video/index.m3u8?_HLS_msn=0&_HLS_part=9",
    "private/video/index.m3u8?_HLS_skip=YES",
    "private/video/init-s-0.mp4",
    "private/video/part-s-0.m4s",
    "private/video/part-s-9.m4s",
    "private/video/seg-s-0.m4s",
    "private/video/aes/seg-s-0.m4s",
    "private/video/aes/key-s-0.bin",
    "private/access",
    "private/anything/at/all",
    "%70rivate/video/seg-s-0.m4s",
    "private/video/seg-s-0.m4s?token=",
    "private/video/seg-s-0.m4s?token=a.b.c",
    "~a.b.c/private/video/seg-s-0.m4s",
    "~/private/video/seg-s-0.m4s",
]


def edge_of(door: Door) -> tuple[Edge, ScriptedSource]:
    source = ScriptedSource(channel="private")
    source.publish(5)
    return Edge(source, ManualClock(), gate=door.gate), source


def code_of(answer: object) -> str:
    assert isinstance(answer, Answer)
    found = re.search(rb'"code": "([a-z-]+)"', answer.body)
    return found[1].decode() if found else ""


@pytest.mark.parametrize("address", ADDRESSES)
async def test_without_a_token_every_address_refuses_and_nothing_is_asked_upstream(
    door: Door, address: str
) -> None:
    edge, source = edge_of(door)
    answer = edge.handle(address, visitor=VIEWER)
    assert isinstance(answer, Answer)
    assert answer.status == 401
    assert code_of(answer) in {"token-needed", "token-invalid"}
    assert (b"www-authenticate", b'Bearer realm="tidegate"') in answer.headers
    assert (b"cache-control", b"no-store") in answer.headers
    assert source.asked == []
    assert edge.audience.total() == 0


@given(st.text(alphabet="~/.%?&=abcprivate0123456789_-", max_size=60))
def test_no_spelling_of_an_address_goes_around_the_gate(text: str) -> None:
    """Whatever reaches upstream is of a channel that is open."""
    edge, source = edge_of(Door())
    edge.handle(text, visitor=VIEWER)
    assert [target for target, _ in source.asked if parse_target(target).channel == "private"] == []


async def test_viewers_with_tokens_of_their_own_share_what_is_fetched(door: Door) -> None:
    edge, source = edge_of(door)
    answers = set()
    for name in ("ada", "bob", "eve"):
        token = door.token(viewer=name)
        for address in ("private/video/index.m3u8", "private/video/part-s-0.m4s"):
            answers.add(id(edge.handle(f"~{token}/{address}", visitor=VIEWER, viewer="shared address")))
    assert len(answers) == 2
    assert len([target for target in source.targets() if target.endswith(".m4s")]) == 1
    assert edge.audience.viewers("private") == 3


async def test_a_token_in_the_query_leads_to_the_path_below_it(door: Door) -> None:
    edge, source = edge_of(door)
    token = door.token()
    answer = edge.handle(f"private/video/index.m3u8?token={token}&_HLS_msn=0&_HLS_part=1", visitor=VIEWER)
    assert isinstance(answer, Answer)
    assert answer.status == 307
    location = dict(answer.headers)[b"location"].decode()
    assert location == f"../../~{token}/private/video/index.m3u8?_HLS_msn=0&_HLS_part=1"
    media = edge.handle(f"private/video/seg-s-0.m4s?token={token}", visitor=VIEWER)
    assert isinstance(media, Answer)
    assert media.status == 200
    assert source.targets() == ["private/video/seg-s-0.m4s"]


async def test_a_token_used_from_another_address_is_refused(door: Door) -> None:
    edge, _ = edge_of(door)
    target = f"~{door.token(cidr='203.0.113.7')}/private/video/index.m3u8"
    served = edge.handle(target, visitor=VIEWER)
    assert isinstance(served, Answer)
    assert served.status == 200
    assert code_of(edge.handle(target, visitor=Visitor("198.51.100.9"))) == "token-wrong-address"


async def test_a_token_that_expires_while_playing_ends_the_next_request(door: Door) -> None:
    edge, _ = edge_of(door)
    target = f"~{door.token(ttl_s=10)}/private/video/index.m3u8"
    edge.handle(target, visitor=VIEWER)
    door.clock.advance(15)
    assert code_of(edge.handle(target, visitor=VIEWER)) == "token-expired"


async def test_a_front_can_ask_whether_a_viewer_may_play(door: Door) -> None:
    edge, source = edge_of(door)
    answer = edge.handle(f"~{door.token()}/private/access", visitor=VIEWER)
    assert isinstance(answer, Answer)
    assert (answer.status, source.asked) == (204, [])


async def test_a_token_on_a_public_channel_is_no_matter(door: Door) -> None:
    source = ScriptedSource()
    source.publish()
    edge = Edge(source, ManualClock(), gate=door.gate)
    for target in ("~whatever/demo/video/index.m3u8", "demo/video/index.m3u8?token=whatever"):
        answer = edge.handle(target, visitor=VIEWER)
        assert isinstance(answer, Answer)
        assert answer.status == 200
    assert door.gate.verified == 0


async def test_another_edge_is_served_and_not_counted(door: Door) -> None:
    edge, _ = edge_of(door)
    answer = edge.handle("private/video/index.m3u8", visitor=Visitor("10.0.0.2", peer=True))
    assert isinstance(answer, Answer)
    assert answer.status == 200
    assert edge.audience.viewers("private") == 0
