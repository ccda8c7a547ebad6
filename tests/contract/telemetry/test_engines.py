"""What both engines do alike."""

import asyncio
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facts_rig import MAKERS, lines, playback, rows
from tidegate.core.facts import TABLES
from tidegate.telemetry.contract import QueryLimits, QueryRefusedError, QueryTooHeavyError, TelemetryAwayError
from tidegate.telemetry.schema import Retention

NOW = float(int(time.time()) // 60 * 60)
HOSTILE = [
    "'; DROP TABLE playback; --",
    "x' OR '1'='1",
    'a"b',
    "back\\slash\\'",
    "{name:String}",
    "${x} $1 ? %s {}",
    "line\nfeed\r\ttab",
    "nul\0byte",
    "\u2028 é 😀 \ufffe",
    "FORMAT CSV\n1,2",
    "/* comment */ -- ; SELECT 1",
]


async def test_every_table_takes_its_facts_and_gives_them_back(rig, ask) -> None:
    for table, make in MAKERS.items():
        await rig.telemetry.insert(table, lines(make(NOW + 0.25), make(NOW + 0.5)), f"one-{table}")
        assert await ask(f"SELECT count(), toString(max(at)) FROM {table}") == [2, _text(NOW + 0.5)]
        answer = await rig.telemetry.query(f"SELECT * FROM {table} LIMIT 1")
        assert [column.name for column in answer.columns] == list(TABLES[table].__struct_fields__)


async def test_names_and_values_are_stored_as_objects_are(rig, ask) -> None:
    for table, make in MAKERS.items():
        texts = {"channel": "a\"b'", "region": "\u2028 é"} if table != "node" else {"roles": "origin,edge"}
        facts = [make(NOW + index, arms=("x:treatment",), **texts) for index in range(3)]
        await rig.telemetry.insert(table, lines(*facts), f"objects-{table}")
        await rig.telemetry.insert(table, rows(*facts), f"rows-{table}")
        assert await ask(f"SELECT count() FROM {table}") == [6], table
        assert await ask(f"SELECT count() FROM (SELECT DISTINCT * FROM {table})") == [3], table


async def test_a_batch_of_another_release_is_stored_as_far_as_it_is_known(rig, ask) -> None:
    names = ["at", "received_at", "session", "device", "mood", "channel"]
    values = [NOW, NOW, "ses_9", "tv", "glad", "demo"]
    await rig.telemetry.insert(
        "playback", msgspec.json.encode(names) + b"\n" + msgspec.json.encode(values), "t"
    )
    assert await ask("SELECT session, device, region, sample_share FROM playback") == ["ses_9", "tv", "", 1.0]
    assert await ask("SELECT device FROM playback_1m") == ["tv"]
    for bad in (b'["at"\n[1]\n', b"[1,2]\n[1,2]\n", b'["at","device"]\n[1]\n', b'["at"]\n["noon"]\n'):
        with pytest.raises(QueryRefusedError):
            await rig.telemetry.insert("playback", bad, f"bad-{bad!r}")


async def test_an_engine_whose_dimensions_came_as_they_are_kept_is_brought_up_to_date(rig, ask) -> None:
    before = ("device", "channel", "region")
    await rig.telemetry.insert("playback", rows(playback(NOW, device="phone")), "1")
    for name in before:
        for change in (f"MODIFY COLUMN {name} REMOVE DEFAULT", f"DROP COLUMN {name}_text"):
            await rig.telemetry.run(f"ALTER TABLE tidegate.playback {change}")
    await rig.telemetry.insert("playback", lines(playback(NOW, device="tv", channel="a")), "2")
    await rig.reopen()
    await rig.telemetry.insert("playback", rows(playback(NOW, device="tv", channel="b")), "3")
    answer = await rig.telemetry.query("SELECT device, channel, region FROM playback ORDER BY channel")
    assert answer.rows == [["tv", "a", "eu-west"], ["tv", "b", "eu-west"], ["phone", "demo", "eu-west"]]


def _text(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) + f".{round(at % 1 * 1000):03d}"


async def test_a_batch_given_twice_is_stored_once_in_every_aggregate(rig, ask) -> None:
    facts = lines(*(playback(NOW + second, watched_s=1.5, latency_s=2.0) for second in range(90)))
    for _ in range(3):
        await rig.telemetry.insert("playback", facts, "same")
    for table in ("playback", "playback_1s", "playback_10s", "playback_1m", "sessions"):
        assert await ask(f"SELECT sum(facts), sum(watched_s) FROM {table}") == [90, 135.0], table
    assert await ask("SELECT count() FROM playback_10s FINAL") == [9]
    await rig.telemetry.insert("playback", facts, "another")
    assert await ask("SELECT sum(facts) FROM playback_1m") == [180]


async def test_one_formula_is_true_of_facts_and_of_every_aggregate(rig, ask) -> None:
    facts = [
        playback(
            NOW + index / 10,
            session=f"s{index % 7}",
            bitrate_bps=None if index % 5 == 0 else 1_000_000 * (1 + index % 3),
            watched_s=index / 100,
            latency_s=None if index % 4 == 0 else 1 + (index * 37 % 101) / 50,
            exit="before-start" if index % 50 == 0 else "",
        )
        for index in range(1200)
    ]
    await rig.telemetry.insert("playback", lines(*facts), "t")
    tables = ("playback", "playback_1s", "playback_10s", "playback_1m")
    formula = "sum(played_bits) / sum(rated_s), sum(latency_reports), sum(exited_before_start), sum(facts)"
    answers = [await ask(f"SELECT {formula} FROM {table}") for table in tables]
    for answer in answers:
        assert answer[0] == pytest.approx(answers[0][0])
        assert answer[1:] == [900, 24, 1200]
    quantile = await ask("SELECT quantileDD(0.01, 0.95)(latency_s) FROM playback")
    exact = await ask("SELECT quantileExact(0.95)(latency_s) FROM playback")
    assert quantile[0] == pytest.approx(exact[0], rel=0.011)
    for table in tables[1:]:
        assert await ask(f"SELECT quantileDDMerge(0.01, 0.95)(latency_s_sketch) FROM {table}") == quantile


async def test_facts_that_come_one_a_second_are_the_first_aggregate_themselves(rig, ask) -> None:
    facts = [
        MAKERS["delivery"](NOW + second, requests=second, hits=1, viewers=second % 7) for second in range(120)
    ]
    await rig.telemetry.insert("delivery", lines(*facts), "t")
    for table in ("delivery", "delivery_1s", "delivery_10s", "delivery_1m"):
        formula = "sum(requests), sum(hits), sum(facts), max(viewers_max), min(viewers_min)"
        assert await ask(f"SELECT {formula} FROM {table}") == [sum(range(120)), 120, 120, 6, 0], table
    assert await ask("SELECT toString(max(at)) FROM delivery_1s") == [_text(NOW + 119)[:-4]]


async def test_a_session_is_one_row_whatever_the_order_its_facts_come_in(rig, ask) -> None:
    facts = [
        playback(NOW, seq=1, joined=1, state="starting", device="tv", player="hls.js"),
        playback(NOW + 1, seq=2, started=1, startup_s=0.8, state="playing", event="state"),
        playback(NOW + 11, seq=3, watched_s=9.0, rebuffer_s=1.0, rebuffers=1, bitrate_bps=3_000_000,
                 latency_s=2.0, frames=240, dropped_frames=3, device="tv", rendition="720p"),
        playback(NOW + 15, seq=4, error="mediaError:stalled", state="rebuffering"),
        playback(NOW + 21, seq=5, watched_s=10.0, switches=1, bitrate_bps=6_000_000, latency_s=4.0,
                 frames=250, exit="left", state="quit", region="us-east", rendition="1080p"),
    ]  # fmt: skip
    for index in (3, 0, 4, 2, 1):
        await rig.telemetry.insert("playback", lines(facts[index]), f"fact-{index}")
    answer = await rig.telemetry.query("SELECT * FROM sessions WHERE channel = 'demo' AND session = 'ses_1'")
    (row,) = answer.rows
    session = dict(zip([column.name for column in answer.columns], row, strict=True))
    expected = {
        "joined_at": _text(NOW), "last_at": _text(NOW + 21), "startup_s": 0.8, "watched_s": 19.0, "rebuffer_s": 1.0,
        "rebuffers": 1, "switches": 1, "frames": 490, "dropped_frames": 3, "errors": 1, "error": "mediaError:stalled",
        "exit": "left", "state": "quit", "region": "us-east", "rendition": "1080p", "device": "tv", "player": "hls.js",
        "joined": 1, "started": 1, "facts": 5, "latency_s": 3.0, "latency_max_s": 4.0,
    }  # fmt: skip
    assert {name: session[name] for name in expected} == expected
    assert session["bitrate_bps"] == pytest.approx((9 * 3e6 + 10 * 6e6) / 19)


async def test_text_in_a_fact_is_data(rig, ask) -> None:
    texts = [name for name in TABLES["log"].__struct_fields__ if name not in ("at", "arms", "fields")]
    facts = [MAKERS["log"](NOW, **dict.fromkeys(texts, text), arms=(text,)) for text in HOSTILE]
    await rig.telemetry.insert("log", lines(*facts), "hostile")
    for text in HOSTILE:
        for name in texts:
            assert await ask(f"SELECT count() FROM log WHERE {name} = {{text:String}}", text=text) == [1]
        assert await ask("SELECT count() FROM log WHERE has(arms, {text:String})", text=text) == [1]
    assert await ask("SELECT count() FROM log WHERE message IN {texts:Array(String)}", texts=HOSTILE) == [
        len(HOSTILE)
    ]
    assert await ask("SELECT count() FROM playback") == [0]


async def test_a_table_must_be_one_of_the_facts(rig) -> None:
    for table in ("sessions", "playback; DROP TABLE log", ""):
        with pytest.raises(QueryRefusedError):
            await rig.telemetry.insert(table, b"{}\n", "t")


async def test_logs_are_found_by_words(rig, ask) -> None:
    await rig.telemetry.insert(
        "log",
        lines(
            MAKERS["log"](NOW, message="publisher_connected channel=demo remote=10.0.0.7"),
            MAKERS["log"](NOW, message="segment_stored channel=other"),
        ),
        "t",
    )
    found = "SELECT count() FROM log WHERE hasToken(lower(message), {word:String})"
    assert await ask(found, word="demo") == [1]
    assert await ask(found, word="channel") == [2]


async def test_a_query_can_write_nothing(rig, ask) -> None:
    for sql in (
        "INSERT INTO log (event) VALUES ('x')",
        "DROP TABLE log",
        "ALTER TABLE log DELETE WHERE 1",
        "CREATE TABLE t (a Int8) ENGINE = Memory",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
    ):
        with pytest.raises(QueryRefusedError):
            await rig.telemetry.query(sql)
    assert await ask("SELECT count() FROM log") == [0]


@pytest.mark.parametrize(
    ("sql", "limits"),
    [
        ("SELECT number FROM numbers(20000)", QueryLimits(rows=100)),
        ("SELECT count() FROM numbers(1e13)", QueryLimits(seconds=0.5)),
        ("SELECT groupArray(number) FROM numbers(1e8)", QueryLimits(memory_bytes=64 << 20)),
    ],
)
async def test_a_query_that_costs_too_much_is_stopped(rig, ask, sql: str, limits: QueryLimits) -> None:
    with pytest.raises(QueryTooHeavyError) as stopped:
        await rig.telemetry.query(sql, limits=limits)
    assert stopped.value.hint
    assert await ask("SELECT 1") == [1]


async def test_what_the_engine_does_not_understand_is_refused_with_its_own_sentence(rig) -> None:
    for sql, word in (
        ("SELECT nothing FROM log", "nothing"),
        ("SELEC 1", "Syntax error"),
        ("SELECT * FROM nowhere", "nowhere"),
    ):
        with pytest.raises(QueryRefusedError, match=word) as refused:
            await rig.telemetry.query(sql)
        assert len(refused.value.message) <= 300
    for bad in (b'{"at":"noon"}\n', b"not json\n", b'{"watched_s":[]}\n'):
        with pytest.raises(QueryRefusedError):
            await rig.telemetry.insert("playback", bad, f"bad-{bad!r}")


async def test_nothing_over_nothing_and_large_numbers_are_jsons(rig, ask) -> None:
    row = await ask("SELECT 0 / 0, 1 / 0, toInt64(-9007199254740993), [1, 2], NULL, 'x'")
    assert row == [None, None, -9007199254740993, [1, 2], None, "x"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


async def test_parameters_arrive_as_they_were_given(rig) -> None:
    sql = "SELECT {t:String}, {l:Array(String)}, {i:Int64}, {f:Float64}, {b:Bool}, {u:String} = {t:String}"
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        TEXTS,
        st.lists(TEXTS, max_size=4),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
    )
    def arrives(text: str, texts: list[str], whole: int, part: float, flag: bool) -> None:
        given_params = {"t": text, "u": text, "l": texts, "i": whole, "f": part, "b": flag}
        asked = asyncio.run_coroutine_threadsafe(rig.telemetry.query(sql, given_params), loop)
        (row,) = asked.result(30).rows
        assert [*row[:3], float(row[3]), *row[4:]] == [text, texts, whole, part, flag, 1]

    await asyncio.to_thread(arrives)


async def test_a_fact_of_any_values_comes_back_as_it_was(rig) -> None:
    loop = asyncio.get_running_loop()
    floats = st.floats(-1e12, 1e12)
    fields = st.fixed_dictionaries(
        {
            "player": TEXTS, "error": TEXTS, "network": TEXTS, "arms": st.lists(TEXTS, max_size=3).map(tuple),
            "watched_s": floats, "startup_s": st.none() | floats, "frames": st.integers(-(2**63), 2**63 - 1),
            "bitrate_bps": st.none() | st.integers(0, 2**62),
        }
    )  # fmt: skip
    number = iter(range(10**6))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(fields)
    def comes_back(values: dict[str, object]) -> None:
        session = f"s{next(number)}"
        fact = playback(NOW, session=session, **values)
        asyncio.run_coroutine_threadsafe(rig.telemetry.insert("playback", lines(fact), session), loop).result(
            30
        )
        asked = rig.telemetry.query(
            f"SELECT {', '.join(values)} FROM playback WHERE session = {{s:String}}", {"s": session}
        )
        (row,) = asyncio.run_coroutine_threadsafe(asked, loop).result(30).rows
        assert dict(zip(values, row, strict=True)) == values | {"arms": list(values["arms"])}  # type: ignore[call-overload]

    await asyncio.to_thread(comes_back)


async def test_retention_changes_while_it_runs_and_at_a_start(rig, ask) -> None:
    kept = "SELECT extract(engine_full, 'toIntervalHour\\\\((\\\\d+)') FROM system.tables WHERE name = {t:String}"
    assert await ask(kept, t="playback") == ["168"]
    await rig.telemetry.keep(Retention(facts=48, buckets_1s=2))
    assert await ask(kept, t="playback") == ["48"]
    assert await ask(kept, t="playback_1s") == ["2"]
    assert await ask(kept, t="log") == ["336"]
    await rig.reopen(Retention(logs=24))
    assert await ask(kept, t="log") == ["24"]
    assert await ask(kept, t="playback") == ["168"]


async def test_what_is_too_old_goes(rig, ask) -> None:
    await rig.telemetry.insert("log", lines(MAKERS["log"](NOW - 3 * 86400), MAKERS["log"](NOW)), "t")
    assert await ask("SELECT count() FROM log") == [2]
    await rig.telemetry.keep(Retention(logs=24))
    async with asyncio.timeout(60):
        while await ask("SELECT count() FROM log") != [1]:
            await asyncio.sleep(0.1)


async def test_it_says_when_it_is_away_and_comes_back(rig, ask) -> None:
    assert (await rig.telemetry.check()).status == "ok"
    await rig.telemetry.insert("log", lines(MAKERS["log"](NOW)), "t")
    await rig.kill()
    await rig.back()
    assert await ask("SELECT count() FROM log") == [1]
    assert (await rig.telemetry.check()).status == "ok"


async def test_before_it_is_open_it_is_away(rig) -> None:
    other = rig.another()
    with pytest.raises(TelemetryAwayError):
        await other.query("SELECT 1")
    with pytest.raises(TelemetryAwayError):
        await other.insert("log", lines(MAKERS["log"](NOW)), "t")
    assert (await other.check()).status == "degraded"
    await other.stop()
