"""Whose reports are taken, and whose are refused: forged, replayed, misdated, too many, too large."""

import json
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import TidegateError
from tidegate.media.beacons import tokens
from tidegate.media.beacons.cmcd import BODY_MAX
from tidegate.media.beacons.metrics import BeaconsCollector
from tidegate.media.beacons.service import CHANNELS_MAX
from tidegate.media.beacons.tokens import Ticket
from unit.beacons.reporting import KEY, SID, Door

OTHER_SID = "9a3d1f0e-7a44-4f0d-9a55-0d7a2b0c9a99"


def refused(door: Door, code: str, *lines: str, **how: str) -> None:
    with pytest.raises(TidegateError) as caught:
        door.take(*lines, **how)
    assert caught.value.code == code
    assert door.sink.facts == []
    assert door.beacons.refused[code] == 1


def test_an_invitation_names_session_address_and_pace() -> None:
    door = Door()
    told = json.loads(door.beacons.invite("demo", ""))
    assert told == {"session": ANY, "report_to": ANY, "interval_s": 5, "expires_at": 1_700_043_200}
    ticket = told["report_to"].removeprefix("beacon?ticket=")
    assert tokens.read(KEY, "demo", ticket, door.clock.wall()).session == told["session"]
    line = f'e=ps,sid="{told["session"]}",sn=0,sta=p,v=2'
    assert len(door.take(line, query=f"ticket={ticket}")) == 1
    assert json.loads(door.beacons.invite("demo", ""))["session"] != told["session"]


def test_a_player_may_name_its_session_if_nobody_could_guess_it() -> None:
    door = Door()
    assert json.loads(door.beacons.invite("demo", f"session={SID}"))["session"] == SID
    assert json.loads(door.beacons.invite("demo", "session=1"))["session"] != "1"


def test_nobody_is_invited_to_a_channel_that_is_not_there() -> None:
    door = Door()
    with pytest.raises(TidegateError, match="not known"):
        door.beacons.invite("made-up", "")


def test_only_a_share_of_sessions_is_asked_and_says_which() -> None:
    door = Door()
    door.set("beacons.sample_share", 0.25)
    told = [json.loads(door.beacons.invite("demo", "")) for _ in range(400)]
    asked = [each for each in told if each["report_to"]]
    assert 50 < len(asked) < 160
    line = f'e=ps,sid="{asked[0]["session"]}",sn=0,sta=p'
    (fact,) = door.take(line, query=asked[0]["report_to"].partition("?")[2])
    assert fact.sample_share == 0.25
    assert (door.beacons.invited, door.beacons.unasked) == (len(asked), 400 - len(asked))


def test_without_a_token_nothing_is_taken() -> None:
    for query in ("ticket=", "x=1", "ticket=a.b.c.d", f"ticket={SID}.1700000600.10000.{'A' * 20}"):
        refused(door := Door(), "beacon-token-invalid", door.say("p", 0), query=query)


def test_a_token_is_for_one_channel() -> None:
    door = Door()
    refused(door, "beacon-token-invalid", door.say("p", 0), query=door.query(channel="other"))


def test_a_token_of_another_installation_is_none() -> None:
    door = Door()
    forged = tokens.make(b"x" * 32, "demo", Ticket(SID, 2_000_000_000, 1.0))
    refused(door, "beacon-token-invalid", door.say("p", 0), query=f"ticket={forged}")


@given(st.integers(0, 95), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_token_with_any_letter_changed_is_none(at: int, letter: str) -> None:
    ticket = Ticket(SID, 1_700_000_600, 1.0)
    good = tokens.make(KEY, "demo", ticket)
    at %= len(good)
    changed = good[:at] + letter + good[at + 1 :]
    if changed == good:
        assert tokens.read(KEY, "demo", changed, 1_700_000_000) == ticket
        return
    with pytest.raises(tokens.BeaconTokenError):
        tokens.read(KEY, "demo", changed, 1_700_000_000)


def test_a_token_that_is_over_tells_the_player_to_stop() -> None:
    door = Door()
    query = door.query(ttl_s=60)
    door.clock.advance(61)
    with pytest.raises(TidegateError) as caught:
        door.take(door.say("p", 0), query=query)
    assert (caught.value.code, caught.value.status) == ("beacon-token-expired", 410)


def test_nobody_reports_for_another_session() -> None:
    door = Door()
    refused(door, "beacon-session", door.say("p", 0), query=door.query(OTHER_SID))


def test_where_reports_are_off_players_are_told_to_stop() -> None:
    door = Door()
    door.set("beacons.enabled", value=False)
    refused(door, "beacons-off", door.say("p", 0))


def test_a_body_larger_than_any_beacon_is_not_read() -> None:
    door = Door()
    refused(door, "beacon-too-large", "x" * (BODY_MAX + 1))


def test_a_beacon_sent_again_changes_nothing() -> None:
    door = Door()
    lines = [door.say("s", 0), door.say("p", 1)]
    assert len(door.take(*lines)) == 2
    for wait_s in (0, 1, 60, 60):
        door.clock.advance(wait_s)
        assert door.take(*lines) == []
        door.take(door.say("p", 2 + len(door.sink.facts), event="t"))
    assert door.beacons.refused["repeated"] == 8
    assert (door.sink.total("joined"), door.sink.total("started")) == (1, 1)


def test_a_reporter_made_anew_counts_from_nought_within_its_session() -> None:
    door = Door()
    for seq in (0, 1, 2, 0, 1):
        door.clock.advance(5)
        assert len(door.take(door.say("p", seq, event="t"))) == 1
    assert door.sink.total("watched_s") == 20.0
    assert door.sink.total("joined") == 1


@pytest.mark.parametrize("off_s", [0.0, -0.4, 3600.0, -3600.0, 86_400.0 * 400, -1_690_000_000.0])
def test_a_players_clock_is_made_the_platforms(off_s: float) -> None:
    door = Door()
    for seq in range(3):
        (fact,) = door.take(door.say("p", seq, event="t", off_s=off_s))
        assert abs(fact.at - door.clock.wall()) < 0.01
        door.clock.advance(5)
    assert door.sink.total("watched_s") == 10.0
    assert door.beacons.clocks_off == (3 if abs(off_s) > 5 else 0)


def test_a_clock_set_while_it_plays_moves_no_fact() -> None:
    for jump_s in (7200.0, -7200.0):
        door = Door()
        for seq in range(6):
            (fact,) = door.take(door.say("p", seq, event="t", off_s=jump_s if seq >= 3 else 0.0))
            assert abs(fact.at - door.clock.wall()) < 0.01
            door.clock.advance(5)
        assert round(door.sink.total("watched_s"), 3) == 25.0


def test_what_a_lost_network_held_back_lies_where_it_happened() -> None:
    door = Door()
    door.take(door.say("p", 0))
    at, held = [], []
    for seq in range(1, 9):
        door.clock.advance(5)
        at.append(door.clock.wall())
        held.append(door.say("r" if seq == 2 else "p", seq, event="t"))
    door.clock.advance(1)
    assert [round(fact.at) for fact in door.take(*held)] == [round(each) for each in at]
    assert (door.sink.total("watched_s"), door.sink.total("rebuffer_s")) == (35.0, 5.0)


def test_reports_older_than_ten_minutes_are_refused() -> None:
    door = Door()
    old = door.say("p", 0)
    door.clock.advance(601)
    assert len(door.take(old, door.say("p", 1))) == 1
    assert door.beacons.refused["too-old"] == 1


def test_one_session_may_make_so_many_reports() -> None:
    door = Door()
    lines = [door.say("p", seq, event="t") for seq in range(200)]
    assert len(door.take(*lines)) == 200
    with pytest.raises(TidegateError, match="20 reports a second") as caught:
        door.take(door.say("p", 200))
    assert caught.value.status == 429
    door.clock.advance(1)
    assert len(door.take(door.say("p", 201))) == 1


def test_a_flood_of_sessions_does_not_push_out_those_who_watch() -> None:
    door = Door()
    door.set("beacons.sessions_max", 3)
    sids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(5)]
    for sid in sids[:3]:
        door.take("e=ps,sn=0,sta=p", query=door.query(sid))
    with pytest.raises(TidegateError) as caught:
        door.take("e=ps,sn=0,sta=p", query=door.query(sids[3]))
    assert caught.value.status == 503
    door.clock.advance(16)
    door.take("e=ps,sn=1,sta=p", query=door.query(sids[0]))
    door.take("e=ps,sn=0,sta=p", query=door.query(sids[3]))
    assert door.beacons.sessions == 3
    assert [(fact.session, fact.exit) for fact in door.sink.facts if fact.exit] == [(sids[1], "lost")]


def test_labels_are_few_whatever_is_said() -> None:
    door = Door()
    base = door.query()
    for n in range(200):
        door.take(f"e=t,sn={n},sta=p", query=f"{base}&player=p{n}&version=1.7.4&network=wi%20fi&device=tv")
        door.clock.advance(0.1)
    facts = door.sink.facts
    assert len({fact.player for fact in facts}) == 129
    assert facts[-1].player == "other"
    assert (facts[-1].player_version, facts[-1].network, facts[-1].device) == ("1.7.4", "wi fi", "tv")
    for wrong in ("<script>", "x" * 33, "'; DROP TABLE playback --", "%00", ""):
        door.clock.advance(1)
        (fact,) = door.take(f"e=t,sta=p,ts={round(door.clock.wall() * 1000)}", query=f"{base}&player={wrong}")
        assert fact.player == ""


def test_channels_asked_for_are_remembered_within_a_bound() -> None:
    door = Door()
    for n in range(CHANNELS_MAX + 10):
        with pytest.raises(TidegateError):
            door.beacons.invite(f"c{n}", "")
    assert len(door.beacons._known) <= CHANNELS_MAX


def test_what_is_refused_is_counted_by_reason() -> None:
    door = Door()
    refused(door, "beacon-invalid", "nonsense")
    door.take(door.say("p", 0), "nonsense")
    metrics = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in BeaconsCollector(door.beacons).collect()
        for sample in metric.samples
    }
    assert metrics["tidegate_beacons_refused_total", "beacon-invalid"] == 1
    assert metrics["tidegate_beacons_refused_total", "malformed"] == 1
    assert metrics["tidegate_beacons_accepted_total", "state"] == 1
    assert metrics["tidegate_beacons_sessions",] == 1
