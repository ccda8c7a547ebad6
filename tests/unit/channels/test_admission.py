"""Who may publish."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tidegate.core.clock import ManualClock
from tidegate.core.errors import RateLimitedError, UnauthorizedError
from tidegate.core.streams import Note
from tidegate.media.channels.admission import (
    KeyAdmission,
    TooManyWrongKeysError,
    WrongChannelError,
    WrongKeyError,
)
from tidegate.media.channels.keys import new_key
from tidegate.media.channels.metrics import ChannelsMetrics
from tidegate.media.channels.refusals import RefusalLog
from tidegate.media.channels.service import ChannelService
from tidegate.store import Store


async def admit(admission: KeyAdmission, key: str, channel: str = "demo", ip: str = "192.0.2.1") -> str:
    return await admission.admit(protocol="rtmp", channel=channel, key=key, remote_ip=ip)


async def test_the_right_key_is_admitted_with_and_without_its_channel(
    channels: ChannelService, admission: KeyAdmission
) -> None:
    key = (await channels.create("demo")).key
    assert await admit(admission, key) == "demo"
    assert await admit(admission, key, channel="") == "demo"
    assert admission.admitted == 2


async def test_a_wrong_key_is_refused_with_a_sentence(
    channels: ChannelService, admission: KeyAdmission
) -> None:
    await channels.create("demo")
    wrong, _ = new_key("demo")
    with pytest.raises(WrongKeyError, match=r"The stream key is not right\. Copy the whole key") as caught:
        await admit(admission, wrong)
    assert wrong not in str(caught.value)


async def test_no_key_at_all_is_told_where_to_put_it(admission: KeyAdmission) -> None:
    with pytest.raises(WrongKeyError, match=r"No stream key was given\. .*OBS"):
        await admit(admission, "")


async def test_the_key_of_another_channel_is_refused_and_does_not_tell_whose_it_is(
    channels: ChannelService, admission: KeyAdmission
) -> None:
    await channels.create("demo")
    key = (await channels.create("secret-show")).key
    with pytest.raises(WrongChannelError, match="belongs to another channel than 'demo'") as caught:
        await admit(admission, key)
    assert "secret-show" not in str(caught.value)
    with pytest.raises(WrongChannelError):
        await admit(admission, key, channel="not-there")


async def test_a_refused_key_is_never_logged(channels: ChannelService, admission: KeyAdmission) -> None:
    right = (await channels.create("demo")).key
    wrong, _ = new_key("demo")
    with capture_logs() as logs:
        for key in (wrong, right):
            with pytest.raises(UnauthorizedError):
                await admit(admission, key, channel="other")
    assert len(logs) == 2
    assert wrong not in repr(logs)
    assert right not in repr(logs)


async def test_a_thousand_wrong_keys_cost_a_few_lines_and_do_not_shut_out_the_right_one(
    channels: ChannelService, admission: KeyAdmission
) -> None:
    right = (await channels.create("demo")).key
    outcomes = []
    with capture_logs() as logs:
        for n in range(1000):
            with pytest.raises((WrongKeyError, RateLimitedError)) as caught:
                await admit(admission, f"tgk_{n:08}_{n:032}")
            outcomes.append(type(caught.value))
        assert await admit(admission, right) == "demo"
    assert outcomes == [WrongKeyError] * 10 + [TooManyWrongKeysError] * 990
    assert (admission.wrong, admission.throttled, admission.admitted) == (1000, 990, 1)
    assert len(logs) == 10 + 10


async def test_the_throttled_are_told_when_to_come_back(admission: KeyAdmission, clock: ManualClock) -> None:
    for _ in range(10):
        with pytest.raises(WrongKeyError):
            await admit(admission, "wrong")
    with pytest.raises(TooManyWrongKeysError) as caught:
        await admit(admission, "wrong")
    assert caught.value.data["retry_after_s"] == 5
    assert "try again in 5 s" in caught.value.hint
    clock.advance(5)
    with pytest.raises(WrongKeyError):
        await admit(admission, "wrong")


async def test_other_addresses_do_not_pay(admission: KeyAdmission) -> None:
    for _ in range(20):
        with pytest.raises((WrongKeyError, TooManyWrongKeysError)):
            await admit(admission, "wrong", ip="192.0.2.1")
    with pytest.raises(WrongKeyError):
        await admit(admission, "wrong", ip="192.0.2.2")


async def test_publishing_goes_on_while_the_store_is_away(
    store: Store, channels: ChannelService, admission: KeyAdmission
) -> None:
    key = (await channels.create("demo")).key
    await store.close()
    assert await admit(admission, key) == "demo"


async def test_a_rotated_key_works_and_the_old_one_does_not(
    channels: ChannelService, admission: KeyAdmission
) -> None:
    old = (await channels.create("demo")).key
    new = (await channels.rotate_key("demo")).key
    assert await admit(admission, new) == "demo"
    with pytest.raises(WrongKeyError):
        await admit(admission, old)


async def test_a_deleted_channel_takes_nobody(channels: ChannelService, admission: KeyAdmission) -> None:
    key = (await channels.create("demo")).key
    await channels.delete("demo")
    with pytest.raises(WrongKeyError):
        await admit(admission, key)


async def test_many_at_once_are_all_answered(channels: ChannelService, admission: KeyAdmission) -> None:
    keys = [(await channels.create(f"c{n}")).key for n in range(20)]
    names = await asyncio.gather(*(admit(admission, key, channel="") for key in keys))
    assert names == [f"c{n}" for n in range(20)]


async def test_its_counters_are_read_at_scrape_time(
    channels: ChannelService, admission: KeyAdmission, refusals: RefusalLog
) -> None:
    registry = CollectorRegistry()
    registry.register(ChannelsMetrics(channels.directory, admission, refusals))
    await admit(admission, (await channels.create("demo")).key)
    for _ in range(12):
        with pytest.raises((WrongKeyError, TooManyWrongKeysError)):
            await admit(admission, "wrong")

    def answers(answer: str) -> float | None:
        return registry.get_sample_value("tidegate_channels_admissions_total", {"answer": answer})

    assert [answers("admitted"), answers("wrong-key"), answers("throttled")] == [1, 10, 2]
    assert registry.get_sample_value("tidegate_channels") == 1
    refusals.refused("demo", Note("bad-codec", "error", "No.", "", 0.0))
    assert registry.get_sample_value("tidegate_channels_refusals_total") == 1
