"""What the origin says it received: seconds add up to what was sent, and silence is told as silence."""

import pytest

from origin_rig import Rig
from tidegate.core.facts import MediaFact
from tidegate.core.settings import Subject
from tidegate.media.origin.report import MediaReporter
from unit.cmaf.test_reader import CONFIG
from unit.origin.test_renditions import RUNG, Transcoder

HERE = Subject(node="n1", region="r1")


class Listener:
    """Asks once a second, as long as the rig's clock goes on."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._reporter = MediaReporter(rig.origin.broadcasts, rig.clock, HERE)
        self._next = rig.clock.monotonic() + 1.0
        self.facts: list[MediaFact] = []

    def look(self) -> None:
        if self._rig.clock.monotonic() >= self._next:
            self._next += 1.0
            self.facts += self._reporter.report(self._rig.clock.wall())

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self._rig.clock.advance(0.25)
            self._rig.origin.sweep()
            self.look()

    def of(self, rendition: str) -> list[MediaFact]:
        return [fact for fact in self.facts if fact.rendition == rendition]


def total(facts: list[MediaFact], name: str) -> float:
    return sum(getattr(fact, name) for fact in facts)


async def test_seconds_add_up_to_what_the_publisher_sent(rig: Rig) -> None:
    listener = Listener(rig)
    first = rig.publish()
    await first.play(10.2, each=listener.look)
    video, audio = listener.of("video"), listener.of("audio")
    status = rig.origin.status("demo")
    assert status is not None
    listener.pass_time(1.0)  # the rest of the last second
    assert total(listener.facts, "bytes") == status.bytes_in
    assert total(listener.facts, "parts") == status.parts
    assert total(video, "media_s") == pytest.approx(total(video, "seconds"), abs=0.25), "as much as was due"
    steady = video[3:-1]
    assert all(fact.state == "live" and fact.source == 1 and fact.codec.startswith("avc1") for fact in steady)
    assert all(0.99 <= fact.seconds <= 1.01 and fact.seconds == fact.live_s for fact in steady)
    assert all(
        29 <= fact.fps <= 31 and fact.gop_s == 1.0 and 0 <= fact.keyframe_gap_s <= 1.2 for fact in steady
    )
    assert 0.95 <= total(steady, "media_s") / len(steady) <= 1.05
    assert all(abs(fact.av_skew_s) <= 0.4 and not fact.parts_late and not fact.jumps for fact in steady)
    assert all(fact.av_skew_s == fact.gop_s == fact.fps == 0 and fact.frames for fact in audio[3:-1])
    assert {(fact.stream, fact.session, fact.node, fact.region) for fact in video} == {
        (status.broadcast, video[0].session, "n1", "r1")
    }
    assert video[0].session


async def test_a_cut_encoder_is_told_until_the_end_of_grace_and_a_goodbye_is_not(rig: Rig) -> None:
    listener = Listener(rig)
    first = rig.publish()
    await first.play(4, each=listener.look)
    first.packager.close("disconnected")
    listener.pass_time(1.0)
    listener.facts.clear()
    listener.pass_time(10.0)
    assert [
        (fact.rendition, fact.state, fact.seconds, fact.live_s, fact.bytes) for fact in listener.of("video")
    ] == [("video", "interrupted", 1.0, 0.0, 0)] * 10
    assert len(listener.of("audio")) == 10
    second = rig.publish()
    await second.play(4, each=listener.look)
    assert listener.of("video")[-1].state == "live"
    assert total(listener.facts, "discontinuities") == 1
    second.packager.close("unpublished")
    listener.pass_time(2.0)
    listener.facts.clear()
    listener.pass_time(20.0)
    assert listener.facts == []


async def test_silence_before_the_stall_and_late_parts_are_seen(rig: Rig) -> None:
    listener = Listener(rig)
    first = rig.publish()
    await first.play(4, each=listener.look)
    listener.facts.clear()
    listener.pass_time(2.0)
    assert [fact.parts for fact in listener.of("video")][-1] == 0
    assert total(listener.of("video"), "seconds") > 1.5
    first.began += 2.0
    await first.play(2, start=4, each=listener.look)
    assert total(listener.of("video"), "parts_late") == 1


async def test_a_jump_of_the_encoders_clock_is_counted_once(rig: Rig) -> None:
    listener = Listener(rig)
    first = rig.publish()
    await first.play(3, each=listener.look)
    first.ingest.note("timestamp-jump", "warning", "The encoder's timestamps jumped by +30.0 s.")
    listener.pass_time(1.0)
    assert total(listener.facts, "jumps") == 1
    assert total(listener.of("video"), "jumps") == 1


async def test_a_rendition_is_due_while_its_source_comes(rig: Rig) -> None:
    listener = Listener(rig)
    first = rig.publish(video=CONFIG)
    await first.play(2.2, each=listener.look)
    Transcoder(rig)
    await first.play(4, start=2.2, each=listener.look)
    rung = listener.of(RUNG)
    assert rung
    assert {fact.source for fact in rung} == {0}
    assert total(rung, "bytes") > 0
    assert 29 <= rung[-1].fps <= 31
    first.packager.close("disconnected")
    listener.pass_time(1.0)
    listener.facts.clear()
    listener.pass_time(3.0)
    assert listener.of(RUNG) == []
    assert len(listener.of("video")) == 3


async def test_after_a_restart_the_publisher_is_still_waited_for(rig: Rig) -> None:
    first = rig.publish()
    await first.play(6)
    await rig.kill_and_restart()
    listener = Listener(rig)
    listener.pass_time(3.0)
    assert [(fact.rendition, fact.state, fact.bytes, fact.session) for fact in listener.facts[-2:]] == [
        ("video", "interrupted", 0, ""),
        ("audio", "interrupted", 0, ""),
    ]
