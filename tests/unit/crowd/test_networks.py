"""What networks carry: as much as their traces say, in the time it takes, and the same for the same seed."""

from math import inf, log
from random import Random
from statistics import median, pstdev

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tidegate.media.crowd.networks import NETWORKS, STEPS_MAX, TRACE_STEPS, Trace, make_trace
from tidegate.media.crowd.trace_files import parse_trace
from tidegate.media.crowd.types import CrowdError

traces = st.builds(
    Trace,
    st.lists(st.floats(0.0, 1e8), min_size=1, max_size=30).map(tuple),
    st.sampled_from([0.1, 1.0, 2.5]),
)
caps = st.one_of(st.just(inf), st.floats(1e3, 1e7))


@settings(deadline=None)
@given(traces, st.floats(0.0, 100.0), st.floats(0.0, 1e8), caps)
def test_what_has_come_when_it_is_finished_is_what_was_sent(
    trace: Trace, begin_s: float, bits: float, cap: float
) -> None:
    end_s = trace.finish(begin_s, bits, cap)
    assert end_s >= begin_s
    assume(end_s - begin_s < trace.step_s * (STEPS_MAX - 2))
    assert trace.carried(begin_s, end_s, cap) == pytest.approx(bits, rel=1e-6, abs=1.0)


@settings(deadline=None)
@given(traces, st.floats(0.0, 100.0), st.floats(0.0, 50.0), st.floats(0.0, 50.0), caps)
def test_two_stretches_carry_what_both_together_do(
    trace: Trace, begin_s: float, first_s: float, second_s: float, cap: float
) -> None:
    assume((first_s + second_s) / trace.step_s < STEPS_MAX - 2)
    middle_s, end_s = begin_s + first_s, begin_s + first_s + second_s
    apart = trace.carried(begin_s, middle_s, cap) + trace.carried(middle_s, end_s, cap)
    assert apart == pytest.approx(trace.carried(begin_s, end_s, cap), rel=1e-6, abs=1.0)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_is_what_its_parameters_say(name: str) -> None:
    network = NETWORKS[name]
    made = [make_trace(network, Random(seed)) for seed in range(200)]
    assert made == [make_trace(network, Random(seed)) for seed in range(200)]
    carrying = [rate for trace in made for rate in trace.bps if rate > 0]
    assert all(len(trace.bps) == TRACE_STEPS for trace in made)
    lost = sum(rate == 0 for trace in made for rate in trace.bps) / (200 * TRACE_STEPS)
    assert median(carrying) == pytest.approx(network.median_bps, rel=0.1)
    if not network.outage_every_s:
        assert pstdev([log(rate) for rate in carrying]) == pytest.approx(network.spread, rel=0.1)
        assert lost == 0
    else:
        assert lost <= network.outage_s / network.outage_every_s


def test_the_logs_of_the_data_sets_are_read() -> None:
    log_of_4g = "1453121790686 39287 51.03 3.73 2493100 1000\n1453121791687 40288 51.03 3.73 2763504 1000\n"
    assert parse_trace(log_of_4g, "report_car.log").bps == (2493100 * 8.0, 2763504 * 8.0)


def test_rates_and_packets_are_read() -> None:
    assert parse_trace("# s kbit/s\n0 1000\n1, 500\n3 2000\n", "rates.csv").bps == (1e6, 5e5, 5e5, 2e6, 2e6)
    packets = "".join(f"{ms}\n" for ms in range(0, 3000, 12))
    assert parse_trace(packets, "mahimahi.down").bps == pytest.approx((1e6, 1e6, 1e6), rel=0.02)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "a b\n", "1 2 3\n", "1 2\n3\n", "0 0\n1 0\n", "nan 1\n", "0 inf\n"]
)
def test_what_is_no_trace_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(CrowdError) as refused:
        parse_trace(text, "file.log")
    assert "file.log" in refused.value.message


@settings(deadline=None)
@given(st.text(alphabet="0123456789.-+eE ,#\n\tnaif", max_size=200))
def test_any_text_is_a_trace_or_refused(text: str) -> None:
    try:
        trace = parse_trace(text, "any")
    except CrowdError:
        return
    assert trace.bps
    assert all(0 <= rate < inf for rate in trace.bps)
    assert any(trace.bps)
