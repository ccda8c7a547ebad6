"""A token bucket per address: how often one may be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.media.channels.throttle import AddressThrottle


def spend(throttle: AddressThrottle, address: str, tries: int = 100) -> int:
    return sum(throttle.allow(address) for _ in range(tries))


def test_a_burst_is_allowed_then_refused() -> None:
    throttle = AddressThrottle(ManualClock(), burst=10)
    assert spend(throttle, "192.0.2.1") == 10
    assert throttle.refused == 90


def test_tries_come_back_with_time_up_to_the_burst() -> None:
    clock = ManualClock()
    throttle = AddressThrottle(clock, burst=10, per_s=0.2)
    spend(throttle, "192.0.2.1")
    clock.advance(10)
    assert spend(throttle, "192.0.2.1") == 2
    clock.advance(1e6)
    assert spend(throttle, "192.0.2.1") == 10


def test_addresses_do_not_pay_for_each_other() -> None:
    throttle = AddressThrottle(ManualClock(), burst=10)
    spend(throttle, "192.0.2.1")
    assert spend(throttle, "192.0.2.2") == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "unix", True),
    ],
)
def test_an_ipv6_household_is_one_address(one: str, other: str, same: bool) -> None:
    throttle = AddressThrottle(ManualClock(), burst=1)
    throttle.allow(one)
    assert throttle.allow(other) is not same


def test_the_table_is_bounded_and_forgets_the_longest_unseen() -> None:
    throttle = AddressThrottle(ManualClock(), burst=1, max_addresses=100)
    for n in range(100):
        throttle.allow(f"10.0.0.{n}")
    assert not throttle.allow("10.0.0.0")
    throttle.allow("10.0.1.0")
    assert len(throttle) == 100
    assert throttle.allow("10.0.0.1")
    assert not throttle.allow("10.0.0.0")


def test_it_says_how_long_to_wait() -> None:
    clock = ManualClock()
    throttle = AddressThrottle(clock, burst=1, per_s=0.2)
    assert throttle.retry_after_s("192.0.2.1") == 0
    throttle.allow("192.0.2.1")
    assert throttle.retry_after_s("192.0.2.1") == 5
    clock.advance(4.5)
    assert throttle.retry_after_s("192.0.2.1") == 1
    clock.advance(0.5)
    assert throttle.retry_after_s("192.0.2.1") == 0


@given(st.lists(st.tuples(st.sampled_from(["a", "10.0.0.1", "10.0.0.2"]), st.floats(0, 100)), max_size=100))
def test_nobody_gets_more_than_burst_and_rate(tries: list[tuple[str, float]]) -> None:
    clock = ManualClock()
    throttle = AddressThrottle(clock, burst=3, per_s=0.5)
    allowed: dict[str, int] = {}
    for address, wait_s in tries:
        clock.advance(wait_s)
        allowed[address] = allowed.get(address, 0) + throttle.allow(address)
    assert all(count <= 3 + clock.monotonic() * 0.5 + 1e-6 for count in allowed.values())


@given(st.lists(st.text(), max_size=300))
def test_any_text_is_an_address_and_the_table_stays_bounded(addresses: list[str]) -> None:
    throttle = AddressThrottle(ManualClock(), max_addresses=10)
    for address in addresses:
        throttle.allow(address)
    assert len(throttle) <= 10
