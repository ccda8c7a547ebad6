"""What the origin decides by itself is told, once each, with its reason."""

import pytest

from origin_rig import Rig
from tidegate.core.decisions import Decision
from tidegate.core.errors import ConflictError
from unit.origin.test_lifecycle import pass_time
from unit.origin.test_succession import both


def told(rig: Rig) -> list[tuple[str, str]]:
    return [(each.kind, each.outcome) for each in rig.decisions]


def only(rig: Rig) -> Decision:
    (decision,) = rig.decisions
    return decision


async def test_a_switch_to_the_backup_and_back(rig: Rig) -> None:
    primary, backup = await both(rig)
    broadcast = rig.origin.broadcast_of("demo")
    primary.packager.close("disconnected")
    assert (only(rig).kind, only(rig).outcome) == ("publisher-switch", "backup")
    assert (only(rig).channel, only(rig).stream) == ("demo", broadcast)
    assert only(rig).session == "ses_local_002"
    assert "the primary ended (disconnected)" in only(rig).reason
    again = rig.publish()
    await rig.play_together(14, backup, again)
    assert told(rig)[1:] == [("publisher-switch", "primary")]


async def test_a_take_over_is_granted_and_taking_back_is_refused(rig: Rig) -> None:
    first = rig.publish(encoder="one")
    await first.play(2)
    rig.publish(encoder="two")
    with pytest.raises(ConflictError):
        rig.publish(encoder="one")
    assert told(rig) == [("publisher-takeover", "granted"), ("publisher-takeover", "refused")]
    assert rig.decisions[1].reason
    assert rig.decisions[1].evidence["role"] == "primary"


async def test_a_full_disk_suspends_storing_once_and_resumes_once(rig: Rig) -> None:
    publisher = rig.publish()
    await publisher.play(6)
    rig.objects.full = True
    await publisher.play(10, start=6)
    assert told(rig) == [("storage", "suspended")]
    assert "No space is left." in only(rig).reason
    rig.objects.full = False
    await publisher.play(10, start=16)
    pass_time(rig, 1)
    assert told(rig) == [("storage", "suspended"), ("storage", "resumed")]
