"""What others call: alerts, the rules that find them, who has taken one on, and what is not to be told for a while."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tidegate.core.clock import Clock
from tidegate.core.ids import new_id
from tidegate.core.nodes import Check
from tidegate.governance.alerts import rows
from tidegate.governance.alerts.errors import (
    AlertNotFoundError,
    AlertOverError,
    SilenceInvalidError,
    SilenceNotFoundError,
    TooManySilencesError,
)
from tidegate.governance.alerts.evaluator import Evaluator
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.telling import silenced
from tidegate.governance.alerts.types import (
    Acknowledgement,
    Alert,
    AlertRule,
    AlertSilence,
    AlertState,
    RuleStatus,
    Severity,
)
from tidegate.store import Store, Transaction

SILENCES_MAX = 500
SILENCE_S_MAX = 90 * 86_400.0
"""A silence that lasts for ever is a rule that should be switched off."""
SILENCE_DIMENSIONS_MAX = 8


class EvaluatorStatus(msgspec.Struct, frozen=True):
    """Who looks at the rules.

    Attributes:
        holder: region and node.
        here: it is the node that answers; only then `at` (of the last round), `seconds` and `problems` are known.
        problems: why a rule could not be looked at, by rule.
    """

    holder: str
    here: bool
    at: float
    seconds: float
    problems: dict[str, str]


class AlertService:
    """Everything but the evaluating itself."""

    def __init__(self, store: Store, clock: Clock, rulebook: RuleBook, evaluator: Evaluator) -> None:
        self._store = store
        self._clock = clock
        self._rulebook = rulebook
        self._evaluator = evaluator

    async def alerts(
        self,
        states: Sequence[AlertState] = (),
        rule: str = "",
        severity: Severity | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        """Alerts that are like this, the one that changed last first."""
        found = await self._store.read(rows.alerts_like(states, rule, severity or "", limit))
        silences, now = await self.silences(), self._clock.wall()  # one of a moment ago is seen at once
        return [silenced(rows.to_alert(row).alert, silences, now) for row in found]

    async def alert(self, alert_id: str) -> Alert:
        """One alert.

        Raises:
            AlertNotFoundError: there is none of this id, or no longer.
        """
        alert = (await self._stored(alert_id)).alert
        return silenced(alert, await self.silences(), self._clock.wall())

    async def acknowledge(self, alert_id: str, who: str, for_s: float, note: str) -> Alert:
        """Say that somebody has taken an alert on. If it still fires after `for_s` (0: never), it is told once more.

        Raises:
            AlertNotFoundError, AlertOverError.
        """
        stored = await self._stored(alert_id)
        if stored.alert.state == "resolved":
            raise AlertOverError("This alert is over.", hint="There is nothing to take on.", alert=alert_id)
        now = self._clock.wall()
        taken = Acknowledgement(who, now, now + for_s if for_s else 0.0, note)
        return await self._swap(stored, replace(stored.alert, acknowledged=taken, reminded=False))

    async def withdraw(self, alert_id: str) -> Alert:
        """Nobody has taken it on any more; raises as `alert` does."""
        stored = await self._stored(alert_id)
        return await self._swap(stored, replace(stored.alert, acknowledged=None))

    async def rules(self) -> list[RuleStatus]:
        """Every rule, by name, with what it has found."""
        counts = await self._counts()
        return [self._status(rule, counts) for _, rule in sorted((await self._rulebook.rules()).items())]

    async def rule(self, name: str) -> RuleStatus:
        """One rule; raises RuleNotFoundError."""
        rule = await self._rulebook.rule(name)
        counts = await self._counts()
        return self._status(rule, counts)

    async def put_rule(self, rule: AlertRule) -> RuleStatus:
        """Keep a rule; raises as `RuleBook.put` does."""
        await self._rulebook.put(rule)
        return await self.rule(rule.name)

    async def remove_rule(self, name: str) -> None:
        """Take the operator's rule of this name away; raises as `RuleBook.remove` does."""
        await self._rulebook.remove(name)

    async def silences(self) -> list[AlertSilence]:
        """Silences that still last, oldest first."""
        return [rows.to_silence(row) for row in await self._store.read(rows.silences(self._clock.wall()))]

    async def silence(
        self, rule: str, slice_: dict[str, str], for_s: float, who: str, reason: str
    ) -> AlertSilence:
        """Have alerts that match not told for so long.

        Raises:
            SilenceInvalidError: it would match everything, or ends in the past or much later.
            RuleNotFoundError: there is no such rule.
            TooManySilencesError: there are as many as there may be.
        """
        now = self._clock.wall()
        if not rule and not slice_:
            raise SilenceInvalidError(
                "A silence without rule and slice would hide everything.",
                hint="Name a rule, a slice, or both.",
            )
        if len(slice_) > SILENCE_DIMENSIONS_MAX:
            raise SilenceInvalidError(
                f"A silence names at most {SILENCE_DIMENSIONS_MAX} dimensions.", hint="Name fewer."
            )
        if not 0 < for_s <= SILENCE_S_MAX:
            raise SilenceInvalidError(
                "A silence lasts for more than nothing, and for 90 days at most.",
                hint="For longer, switch the rule off: enabled = false.",
                field="for_s",
            )
        if rule:
            await self._rulebook.rule(rule)
        made = AlertSilence(
            id=new_id("sil", self._store.region),
            rule=rule,
            slice=slice_,
            who=who,
            reason=reason,
            at=now,
            until=now + for_s,
        )

        def work(transaction: Transaction) -> None:
            if rows.count_silences(transaction) >= SILENCES_MAX:
                raise TooManySilencesError(
                    f"There are {SILENCES_MAX} silences, the most there may be.", hint="End one."
                )
            rows.put_silence(transaction, made)

        await self._store.write(work)
        return made

    async def end_silence(self, silence_id: str) -> None:
        """Have alerts told again.

        Raises:
            SilenceNotFoundError: there is none of this id.
        """
        if not await self._store.write(lambda transaction: rows.remove_silence(transaction, silence_id)):
            raise SilenceNotFoundError(f"There is no silence {silence_id[:64]!r}.", hint="List them.")

    def check(self) -> Check:
        """Whether rules are looked at, as one line of the health report."""
        return self._evaluator.check()

    async def evaluator(self) -> EvaluatorStatus:
        """Who looks at the rules, and how that goes."""
        rounds = self._evaluator.rounds
        return EvaluatorStatus(
            holder=await self._evaluator.lease.holder(),
            here=rounds.holds,
            at=rounds.at,
            seconds=rounds.seconds,
            problems=rounds.problems if rounds.holds else {},
        )

    async def _counts(self) -> dict[tuple[str, str], int]:
        return {(row.rule, row.state): row.alerts for row in await self._store.read(rows.counts())}

    def _status(self, rule: AlertRule, counts: dict[tuple[str, str], int]) -> RuleStatus:
        return RuleStatus(
            rule=rule,
            origin=self._rulebook.origin(rule),
            problem=self._evaluator.rounds.problems.get(rule.name, ""),
            firing=counts.get((rule.name, "firing"), 0),
            pending=counts.get((rule.name, "pending"), 0),
        )

    async def _stored(self, alert_id: str) -> rows.StoredAlert:
        found = await self._store.read(rows.alert(alert_id))
        if not found:
            raise AlertNotFoundError(
                f"There is no alert {alert_id[:64]!r}.", hint="Those that are over are kept for 30 days."
            )
        return rows.to_alert(found[0])

    async def _swap(self, stored: rows.StoredAlert, alert: Alert) -> Alert:
        await self._store.write(lambda transaction: rows.put_alert(transaction, alert, stored))
        return alert
