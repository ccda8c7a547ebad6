"""Webhooks, the log that feeds them and the publish hook, made and wired together."""

from prometheus_client import CollectorRegistry

from tidegate.core.clock import Clock
from tidegate.core.ports import Admission, NoteLog
from tidegate.core.settings import SettingsBook
from tidegate.store import Store
from tidegate.webhooks.hook import HookedAdmission
from tidegate.webhooks.log import EventLog
from tidegate.webhooks.metrics import WebhookCollector
from tidegate.webhooks.sealing import Seal
from tidegate.webhooks.sender import Sender
from tidegate.webhooks.service import WebhookService
from tidegate.webhooks.settings import ALLOW_PRIVATE


class EventsOut:
    """What tells other programs.

    Attributes:
        log: takes what streams do.
        webhooks: keeps endpoints and delivers.
        admission: asks the hook after the admission it was given.
        hook_secret: what requests of the hook are signed with.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        book: SettingsBook,
        secret: bytes,
        admission: Admission,
        refusals: NoteLog,
    ) -> None:
        def allow_private() -> bool:
            return book.value(ALLOW_PRIVATE)

        seal = Seal(secret)
        self.hook_secret = seal.hook_secret()
        self.log = EventLog(store, clock)
        self.webhooks = WebhookService(store, clock, seal, Sender(allow_private))
        self._hook_sender = Sender(allow_private)
        self.admission = HookedAdmission(
            admission, book, clock, self._hook_sender, self.hook_secret, store.region, refusals
        )

    async def start(self, registry: CollectorRegistry) -> None:
        await self.webhooks.start()
        await self.log.start()
        registry.register(WebhookCollector(self.webhooks.deliverer, self.log, self.admission))

    async def stop(self) -> None:
        await self.log.stop()
        await self.webhooks.stop()
        await self._hook_sender.close()
