"""The edge proper over a scripted source: one upstream request whatever the audience, and every bound."""

import asyncio

import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer
from tidegate.media.edge.config import EdgeConfig
from tidegate.media.edge.flights import Pending
from tidegate.media.edge.service import Edge
from unit.edge.scripted import PARTS_PER_SEGMENT, ScriptedSource

PLAYLIST = "demo/video/index.m3u8"
AUDIENCE = 1000


def blocking(part: int, extra: str = "") -> str:
    """The target that waits for part number `part` of the scripted channel."""
    return f"{PLAYLIST}?_HLS_msn={part // PARTS_PER_SEGMENT}&_HLS_part={part % PARTS_PER_SEGMENT}{extra}"


def at_once(got: Answer | Pending) -> Answer:
    assert isinstance(got, Answer)
    return got


async def landed(got: Answer | Pending) -> Answer:
    assert isinstance(got, Pending)
    return await got


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_thousand_waiters_are_one_upstream_request_and_one_object() -> None:
    source, clock = ScriptedSource(part_bytes=66_000), ManualClock()
    edge = Edge(source, clock)
    got: list[Answer] = []
    for number in range(10):
        for target in (blocking(number), f"demo/video/part-s-{number}.m4s"):
            for viewer in range(AUDIENCE):
                pending = edge.handle(
                    f"{target}{'&' if '?' in target else '?'}v={viewer}", viewer=f"v{viewer}"
                )
                assert isinstance(pending, Pending)
                pending.then(got.append)
        assert edge.waiters == 2 * AUDIENCE
        source.publish()
        await settle()
        assert len(got) == 2 * AUDIENCE
        assert len({id(answer) for answer in got}) == 2
        assert got[0].body.endswith(f'URI="part-s-{number + 1}.m4s"\n'.encode())
        assert got[-1].body == source.part(number)
        got.clear()
        clock.advance(0.2)
    assert len(source.asked) == edge.counters.upstream_requests == 20
    assert (edge.flights, edge.waiters) == (0, 0)
    assert edge.audience.viewers("demo") == AUDIENCE


async def test_late_viewers_are_answered_from_memory() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    first = edge.handle(blocking(0))
    source.publish()
    answer = await landed(first)
    assert at_once(edge.handle(blocking(0))) is answer
    assert at_once(edge.handle("demo/video/part-s-0.m4s")) is at_once(
        edge.handle("demo/video/part-s-0.m4s?x=1")
    )
    assert source.targets() == [blocking(0), "demo/video/part-s-0.m4s"]


async def test_who_hangs_up_takes_nobody_along() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    first, second = edge.handle(blocking(0)), edge.handle(blocking(0))
    awaiting = asyncio.ensure_future(landed(edge.handle(blocking(0))))
    await settle()
    assert isinstance(first, Pending)
    first.cancel()
    awaiting.cancel()
    await settle()
    assert edge.waiters == 1
    source.publish()
    assert (await landed(second)).status == 200
    assert at_once(edge.handle(blocking(0))).status == 200
    assert len(source.asked) == 1


async def test_the_last_to_hang_up_still_leaves_the_answer_for_others() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    only = edge.handle(blocking(0))
    assert isinstance(only, Pending)
    only.cancel()
    source.publish()
    await settle()
    assert at_once(edge.handle(blocking(0))).status == 200
    assert len(source.asked) == 1


async def test_plain_requests_are_answered_while_the_next_part_is_waited_for() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    source.publish(3)
    at_once(edge.handle(PLAYLIST))
    waiting = edge.handle(blocking(3))
    for _ in range(50):
        clock.advance(0.001)
        assert b"part-s-2.m4s" in at_once(edge.handle(PLAYLIST)).body
    assert len(source.asked) == 2
    source.publish()
    await landed(waiting)
    assert b"part-s-3.m4s" in at_once(edge.handle(PLAYLIST)).body
    assert source.asked[2:] == [(PLAYLIST, b'"v3"')]


async def test_plain_requests_revalidate_when_nobody_waits() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    first = at_once(edge.handle(PLAYLIST))
    assert at_once(edge.handle(PLAYLIST)) is first
    assert source.asked == [(PLAYLIST, b""), (PLAYLIST, b'"v0"')]
    assert edge.counters.upstream_not_modified == 1


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b'"v1"', 304),
        (b'W/"v1"', 304),
        (b'"a", "v1"', 304),
        (b"*", 304),
        (b'"v0"', 200),
        (b"", 200),
        (b"v1", 200),
    ],
)
async def test_conditional_requests(header: bytes, status: int) -> None:
    source = ScriptedSource()
    source.publish()
    edge = Edge(source, ManualClock())
    answer = at_once(edge.handle(PLAYLIST, header))
    assert answer.status == status
    assert (answer.etag, answer.body == b"") == (b'"v1"', status == 304)
    assert (b"content-length" in answer.head) == (status == 200)


async def test_each_waiter_gets_its_own_304() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    fresh, known = edge.handle(blocking(0)), edge.handle(blocking(0), b'"v1"')
    source.publish()
    assert ((await landed(fresh)).status, (await landed(known)).status) == (200, 304)
    assert len(source.asked) == 1


async def test_refusals_are_collapsed_and_repeated_only_briefly() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    for _ in range(100):
        assert at_once(edge.handle("demo/nothing.mp4")).status == 404
    assert len(source.asked) == 1
    clock.advance(0.6)
    assert at_once(edge.handle("demo/nothing.mp4")).status == 404
    assert len(source.asked) == 2


async def test_a_lost_upstream_costs_what_is_not_kept_only() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock, EdgeConfig(stale_if_error_s=30.0))
    source.publish(2)
    playlist, part = at_once(edge.handle(PLAYLIST)), at_once(edge.handle("demo/video/part-s-0.m4s"))
    source.away = True
    clock.advance(20)
    assert at_once(edge.handle(PLAYLIST)) is playlist
    assert at_once(edge.handle("demo/video/part-s-0.m4s")) is part
    assert at_once(edge.handle("demo/video/part-s-1.m4s")).status == 502
    assert at_once(edge.handle(blocking(2))).status == 502
    clock.advance(11)
    assert at_once(edge.handle(PLAYLIST)).status == 502
    assert edge.counters.stale_served == 1
    source.away = False
    assert at_once(edge.handle("demo/video/part-s-1.m4s")).status == 200


async def test_an_edge_never_goes_back_while_its_origin_is_away() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    source.publish(2)
    at_once(edge.handle(PLAYLIST))
    waiting = edge.handle(blocking(2))
    source.publish()
    newest = await landed(waiting)
    source.away = True
    clock.advance(5)
    assert at_once(edge.handle(PLAYLIST)) is newest


async def test_an_edge_never_goes_back_with_an_origin_that_does() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock, EdgeConfig(stale_if_error_s=30.0))
    source.publish(8)
    newest = at_once(edge.handle(PLAYLIST))
    source.published = 7  # from before it was killed
    clock.advance(5)
    assert at_once(edge.handle(PLAYLIST)) is newest
    assert at_once(edge.handle(blocking(6))) is newest
    assert edge.counters.old_playlists == 2
    source.publish(4)
    assert b"part-s-10.m4s" in at_once(edge.handle(PLAYLIST)).body
    source.published = 3
    clock.advance(31)
    assert b"part-s-2.m4s" in at_once(edge.handle(PLAYLIST)).body  # it stays there: so it is


async def test_where_the_newest_cannot_be_made_whole_an_old_copy_is_a_503() -> None:
    head = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n"
    last = b"#EXTINF:1,\nseg-s-5.m4s\n"
    source = ScriptedSource()
    source.get = lambda target, _etag=b"": LiveResponse(  # type: ignore[method-assign]
        200, (), head + (b"#EXT-X-SKIP:SKIPPED-SEGMENTS=8\n" if "_HLS_skip" in target else b"") + last
    )
    edge = Edge(source, ManualClock())
    assert at_once(edge.handle(PLAYLIST + "?_HLS_skip=YES")).status == 200
    assert at_once(edge.handle(PLAYLIST)).status == 503


async def test_a_stream_begun_anew_is_taken_at_once() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    source.publish(8)
    at_once(edge.handle(PLAYLIST))
    source.session, source.published = "t", 2
    assert b"part-t-1.m4s" in at_once(edge.handle(PLAYLIST)).body


async def test_bounds_answer_503_with_retry_after() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock(), EdgeConfig(max_flights=2, max_waiters=3))
    pending = [edge.handle(blocking(0)) for _ in range(3)] + [edge.handle(blocking(1))]
    for target in (blocking(0), blocking(2)):
        refused = at_once(edge.handle(target))
        assert refused.status == 503
        assert (b"retry-after", b"1") in refused.headers
    assert edge.counters.overloaded == 2
    source.publish(2)
    assert [(await landed(one)).status for one in pending] == [200] * 4


class Broken:
    """A source that breaks its contract: raises at once, or later, or never answers."""

    def __init__(self, how: str) -> None:
        self._how = how

    async def _later(self) -> LiveResponse:
        if self._how == "later":
            raise RuntimeError("broken on purpose")
        return await asyncio.get_running_loop().create_future()

    def get(self, target: str, if_none_match: bytes = b""):
        if self._how == "at once":
            raise RuntimeError("broken on purpose")
        return self._later()


@pytest.mark.parametrize(("how", "status"), [("at once", 502), ("later", 502), ("never", 504)])
async def test_a_broken_source_is_an_answer_too(how: str, status: int) -> None:
    edge = Edge(Broken(how), ManualClock(), EdgeConfig(flight_deadline_s=0.01))
    got = edge.handle(PLAYLIST)
    answer = got if isinstance(got, Answer) else await got
    assert answer.status == status
    assert edge.flights == 0


async def test_one_failing_waiter_fails_alone() -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    first, second = edge.handle(blocking(0)), edge.handle(blocking(0))
    assert isinstance(first, Pending)

    def fails(_answer: Answer) -> None:
        raise RuntimeError("on purpose")

    first.then(fails)
    source.publish()
    assert (await landed(second)).status == 200


async def test_close_answers_who_still_waits() -> None:
    edge = Edge(ScriptedSource(), ManualClock())
    waiting = asyncio.ensure_future(landed(edge.handle(blocking(0))))
    await settle()
    await edge.close()
    assert (await waiting).status == 503
    assert edge.flights == 0


@pytest.mark.parametrize(
    ("target", "status"), [("", 404), ("demo/../x", 404), (PLAYLIST + "?_HLS_msn=x", 400)]
)
async def test_wrong_requests_never_reach_upstream(target: str, status: int) -> None:
    source = ScriptedSource()
    edge = Edge(source, ManualClock())
    answer = at_once(edge.handle(target, viewer="v"))
    assert answer.status == status
    assert b'"detail"' in answer.body
    assert source.asked == []
    assert edge.counters.bad_targets == 1


async def test_cmcd_session_counts_one_viewer_across_addresses() -> None:
    source, clock = ScriptedSource(), ManualClock()
    edge = Edge(source, clock)
    edge.handle(PLAYLIST)
    for address in ("10.0.0.1", "10.0.0.2"):
        edge.handle(PLAYLIST + "?CMCD=sid%3D%22one%22", viewer=address)
    assert edge.audience.viewers("demo") == 1


async def test_nothing_grows_without_bound() -> None:
    source, clock = ScriptedSource(part_bytes=8000), ManualClock()
    edge = Edge(source, clock, EdgeConfig(cache_bytes=100_000, negative_entries=10))
    source.publish(300)
    for number in range(6000):
        edge.handle(f"demo/video/part-s-{number % 300}.m4s?_={number}", viewer=f"v{number % 50}")
        edge.handle(f"demo/x{number}.mp4")
    assert edge.cache.bytes <= 100_000
    assert len(edge._refusals) <= 10
    assert len(edge._targets) <= 4096
    assert edge.audience.total() == 50
