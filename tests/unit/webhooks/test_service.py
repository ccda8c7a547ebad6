"""Endpoints and deliveries over a real store and a real receiver, in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tidegate.core.clock import SystemClock
from tidegate.core.errors import ForbiddenError, InvalidError, UnavailableError
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.core.streams import Note, StreamEvent
from tidegate.store import Store, create_store
from tidegate.store.tables import webhooks as table
from tidegate.webhooks import signing
from tidegate.webhooks.hook import HookedAdmission
from tidegate.webhooks.log import WAITING_MAX, EventLog
from tidegate.webhooks.outgoing import RESPONSE_MAX_BYTES
from tidegate.webhooks.sealing import Seal
from tidegate.webhooks.sender import Sender
from tidegate.webhooks.service import WebhookInvalidError, WebhookNotFoundError, WebhookService
from webhook_receiver import Receiver, receiving

SECRET = b"0" * 32


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = create_store(f"sqlite:///{tmp_path / 'tidegate.db'}", clock=SystemClock())
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
async def service(store: Store) -> AsyncIterator[WebhookService]:
    made = WebhookService(store, store.clock, Seal(SECRET), Sender(lambda: True))
    await made.start()
    yield made
    await made.stop()


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


async def happen(store: Store, service: WebhookService, kind: str, channel: str = "demo") -> None:
    told = {"type": kind, "channel": channel, "at": 1_700_000_000.0, "data": {"channel": channel}}
    await store.write(lambda transaction: transaction.emit("event", told))
    await store.drain(service.take)


async def test_a_new_secret_and_the_old_one_both_sign_until_the_grace_is_over(
    store: Store, service: WebhookService, receiver
) -> None:
    made = await service.add(receiver.url)
    rotated = await service.rotate(made.webhook.id, grace_s=60)
    assert rotated.secret != made.secret
    assert rotated.webhook.old_secret_until == pytest.approx(store.clock.wall() + 60, abs=5)
    await service.load()  # as after a restart

    async def signatures(count: int) -> list[str]:
        await service.test(made.webhook.id)
        await until(lambda: len(receiver.got) >= count)
        headers, body = receiver.got[-1]
        at = int(headers["webhook-timestamp"])
        by = {
            signing.headers((secret,), headers["webhook-id"], at, body)["webhook-signature"]: name
            for secret, name in ((made.secret, "old"), (rotated.secret, "new"), (again, "newest"))
        }
        return [by.get(each, "?") for each in headers["webhook-signature"].split(" ")]

    again = signing.new_secret()
    assert await signatures(1) == ["new", "old"]
    again = (await service.rotate(made.webhook.id, grace_s=60)).secret
    assert await signatures(2) == ["newest", "new"]
    again = (await service.rotate(made.webhook.id, grace_s=0)).secret
    assert await signatures(3) == ["newest"]
    assert service.get(made.webhook.id).old_secret_until == 0


async def test_a_secret_is_rotated_within_bounds_and_for_who_is_there(
    service: WebhookService, receiver
) -> None:
    made = await service.add(receiver.url)
    for grace_s in (-1.0, 8 * 86_400.0, float("nan")):
        with pytest.raises(WebhookInvalidError, match="cannot count"):
            await service.rotate(made.webhook.id, grace_s)
    with pytest.raises(WebhookNotFoundError):
        await service.rotate("whk_local_0", 0)


async def test_an_event_arrives_signed_and_is_in_the_log(
    store: Store, service: WebhookService, receiver
) -> None:
    made = await service.add(receiver.url, description="ours")
    await happen(store, service, "stream.started")
    await until(lambda: receiver.got)
    headers, body = receiver.got[0]
    signed = signing.headers((made.secret,), headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == signed["webhook-signature"]
    assert receiver.events() == [("stream.started", {"channel": "demo"})]

    async def logged():
        return (await service.deliveries())[0]

    while (done := await logged()).state == "pending":
        await asyncio.sleep(0.01)
    assert (done.state, done.attempts, done.status, done.response) == ("delivered", 1, 200, "thank you")
    assert done.event == headers["webhook-id"]
    (row,) = await store.read(table.select())
    assert made.secret.encode() not in bytes(row.secret)


async def test_endpoints_hear_what_they_asked_for(store: Store, service: WebhookService, receiver) -> None:
    await service.add(receiver.url, events=("stream.ended",), channel="demo")
    off = await service.add(receiver.url)
    await service.change(off.webhook.id, {"enabled": False})
    for kind, channel in (("stream.started", "demo"), ("stream.ended", "other"), ("stream.ended", "demo")):
        await happen(store, service, kind, channel)
    await until(lambda: receiver.got)
    assert receiver.events() == [("stream.ended", {"channel": "demo"})]


async def test_an_event_taken_twice_is_one_delivery(store: Store, service: WebhookService, receiver) -> None:
    await service.add(receiver.url)
    taken = []
    await store.write(lambda tx: tx.emit("channel", {"channel": "demo", "change": "created"}))

    async def twice(event) -> None:
        for _ in range(2):
            await service.take(event)
        taken.append(event)

    await store.drain(twice)
    await until(lambda: receiver.got)
    await asyncio.sleep(0.1)
    assert receiver.ids() == [taken[0].id]
    assert len(await service.deliveries()) == 1


async def test_a_slow_endpoint_holds_nobody_else_up(store: Store, service: WebhookService, receiver) -> None:
    with receiving() as slow:
        slow.delay.clear()
        await service.add(slow.url)
        await service.add(receiver.url)
        for number in range(20):
            await happen(store, service, "stream.started", f"c{number}")
        await until(lambda: len(receiver.got) == 20)
        assert len(slow.got) <= 4


async def test_what_fails_is_tried_again_with_the_same_id_and_in_order(
    store: Store, service: WebhookService, receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.webhooks.schedule.FIRST_S", 0.1)
    await service.add(receiver.url)
    receiver.status, receiver.answer = 500, b"x" * 100_000
    for kind in ("stream.started", "stream.interrupted", "stream.ended"):
        await happen(store, service, kind)
    await until(lambda: len(receiver.got) >= 2)
    receiver.status, receiver.answer = 200, b""
    await until(lambda: len(set(receiver.ids())) == 3)
    kinds = list(dict.fromkeys(kind for kind, _ in receiver.events()))
    assert kinds == ["stream.started", "stream.interrupted", "stream.ended"]
    assert receiver.ids()[0] == receiver.ids()[1]
    assert all(len(each.response) <= RESPONSE_MAX_BYTES for each in await service.deliveries())


async def test_redirects_are_not_followed_and_gone_is_final(
    store: Store, service: WebhookService, receiver
) -> None:
    made = await service.add(receiver.url)
    receiver.status = 307
    sent = await service.test(made.webhook.id)
    while not (seen := await service.delivery(sent.id)).attempts:
        await asyncio.sleep(0.01)
    assert (seen.state, seen.status) == ("pending", 307)
    receiver.status = 410
    replayed = await service.replay(sent.id)
    while (seen := await service.delivery(replayed.id)).state == "pending":
        await asyncio.sleep(0.01)
    assert (seen.state, seen.status) == ("failed", 410)
    receiver.status = 200
    await service.replay(sent.id)
    while (await service.delivery(sent.id)).state != "delivered":
        await asyncio.sleep(0.01)
    assert len(set(receiver.ids())) == 1


async def test_private_addresses_need_leave(receiver) -> None:
    sender = Sender(lambda: False)
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://0x7f000001/"):
        outcome = await sender.post(url, {}, b"{}")
        assert (outcome.status, outcome.delivered) == (0, False)
        assert "private" in outcome.error
    await sender.close()
    assert receiver.got == []


async def test_endpoints_that_cannot_be(service: WebhookService) -> None:
    for arguments in (
        {"url": "nowhere"},
        {"url": "https://example.org", "events": ("made.up",)},
        {"url": "https://example.org", "channel": "Not A Name"},
        {"url": "https://example.org", "description": "x" * 201},
    ):
        with pytest.raises(InvalidError):
            await service.add(**arguments)
    with pytest.raises(WebhookNotFoundError):
        await service.remove("whk_none")


async def test_events_wait_for_a_store_that_is_away_and_the_oldest_give_way(store: Store) -> None:
    log = EventLog(store, store.clock)
    for number in range(WAITING_MAX + 5):
        log.stream(StreamEvent(f"c{number}", "live", 1.0, "bro_1"))
    assert (len(log), log.dropped) == (WAITING_MAX, 5)
    await log.start()
    await until(lambda: not len(log))
    await log.stop()
    first = []

    async def take(event) -> None:
        first.append(event.payload["channel"])

    await store.drain(take, 3)
    assert first == ["c5", "c6", "c7"]


class Refusals:
    def refused(self, channel: str, note: Note) -> None:
        raise AssertionError("the gateway knows the channel, and tells")


class KeyAlone:
    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        return channel


@pytest.mark.parametrize(
    ("status", "answer", "policy", "error"),
    [
        (200, b"", "closed", None),
        (204, b"", "closed", None),
        (403, b'{"detail": "Not on Sundays."}', "open", ForbiddenError),
        (500, b"", "closed", UnavailableError),
        (500, b"", "open", None),
        (302, b"", "closed", UnavailableError),
        (0, b"", "closed", UnavailableError),
        (0, b"", "open", None),
    ],
)
async def test_the_publish_hook(
    receiver, status: int, answer: bytes, policy: str, error: type[Exception] | None
) -> None:
    book = SettingsBook()
    book.apply(SettingState("publish.hook_url", 1, None, {"channel": {"demo": receiver.url}}))
    book.apply(SettingState("publish.hook_fail", 1, policy))
    sender, refusals = Sender(lambda: True), Refusals()
    secret = Seal(SECRET).hook_secret()
    admission = HookedAdmission(KeyAlone(), book, SystemClock(), sender, secret, "local", refusals)
    receiver.status, receiver.answer = status or 200, answer
    if not status:
        receiver.delay.clear()
    asked = {"protocol": "rtmp", "key": "k", "remote_ip": "203.0.113.7"}
    began = asyncio.get_running_loop().time()
    if error:
        with pytest.raises(error) as refused:
            await admission.admit(channel="demo", **asked)
        assert "Sundays" in str(refused.value) or status != 403
    else:
        assert await admission.admit(channel="demo", **asked) == "demo"
    assert asyncio.get_running_loop().time() - began < 2.0
    headers, body = receiver.got[0]
    signed = signing.headers((secret,), headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == signed["webhook-signature"]
    assert receiver.events() == [
        ("publish.requested", {"channel": "demo", "protocol": "rtmp", "remote": "203.0.113.7"})
    ]
    assert await admission.admit(channel="other", **asked) == "other"
    assert len(receiver.got) == 1
    await sender.close()
