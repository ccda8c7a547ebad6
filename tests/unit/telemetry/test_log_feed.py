"""Following the log: what is wanted, and what becomes of those who do not keep up."""

from tidegate.core.facts import DecisionFact, Fact, LogFact
from tidegate.telemetry.log_feed import QUEUE_LINES, LogFeed, LogFilter, Missed
from tidegate.telemetry.log_query import terms


def line(message: str, level: str = "info", **more: str) -> LogFact:
    values = {"region": "eu", "node": "n1", "event": message.split(maxsplit=1)[0], **more}
    return LogFact(at=1.0, level=level, message=message, **values)


class Kept:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def put(self, fact: Fact) -> None:
        self.facts.append(fact)


async def test_every_fact_goes_on_and_lines_go_to_whoever_wants_them() -> None:
    kept = Kept()
    feed = LogFeed(kept)
    wanted = LogFilter(terms("gone"), "warning", channel="demo")
    async with feed.follow(wanted) as follower:
        for fact in (
            line("publisher_connected", channel="demo"),
            line("publisher gone", "info", channel="demo"),
            line("publisher gone", "error", channel="other"),
            line("publisher gone", "error", channel="demo"),
            DecisionFact(at=1.0, region="eu", node="n1", kind="x", outcome="y", reason="z"),
        ):
            feed.put(fact)
        feed.close()
        assert [each async for each in follower] == [line("publisher gone", "error", channel="demo")]
    assert len(kept.facts) == 5
    assert feed.followers == 0


async def test_who_is_too_slow_loses_the_oldest_and_is_told_how_many() -> None:
    feed = LogFeed()
    async with feed.follow(LogFilter()) as slow, feed.follow(LogFilter(level="error")) as other:
        for number in range(QUEUE_LINES + 7):
            feed.put(line(f"n{number}"))
        feed.put(line("bad", "error"))
        assert await anext(slow) == Missed(8)
        assert (await anext(slow)).message == "n8"
        assert (await anext(other)).message == "bad"
    assert feed.missed == 8


async def test_a_closed_feed_lets_nobody_wait() -> None:
    feed = LogFeed()
    feed.close()
    async with feed.follow(LogFilter()) as late:
        assert [each async for each in late] == []
