"""The rules: signatures, schedules, order, forms of events, addresses; all without I/O."""

import base64
import json
import re
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.store import OutboxEvent
from tidegate.webhooks import schedule, signing
from tidegate.webhooks.deliverer import PER_ENDPOINT, ready
from tidegate.webhooks.errors import WebhookUrlError
from tidegate.webhooks.events import TYPES, event_of
from tidegate.webhooks.hook import SENTENCE_MAX_CHARS, sentence_in
from tidegate.webhooks.log import stream_type
from tidegate.webhooks.outgoing import checked_url, is_public
from tidegate.webhooks.sealing import Seal, SealedSecretError
from tidegate.webhooks.signing_secrets import SigningSecrets, parse_secrets
from tidegate.webhooks.types import Delivery


def delivery(
    number: int, webhook: str = "w", channel: str = "c", next_at: float = 0.0, attempts: int = 0
) -> Delivery:
    return Delivery(f"d{number}", webhook, f"e{number}", "stream.started", channel, "{}", "pending", attempts,
                    next_at, 0, "", "", 0.0, 0.0, 0.0)  # fmt: skip


def test_a_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signing.headers((secret,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_new_each_time_and_long_enough() -> None:
    secrets = {signing.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in secrets)


def test_a_sealed_secret_is_its_owners_alone() -> None:
    seal = Seal(b"0" * 32)
    sealed = seal.seal("whsec_x", "whk_1")
    assert b"whsec" not in sealed
    assert seal.open(sealed, "whk_1") == "whsec_x"
    for other, owner in ((seal, "whk_2"), (Seal(b"1" * 32), "whk_1")):
        with pytest.raises(SealedSecretError):
            other.open(sealed, owner)


def test_tries_go_on_for_a_day_and_ever_more_rarely() -> None:
    chance, now, attempts = Random(1), 0.0, 0
    while True:
        attempts += 1
        next_at = now + schedule.delay_s(attempts, chance)
        if schedule.gives_up(0.0, next_at, 500):
            break
        now = next_at
    assert 23 * 3600 < now <= 24 * 3600
    assert 25 < attempts < 50
    assert schedule.gives_up(0.0, 5.0, 410)


@given(
    st.lists(st.tuples(st.sampled_from("wv"), st.sampled_from("cd"), st.sampled_from([0.0, 99.0]), st.integers(0, 9)), max_size=30),
    st.integers(0, 5),
)  # fmt: skip
def test_one_at_a_time_a_channel_oldest_first_and_few_an_endpoint(
    rows: list[tuple[str, str, float, int]], under_way: int
) -> None:
    waiting = [delivery(n, w, c, at, tries) for n, (w, c, at, tries) in enumerate(rows)]
    running = waiting[:under_way]
    chosen = ready(waiting, running, {"w", "v"}, 10.0)
    both = [*running, *chosen]
    assert not {each.id for each in chosen} & {each.id for each in running}
    assert len({(each.webhook, each.channel) for each in chosen}) == len(chosen)
    for each in chosen:
        assert each.next_at <= 10.0
        assert sum(other.webhook == each.webhook for other in both) <= PER_ENDPOINT + under_way
        before = [other for other in waiting[: waiting.index(each)]
                  if (other.webhook, other.channel) == (each.webhook, each.channel)]  # fmt: skip
        assert all(other.next_at > 10.0 and other.attempts >= schedule.ORDERED_ATTEMPTS for other in before)


def test_an_event_that_keeps_failing_lets_later_ones_pass() -> None:
    stuck, later = delivery(0, next_at=99.0, attempts=4), delivery(1)
    assert ready([stuck, later], [], {"w"}, 10.0) == []
    stuck = delivery(0, next_at=99.0, attempts=5)
    assert ready([stuck, later], [], {"w"}, 10.0) == [later]
    assert ready([delivery(0)], [], set(), 10.0) == []


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        ("channel", {"channel": "demo", "change": "created"}, "channel.created"),
        ("channel", {"channel": "demo", "change": "key-rotated"}, "channel.key-rotated"),
        ("recording", {"recording": "rec_1", "channel": "demo", "change": "ready", "duration_s": 9.5}, "recording.ready"),
        ("recording", {"recording": "rec_1", "channel": "demo", "change": "started"}, None),
        ("event", {"type": "stream.started", "channel": "demo", "at": 5.0, "data": {"channel": "demo"}}, "stream.started"),
        ("event", {"type": "made.up", "channel": "demo", "at": 5.0, "data": {}}, None),
        ("setting", {"name": "x"}, None),
    ],
)  # fmt: skip
def test_what_receivers_are_told(topic: str, payload: dict[str, object], kind: str | None) -> None:
    told = event_of(OutboxEvent("evt_1", topic, payload, 1_700_000_000.5))
    assert (told.type if told else None) == kind
    if told:
        body = json.loads(told.body)
        assert set(body) == {"type", "timestamp", "version", "data"}
        assert body["version"] == 1
        assert body["data"]["channel"] == told.channel == "demo"
        assert told.type in TYPES


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (None, "starting", ""),
        ("starting", "live", "stream.started"),
        (None, "live", "stream.started"),
        ("live", "live", ""),
        ("live", "interrupted", "stream.interrupted"),
        ("interrupted", "live", "stream.resumed"),
        ("interrupted", "ended", "stream.ended"),
        ("ended", "starting", ""),
    ],
)
def test_a_change_of_state_is_an_event(before, now, kind: str) -> None:
    assert stream_type(before, now) == kind


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_only_public_addresses_are_gone_to(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "https://", "https://user:pw@example.org", "https://e.org/" + "a" * 1100,
     "file:///etc/passwd", "http://[::1"],
)  # fmt: skip
def test_addresses_that_cannot_be_posted_to(url: str) -> None:
    with pytest.raises(WebhookUrlError):
        checked_url(url)


@given(st.text(max_size=2000))
def test_a_hooks_sentence_is_one_printable_bounded_line(text: str) -> None:
    line = sentence_in(text)
    assert len(line) <= SENTENCE_MAX_CHARS
    assert line.isprintable()


def test_a_hooks_sentence_in_json_or_text() -> None:
    assert sentence_in('{"detail": "Not today."}') == "Not today."
    assert sentence_in('{"message": "No."}') == "No."
    assert sentence_in("Come back\n tomorrow.") == "Come back tomorrow."
    assert sentence_in("{}") == ""


def test_the_check_in_the_docs_takes_what_is_sent_and_nothing_else() -> None:
    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    found: dict[str, Any] = {}
    exec(page.partition("<!-- tests run this -->")[2].partition("```python")[2].partition("```")[0], found)
    verified = found["verified"]
    secret, body, now = signing.new_secret(), b'{"type": "webhook.test"}', int(time.time())
    headers = signing.headers((secret,), "evt_1", now, body)
    assert verified(secret, headers, body)
    assert not verified(signing.new_secret(), headers, body)
    assert not verified(secret, headers, body + b" ")
    assert not verified(secret, {**headers, "webhook-id": "evt_2"}, body)
    assert not verified(secret, signing.headers((secret,), "evt_1", now - 1000, body), body)
    for kind in TYPES:
        assert f"`{kind}`" in page
    example = json.loads(
        re.findall(r"^    (\{\"type\": \"stream.started\".*?\}\})", page, re.MULTILINE | re.DOTALL)[0]
    )
    told = {"type": "stream.started", "channel": "demo", "at": 1_700_000_000.0, "data": example["data"]}
    sent = event_of(OutboxEvent("evt_1", "event", told, 0.0))
    assert sent
    assert json.loads(sent.body) == example


@given(st.floats(0, 1e10), st.floats(0, 604_800), st.floats(0, 1e10))
def test_secrets_are_kept_as_text_and_the_old_one_ends(at: float, grace_s: float, later: float) -> None:
    first = SigningSecrets(signing.new_secret())
    second = first.rotated(at, grace_s)
    assert parse_secrets(first.text()) == first
    assert parse_secrets(second.text()) == second
    valid = second.valid(later)
    assert valid[0] == second.current
    assert (first.current in valid) == (bool(grace_s) and later < at + grace_s)
