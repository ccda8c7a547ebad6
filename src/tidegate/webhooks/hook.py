"""The publish hook: one more say before a publisher with the right key is let in. Implements `core.ports.Admission`.

In: what a publisher offers. Out: what the admission behind says; where a hook is set for the channel, also what that answers within
a second: 2xx lets in, 4xx refuses with the sentence in its body, anything else is as the setting `publish.hook_fail` says.
"""

from collections import Counter
from typing import Any

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import ForbiddenError, TidegateError, UnavailableError
from tidegate.core.ids import new_id
from tidegate.core.ports import Admission, NoteLog
from tidegate.core.settings import SettingsBook, Subject
from tidegate.core.streams import Note
from tidegate.webhooks import signing
from tidegate.webhooks.sender import Outcome, Sender
from tidegate.webhooks.settings import HOOK_FAIL, HOOK_URL, OPEN

BUDGET_S = 1.0
SENTENCE_MAX_CHARS = 300

_log = structlog.get_logger()


class PublishRefusedError(ForbiddenError):
    """The hook said no."""

    code = "publish-refused"


class PublishHookAwayError(UnavailableError):
    """The hook did not say, and without it nobody is let in."""

    code = "publish-hook-away"


class HookedAdmission:
    """Admission with a hook.

    Attributes:
        answers: `allowed`, `refused`, `let-in` and `kept-out` (without an answer), since start.
    """

    def __init__(
        self,
        behind: Admission,
        book: SettingsBook,
        clock: Clock,
        sender: Sender,
        secret: str,
        region: str,
        refusals: NoteLog,
    ) -> None:
        self._refusals = refusals
        self._behind = behind
        self._book = book
        self._clock = clock
        self._sender = sender
        self._secret = secret
        self._region = region
        self.answers: Counter[str] = Counter()

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        """As `core.ports.Admission`; the key is judged first, so that a hook hears of nobody without one.

        Raises:
            PublishRefusedError: the hook refuses.
            PublishHookAwayError: it gives no answer, and publishers are to be kept out then.
        """
        name = await self._behind.admit(protocol=protocol, channel=channel, key=key, remote_ip=remote_ip)
        subject = Subject(channel=name)
        url = self._book.value(HOOK_URL, subject)
        if url:
            asked = {"channel": name, "protocol": protocol, "remote": remote_ip}
            outcome = await self._ask(url, asked)
            try:
                self._judge(name, outcome, self._book.value(HOOK_FAIL, subject))
            except TidegateError as error:
                if not channel:  # then the gateway does not know whose studio to tell
                    note = Note(error.code, "error", error.message, error.hint, self._clock.wall())
                    self._refusals.refused(name, note)
                raise
        return name

    async def _ask(self, url: str, asked: dict[str, Any]) -> Outcome:
        now = self._clock.wall()
        body = msgspec.json.encode({"type": "publish.requested", "version": 1, "data": asked})
        headers = signing.headers((self._secret,), new_id("hook", self._region), int(now), body)
        return await self._sender.post(url, headers, body, BUDGET_S)

    def _judge(self, channel: str, outcome: Outcome, on_failure: str) -> None:
        if outcome.delivered:
            self.answers["allowed"] += 1
            return
        if 400 <= outcome.status < 500:
            self.answers["refused"] += 1
            raise PublishRefusedError(
                sentence_in(outcome.response) or "The publish hook refused this publisher.",
                hint="Ask whoever runs this channel.",
            )
        _log.warning("publish_hook_away", channel=channel, reason=outcome.error, on_failure=on_failure)
        if on_failure == OPEN:
            self.answers["let-in"] += 1
            return
        self.answers["kept-out"] += 1
        raise PublishHookAwayError(
            "Whoever decides about publishers gives no answer now.",
            hint="Try again; an operator may set publish.hook_fail to open.",
        )


def sentence_in(response: str) -> str:
    """What a hook's answer says: its `detail` or `message` where it is JSON, else its text; one line, bounded."""
    text: object = response
    try:
        found = msgspec.json.decode(response)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, dict):
        text = found.get("detail") or found.get("message") or ""
    line = " ".join(str(text).split())
    return "".join(letter for letter in line if letter.isprintable())[:SENTENCE_MAX_CHARS]
