"""The rules in effect: the release's, with the operator's in place of those of the same name, and the operator's own beside them.

The operator's are in the store and nowhere else: whichever node evaluates, and whoever asks, has the same.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import structlog
from sqlalchemy import Row

from tidegate.governance.alerts import rows
from tidegate.governance.alerts.errors import RuleInvalidError, RuleNotFoundError, TooManyRulesError
from tidegate.governance.alerts.rule_check import check
from tidegate.governance.alerts.rule_file import release_rules
from tidegate.governance.alerts.types import AlertRule
from tidegate.governance.indicators.catalogue import IndicatorCatalogue
from tidegate.store import Store, Transaction

RULES_MAX = 200
"""Of the operator's."""

_log = structlog.get_logger()


class RuleBook:
    """Reads the operator's rules anew at each call: they are few, and another node may have changed one."""

    def __init__(self, store: Store, catalogue: IndicatorCatalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self.release: Mapping[str, AlertRule] = release_rules()

    async def rules(self) -> dict[str, AlertRule]:
        """Every rule by name, those that are switched off too.

        Raises:
            StoreUnavailableError: the store did not answer.
        """
        return {**self.release, **self._read(await self._store.read(rows.RULES))}

    async def rule(self, name: str) -> AlertRule:
        """One rule.

        Raises:
            RuleNotFoundError: there is none of this name.
        """
        rules = await self.rules()
        found = rules.get(name)
        if found is None:
            near = difflib.get_close_matches(name[:64], rules, n=3)
            raise RuleNotFoundError(
                f"There is no alert rule {name[:64]!r}.",
                hint=f"Did you mean {' or '.join(near)}?"
                if near
                else "`tidegate alert rules` names them all.",
            )
        return found

    def origin(self, rule: AlertRule) -> Literal["release", "changed", "own"]:
        ours = self.release.get(rule.name)
        if ours is None:
            return "own"
        return "release" if ours == rule else "changed"

    async def put(self, rule: AlertRule) -> AlertRule:
        """Keep a rule in place of the one of its name, or as a new one.

        Raises:
            RuleInvalidError: what is wrong with it.
            TooManyRulesError: there are as many as there may be.
        """
        check(rule, self._catalogue)

        def work(transaction: Transaction) -> None:
            if self.release.get(rule.name) == rule:
                rows.remove_rule(transaction, rule.name)
                return
            rows.put_rule(transaction, rule)
            if rows.count_rules(transaction) > RULES_MAX:
                raise TooManyRulesError(
                    f"There are {RULES_MAX} rules beside the release's, the most there may be.",
                    hint="Remove one.",
                )

        await self._store.write(work)
        return rule

    async def remove(self, name: str) -> None:
        """Take the operator's rule away; the release's of this name is in effect again.

        Raises:
            RuleNotFoundError: there is none of the operator's.
        """
        gone = await self._store.write(lambda transaction: rows.remove_rule(transaction, name))
        if not gone:
            raise RuleNotFoundError(
                f"There is no alert rule {name[:64]!r} of your own.",
                hint="A rule of the release can be switched off: enabled = false.",
            )

    def _read(self, found: Sequence[Row[Any]]) -> dict[str, AlertRule]:
        rules = {}
        for row in found:
            try:
                rule = rows.to_rule(row)
                check(rule, self._catalogue)
            except (
                msgspec.MsgspecError,
                RuleInvalidError,
            ) as error:  # an older release's, or an indicator is gone
                _log.warning("alert_rule_unusable", rule=row.name, reason=str(error))
                continue
            rules[rule.name] = rule
        return rules
