"""The caches keep to their bounds whatever is put in, and give back only what is fresh."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.delivery import LiveResponse
from tidegate.media.edge.answers import Answer, answer_of
from tidegate.media.edge.cache import ENTRY_OVERHEAD, AnswerCache, RefusalCache


def answer(size: int = 10, max_age_s: float = 60.0, status: int = 200) -> Answer:
    return answer_of(LiveResponse(status, (), b"x" * size, max_age_s), 0.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6000)), max_size=60))
def test_bytes_stay_bounded_and_counted(puts: list[tuple[int, int]]) -> None:
    cache = AnswerCache(bound_bytes=20_000, idle_s=1e9)
    for key, size in puts:
        cache.keep(str(key), answer(size), 60.0, 0.0)
        assert cache.bytes <= 20_000
        assert len(cache) <= 20_000 // ENTRY_OVERHEAD
    for key in range(10):
        cache.drop(str(key))
    assert (len(cache), cache.bytes) == (0, 0)


def test_least_recently_used_goes_first() -> None:
    size = 20_000
    cache = AnswerCache(bound_bytes=90_000, idle_s=1e9)
    for key in "abcd":
        cache.keep(key, answer(size), 60.0, 0.0)
    assert cache.fresh("a", 1.0) is not None
    for key in "efg":
        cache.keep(key, answer(size), 60.0, 2.0)
    assert cache.fresh("a", 3.0) is not None
    assert cache.fresh("b", 3.0) is None
    assert cache.evicted > 0


def test_what_is_larger_than_a_quarter_is_not_kept() -> None:
    cache = AnswerCache(bound_bytes=20_000, idle_s=1e9)
    cache.keep("small", answer(), 60.0, 0.0)
    cache.keep("large", answer(6000), 60.0, 0.0)
    assert cache.fresh("large", 0.0) is None
    assert cache.fresh("small", 0.0) is not None


def test_freshness_ends_and_is_renewed() -> None:
    cache = AnswerCache(bound_bytes=20_000, idle_s=1e9)
    cache.keep("a", answer(), 2.0, now=10.0)
    assert cache.fresh("a", 11.9) is not None
    assert cache.fresh("a", 12.0) is None
    assert cache.stale("a") is not None
    cache.confirm("a", 2.0, now=20.0)
    assert cache.fresh("a", 21.9) is not None


def test_idle_answers_go() -> None:
    cache = AnswerCache(bound_bytes=20_000, idle_s=30.0)
    cache.keep("idle", answer(), 1e9, now=0.0)
    cache.keep("used", answer(), 1e9, now=0.0)
    cache.fresh("used", 20.0)
    cache.sweep(31.0)
    assert (cache.stale("idle"), len(cache)) == (None, 1)
    cache.sweep(51.0)
    assert (len(cache), cache.bytes) == (0, 0)


@given(st.lists(st.integers(0, 50), max_size=80))
def test_refusals_are_bounded(keys: list[int]) -> None:
    refusals = RefusalCache(bound=8, ttl_s=1.0)
    for key in keys:
        refusals.keep(str(key), answer(status=404), 0.0)
        assert refusals.fresh(str(key), 0.5) is not None
    assert len(refusals) <= 8


def test_refusals_are_brief() -> None:
    refusals = RefusalCache(bound=8, ttl_s=1.0)
    refusals.keep("long", answer(status=404, max_age_s=60.0), 0.0)
    refusals.keep("never", answer(status=404, max_age_s=0.0), 0.0)
    assert refusals.fresh("long", 0.99) is not None
    assert refusals.fresh("long", 1.0) is None
    assert refusals.fresh("never", 0.0) is None
