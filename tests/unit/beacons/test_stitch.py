"""Reports made facts: where time goes, what counts once, how sessions end."""

from hypothesis import given
from hypothesis import strategies as st

from unit.beacons.reporting import SID, Door


def test_time_belongs_to_the_state_the_report_before_left_the_player_in() -> None:
    door = Door()
    for state, wait_s in (
        ("s", 0.4),
        ("p", 5.0),
        ("r", 1.5),
        ("p", 3.0),
        ("a", 10.0),
        ("p", 2.0),
        ("q", 0.0),
    ):
        seq = len(door.sink.facts)
        door.take(door.say(state, seq))
        door.clock.advance(wait_s)
    sink = door.sink
    assert round(sink.total("watched_s"), 3) == 10.0
    assert round(sink.total("rebuffer_s"), 3) == 1.5
    assert round(sink.total("interval_s"), 3) == 21.9
    assert (sink.total("joined"), sink.total("started"), sink.total("rebuffers")) == (1, 1, 1)
    assert [fact.startup_s for fact in sink.facts if fact.startup_s is not None] == [0.4]
    assert sink.exits() == ["left"]
    first = sink.facts[0]
    assert (first.stream, first.arms, first.region, first.node) == ("brd_1", ("chg:treatment",), "eu", "n1")
    assert (first.session, first.device, first.sample_share) == (SID, "desktop", 1.0)


def test_beats_divide_the_time_and_carry_what_the_player_measures() -> None:
    door = Door()
    door.take(door.say("p", 0, more="msd=310,bl=(900),ltc=1200,br=(2000),tb=(5000),dfa=2"))
    for seq in range(1, 5):
        door.clock.advance(5)
        (fact,) = door.take(
            door.say("p", seq, event="t", more=f'dfa={2 + seq},tidegate-frames="{seq * 150}"')
        )
    assert (fact.event, fact.watched_s, fact.dropped_frames, fact.frames) == ("beat", 5.0, 1, 150)
    assert (fact.bitrate_bps, fact.top_bitrate_bps) == (2_000_000, 5_000_000)
    assert door.sink.facts[0].startup_s == 0.31
    assert door.sink.facts[0].latency_s == 1.2


def test_a_switch_is_a_bitrate_that_differs() -> None:
    door = Door()
    for seq, kbps in enumerate((2000, 2000, 5000, 5000, 2000)):
        door.take(door.say("p", seq, event="bc", more=f"br=({kbps})"))
        door.clock.advance(1)
    assert door.sink.total("switches") == 2


def test_who_leaves_before_the_picture_never_started() -> None:
    door = Door()
    door.take(door.say("s", 0))
    door.clock.advance(2)
    (fact,) = door.take(door.say("q", 1))
    assert (fact.exit, fact.started, fact.watched_s) == ("before-start", 0, 0.0)


def test_a_silent_session_is_lost_once() -> None:
    door = Door()
    door.take(door.say("s", 0), door.say("p", 1))
    heard = door.clock.wall()
    door.clock.advance(74)
    door.beacons.sweep()
    assert door.sink.exits() == []
    door.clock.advance(2)
    door.beacons.sweep()
    door.beacons.sweep()
    assert door.sink.exits() == ["lost"]
    assert door.sink.facts[-1].at == heard
    assert door.beacons.sessions == 0


def test_a_fatal_error_is_an_exit_once_nothing_follows() -> None:
    door = Door()
    door.take(door.say("p", 0))
    door.clock.advance(1)
    (fact,) = door.take(door.say("f", 1, event="e", more='ec=("fragLoadError")'))
    assert (fact.event, fact.error, fact.exit) == ("error", "fragLoadError", "")
    door.clock.advance(1)
    assert door.take(door.say("p", 2))[0].exit == ""
    door.clock.advance(1)
    door.take(door.say("f", 3))
    door.clock.advance(80)
    door.beacons.sweep()
    assert door.sink.exits() == ["failed"]


def test_a_player_that_stays_open_after_the_end_says_nothing_more() -> None:
    door = Door()
    door.take(door.say("p", 0))
    door.clock.advance(4)
    assert door.take(door.say("e", 1))[0].exit == "ended"
    for seq in range(2, 6):
        door.clock.advance(5)
        assert door.take(door.say("e", seq, event="t")) == []
    again = door.take(door.say("p", 6))[0]
    assert (again.joined, again.interval_s, again.exit) == (0, 0.0, "")


def test_a_beat_that_a_quit_has_overtaken_is_no_return() -> None:
    door = Door()
    door.take(door.say("p", 0))
    door.clock.advance(5)
    beat = door.say("p", 1, event="t")
    door.clock.advance(0.1)
    door.take(door.say("q", 2))
    assert door.take(beat) == []
    assert door.sink.exits() == ["left"]


def test_a_session_first_heard_of_in_its_middle_joins_and_starts_nothing_anew() -> None:
    door = Door()
    (fact,) = door.take(door.say("p", 300, event="t", more='bsa=(4),dfa=70,tidegate-frames="9000"'))
    assert (fact.joined, fact.started, fact.rebuffers, fact.dropped_frames, fact.frames) == (0, 0, 0, 0, 0)
    door.clock.advance(5)
    (fact,) = door.take(door.say("p", 301, event="t", more='bsa=(5),dfa=71,tidegate-frames="9150"'))
    assert (fact.rebuffers, fact.dropped_frames, fact.frames, fact.watched_s) == (1, 1, 150, 5.0)


def test_stalls_that_only_the_players_count_tells_are_counted_too() -> None:
    door = Door()
    door.take(door.say("p", 0, event="t", more="bsa=(0)"))
    door.take(door.say("r", 1), door.say("p", 2))
    door.clock.advance(5)
    door.take(door.say("p", 3, event="t", more="bsa=(3)"))
    assert door.sink.total("rebuffers") == 3


def test_responses_are_kept_where_that_is_set_and_take_no_time() -> None:
    door = Door()
    door.take(door.say("p", 0))
    door.clock.advance(2)
    response = door.say("p", 1, event="rr", more="rc=200,ttlb=120")
    assert door.take(response) == []
    door.set("beacons.responses", value=True)
    (fact,) = door.take(door.say("p", 2, event="rr", more="rc=404,ttlb=250"))
    assert (fact.event, fact.request_status, fact.request_s, fact.interval_s) == ("response", 404, 0.25, 0.0)
    (beat,) = door.take(door.say("p", 3, event="t"))
    assert beat.watched_s == 2.0


def test_downloads_come_summed_up_by_our_own_players() -> None:
    door = Door()
    said = 'tidegate-transfers="20 3000000 4000000 125000"'
    (first, second) = door.take(door.say("p", 0, more=said), door.say("p", 1, event="t"))
    assert (first.transfers, first.transfer_s, first.request_bytes) == (20, 3.0, 4_000_000)
    assert first.transfer_sample_s == 0.125
    assert (second.transfers, second.transfer_s, second.transfer_sample_s) == (0, 0.0, None)


def test_downloads_reported_one_by_one_are_summed_up_here_and_cost_no_fact() -> None:
    door = Door()
    door.take(door.say("p", 0))
    told = (
        "ot=v,ttfb=900,ttlb=1000",
        "ot=a,ttfb=10,ttlb=30",
        "ot=m,ttfb=1,ttlb=500",
        "ot=v,ttlb=9",
        "ot=v,ttfb=9,ttlb=8",
    )
    for seq, more in enumerate(told, 1):
        assert door.take(door.say("p", seq, event="rr", more=more)) == []
    (beat,) = door.take(door.say("p", 9, event="t"))
    assert (beat.transfers, round(beat.transfer_s, 6), beat.transfer_sample_s) == (2, 0.12, 0.02)
    (next_one,) = door.take(door.say("p", 10, event="bc"))
    assert (next_one.transfers, next_one.transfer_sample_s) == (0, None)


def test_hours_of_sleep_are_nobodys_time() -> None:
    door = Door()
    door.take(door.say("p", 0))
    door.clock.advance(3600)
    (fact,) = door.take(door.say("p", 1, event="t"))
    assert fact.watched_s == 75.0


states = st.sampled_from("dspkrawefq")
events = st.sampled_from(["t", "ps", "bc", "e", "rr", "m"])


@given(st.lists(st.tuples(states, events, st.floats(0, 20)), max_size=30), st.randoms(use_true_random=False))
def test_whatever_comes_in_whatever_order_time_adds_up_and_nothing_counts_twice(steps, chance) -> None:
    door = Door()
    door.set("beacons.reports_per_s", 1000)
    began, lines = door.clock.wall(), []
    for seq, (state, event, wait_s) in enumerate(steps):
        lines.append(door.say(state, seq, event=event))
        door.clock.advance(wait_s)
    sent = [line for line in lines for _ in range(chance.randint(1, 2))]
    for _ in range(len(sent) // 2):
        at = chance.randrange(max(1, len(sent) - 1))
        sent[at : at + 2] = reversed(sent[at : at + 2])
    for line in sent:
        door.take(line)
    door.clock.advance(100)
    door.beacons.sweep()
    sink = door.sink
    assert 0 <= sink.total("watched_s") + sink.total("rebuffer_s") <= sink.total("interval_s") + 0.001
    assert sink.total("interval_s") <= door.clock.wall() - began
    assert sink.total("joined") == min(1, len(sink.facts))
    assert sink.total("started") <= 1
    assert all(fact.at <= fact.received_at for fact in sink.facts)
    assert len(sink.facts) <= len(lines) + 1
    if sink.facts:
        assert sink.exits()
