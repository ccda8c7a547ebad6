"""Which recordings go, and that they do."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from recordings_rig import Studio
from tidegate.media.recordings.retention import DAY_S, GB, Disk, RetentionPolicy, removals
from tidegate.media.recordings.types import Recording

NOW = 1_000_000_000.0


def recording(age_days: float, **changed: object) -> Recording:
    made = Recording(
        id=f"rec_local_{int(age_days * 10):04d}",
        channel="demo",
        title="",
        state="ready",
        started_at=NOW - age_days * DAY_S - 3600,
        ended_at=NOW - age_days * DAY_S,
        duration_s=3600.0,
        gap_s=0.0,
        bytes=GB,
        keep=False,
        home_region="local",
        version=1,
        source="",
        reason="",
    )
    return msgspec.structs.replace(made, **changed)


def gone(recordings: list[Recording], policy: RetentionPolicy, disk: Disk | None = None) -> list[str]:
    return [each.recording.id for each in removals(recordings, lambda _: policy, NOW, disk)]


def test_old_ones_go_and_what_grows_or_is_kept_never_does() -> None:
    each = [recording(1), recording(40), recording(50, keep=True), recording(60, state="growing")]
    assert gone(each, RetentionPolicy(days=30)) == ["rec_local_0400"]
    assert gone(each, RetentionPolicy(days=0)) == []


def test_a_channel_keeps_to_its_size_the_oldest_first() -> None:
    each = [recording(1), recording(2), recording(3), recording(4, keep=True), recording(9, channel="other")]
    policies = {"demo": RetentionPolicy(max_gb=2.5), "other": RetentionPolicy()}
    made = removals(each, policies.__getitem__, NOW, None)
    assert [removal.recording.id for removal in made] == ["rec_local_0030", "rec_local_0020"]
    assert all("2.5 GB" in removal.reason for removal in made)


def test_a_full_disk_takes_the_oldest_of_all_channels_until_there_is_room() -> None:
    each = [recording(age, channel=f"c{age}") for age in (1, 2, 3, 4)]
    assert gone(each, RetentionPolicy(), Disk(GB, 3 * GB)) == ["rec_local_0040", "rec_local_0030"]
    assert gone(each, RetentionPolicy(), Disk(3 * GB, 3 * GB)) == []


@given(
    st.lists(
        st.builds(recording, st.floats(0, 100), keep=st.booleans(), bytes=st.integers(0, 5 * GB)), max_size=12
    ),
    st.floats(0, 60),
    st.floats(0, 20),
    st.integers(0, 20 * GB),
)
def test_never_more_than_needed_and_never_what_is_kept(
    recordings: list[Recording], days: float, max_gb: float, floor: int
) -> None:
    disk = Disk(2 * GB, floor)
    made = removals(recordings, lambda _: RetentionPolicy(days, max_gb), NOW, disk)
    assert not any(removal.recording.keep for removal in made)
    assert len({id(removal.recording) for removal in made}) == len(made)
    if not days and not max_gb and floor <= disk.free_bytes:
        assert made == []


async def test_the_sweep_removes_media_and_says_why(studio: Studio) -> None:
    old = await studio.record(8)
    kept = await studio.record(8)
    await studio.recordings.update(kept.id, keep=True)
    studio.retention = RetentionPolicy(days=7)
    assert await studio.recordings.sweep() == []
    studio.clock.advance(8 * DAY_S)
    (removal,) = await studio.recordings.sweep()
    assert (removal.recording.id, removal.reason) == (old.id, "older than 7 days")
    assert [each.id for each in await studio.recordings.recent()] == [kept.id]
    assert [path.name for path in (studio.folder / "media" / "demo").iterdir()] == [kept.broadcast]
    assert (await studio.told())[-1]["reason"] == "older than 7 days"
    (decision,) = studio.decisions
    assert (decision.kind, decision.channel, decision.stream) == ("recording-removal", "demo", old.broadcast)
    assert "older than 7 days" in decision.reason
    assert decision.evidence["recording"] == old.id


async def test_pressure_is_looked_at_between_the_hourly_sweeps(studio: Studio) -> None:
    await studio.record(8)
    await studio.recordings._sweep_when_due()
    studio.clock.advance(30)
    studio.disk = Disk(100, 50)
    await studio.recordings._sweep_when_due()
    assert len(await studio.recordings.recent()) == 1
    studio.disk = Disk(100, 200)
    await studio.recordings._sweep_when_due()
    assert await studio.recordings.recent() == []
