"""What the edge says it sent: every second's facts add up to what viewers asked for, and strangers leave nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import Visitor
from tidegate.core.facts import DeliveryFact
from tidegate.core.settings import Subject
from tidegate.media.edge import tallies
from tidegate.media.edge.answers import Answer
from tidegate.media.edge.flights import Pending
from tidegate.media.edge.report import DeliveryReporter
from tidegate.media.edge.service import Edge
from tidegate.media.edge.tallies import IDLE_LOOKS, OTHER, Kind, Tallies, kind_of
from unit.edge.scripted import ScriptedSource

HERE = Subject(node="n1", region="r1")
PART_BYTES = 640
PLAYLIST = "demo/video/index.m3u8"


def edge_and_reporter() -> tuple[Edge, DeliveryReporter, ScriptedSource]:
    source = ScriptedSource(part_bytes=PART_BYTES)
    edge = Edge(source, ManualClock())
    reporter = DeliveryReporter(
        edge.tallies,
        edge.audience,
        HERE,
        lambda channel: f"bro_{channel}",
        lambda subject: (f"{subject.channel}:{subject.stream}",),
    )
    return edge, reporter, source


def ask(edge: Edge, target: str, viewer: str = "v", **given: object) -> None:
    """As a connection does: ask, and write what comes at once."""
    answer = edge.handle(target, viewer=viewer, **given)  # type: ignore[arg-type]
    assert isinstance(answer, Answer)
    answer.tally.wrote(answer.status, len(answer.body))


def by_rendition(facts: list[DeliveryFact]) -> dict[str, DeliveryFact]:
    assert len({(fact.channel, fact.stream, fact.rendition) for fact in facts}) == len(facts)
    return {fact.rendition: fact for fact in facts}


def test_a_seconds_fact_is_what_was_sent_in_it_and_the_next_one_begins_anew() -> None:
    edge, reporter, source = edge_and_reporter()
    source.publish(2)
    for viewer in ("a", "b", "c"):
        ask(edge, "demo/video/part-s-1.m4s", viewer)
    ask(edge, PLAYLIST)
    ask(edge, "demo/video/part-s-0.m4s?CMCD=sid%3D%22x%22", "a")
    facts = by_rendition(reporter.report(100.0))
    video, whole = facts["video"], facts[""]
    assert (video.at, video.region, video.node, video.channel) == (100.0, "r1", "n1", "demo")
    assert (video.stream, video.arms) == ("bro_demo", ("demo:bro_demo",))
    assert (video.requests, video.media_requests, video.status_2xx) == (5, 4, 5)
    assert video.bytes == 4 * PART_BYTES + len(source.playlist())
    assert (video.hits, video.joined, video.origin_fetches, video.parts) == (2, 0, 3, 2)
    assert (video.viewers, whole.viewers, whole.requests) == (
        0,
        4,
        0,
    )  # v asked for the playlist, x under its own name
    later = by_rendition(reporter.report(101.0))
    assert set(later) == {""}
    assert later[""].viewers == 4


async def test_who_waits_for_anothers_request_has_joined_it() -> None:
    edge, reporter, source = edge_and_reporter()
    source.publish()
    ask(edge, PLAYLIST)
    reporter.report(99.0)
    waiting = [edge.handle(f"{PLAYLIST}?_HLS_msn=0&_HLS_part=1", viewer=str(each)) for each in range(4)]
    source.publish()
    for pending in waiting:
        assert isinstance(pending, Pending)
        answer = await pending
        answer.tally.wrote(answer.status, len(answer.body))
    video = by_rendition(reporter.report(100.0))["video"]
    assert (video.requests, video.joined, video.origin_fetches, video.hits) == (4, 3, 1, 0)


def test_an_address_that_does_not_exist_leaves_no_channel_behind() -> None:
    edge, reporter, _ = edge_and_reporter()
    for each in range(50):
        ask(edge, f"stranger-{each}/video/index.m3u8")
    ask(edge, "no/../such?")
    facts = reporter.report(100.0)
    assert [(fact.channel, fact.rendition, fact.requests, fact.status_4xx) for fact in facts] == [
        ("", OTHER, 51, 51)
    ]
    assert len(edge.tallies) == 0


def test_classes_of_answers_and_a_lost_origin_are_told_apart() -> None:
    edge, reporter, source = edge_and_reporter()
    source.publish()
    ask(edge, "demo/video/part-s-0.m4s")
    etag = edge.handle("demo/video/part-s-0.m4s").etag  # type: ignore[union-attr]
    ask(edge, "demo/video/part-s-0.m4s", if_none_match=etag)
    source.away = True
    ask(edge, "demo/video/part-s-9.m4s")
    video = by_rendition(reporter.report(100.0))["video"]
    assert (video.status_2xx, video.status_3xx, video.status_5xx, video.requests) == (1, 1, 1, 3)


def test_what_a_further_edge_is_sent_is_not_viewers() -> None:
    edge, reporter, source = edge_and_reporter()
    source.publish()
    peer = Visitor(peer=True)
    edge.handle("demo/video/part-s-0.m4s", visitor=peer)
    edge.handle("demo/video/part-s-0.m4s", visitor=peer)
    video = by_rendition(reporter.report(100.0))["video"]
    assert (video.requests, video.hits, video.origin_fetches) == (0, 0, 1)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("demo/index.m3u8", Kind("demo", "", "", media=False)),
        ("demo/720p/index.m3u8", Kind("demo", "", "720p", media=False)),
        ("demo/720p/aes/part-s-4.m4s", Kind("demo", "", "720p", media=True)),
        ("vod:demo/rec_1/index.m3u8", Kind("demo", "rec_1", "", media=False)),
        ("vod:demo/rec_1/audio/seg-s-4.m4s", Kind("demo", "rec_1", "audio", media=True)),
    ],
)
def test_an_address_says_what_it_counts_as(path: str, kind: Kind) -> None:
    assert kind_of(path, playlist=path.endswith(".m3u8")) == kind


def test_at_the_bound_new_renditions_count_as_other_and_idle_ones_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "TALLIES_MAX", 2)
    table = Tallies()
    first = table.open("a/video/part-s-1.m4s", playlist=False)
    table.open("b/video/part-s-1.m4s", playlist=False)
    assert table.open("c/video/part-s-1.m4s", playlist=False) is table.other
    for _ in range(IDLE_LOOKS):
        first.answered += 1
        table.look()
        first.clear()
    assert len(table) == 1
    assert table.find("a/video/part-s-1.m4s", playlist=False) is first
    assert table.open("c/video/part-s-1.m4s", playlist=False) is not table.other


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([200, 206, 304, 404, 503]), st.integers(0, 9))
    )
)
def test_over_any_seconds_facts_add_up_to_what_was_written(written: list[tuple[str, int, int]]) -> None:
    edge, reporter, _ = edge_and_reporter()
    facts: list[DeliveryFact] = []
    for second, (rendition, status, size) in enumerate(written):
        edge.tallies.open(f"demo/{rendition}/seg-s-1.m4s", playlist=False).wrote(status, size)
        if second % 3 == 0:
            facts += reporter.report(float(second))
    facts += reporter.report(1000.0)
    assert sum(fact.requests for fact in facts) == len(written)
    assert sum(fact.bytes for fact in facts) == sum(size for _, _, size in written)
    classes = [fact.status_2xx + fact.status_3xx + fact.status_4xx + fact.status_5xx for fact in facts]
    assert sum(classes) == len(written)
    assert sum(fact.status_2xx for fact in facts) == sum(status < 300 for _, status, _ in written)
