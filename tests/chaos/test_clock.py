"""The wall clock jumps under a running broadcast: durations run on the monotonic clock, so nobody may notice."""

from pathlib import Path

import pytest

from hls_conformance import PlaylistHistory
from origin_rig import Rig
from tidegate.media.origin.service import OriginConfig


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
async def test_a_jump_of_the_wall_clock_costs_nothing(tmp_path: Path, jump_s: float) -> None:
    rig = Rig(tmp_path, OriginConfig(grace_s=20))
    await rig.origin.start()
    history = PlaylistHistory()
    publisher = rig.publish()
    await publisher.play(3)
    history.add(rig.text())
    rig.clock.jump(jump_s)
    await publisher.play(3, start=3)
    assert rig.state() == "live"
    history.add(rig.text())
    publisher.packager.close("disconnected")
    rig.clock.jump(-2 * jump_s)
    for _ in range(19 * 4):
        rig.clock.advance(0.25)
        rig.origin.sweep()
    assert rig.state() == "interrupted"
    await rig.publish().play(3)
    assert rig.state() == "live"
    history.add(rig.text())
    await rig.stop()
