"""Whether a rule can be looked at at all. Pure: what is wrong with it is said before it is kept, not at night."""

import re

from tidegate.governance.alerts.errors import RuleInvalidError
from tidegate.governance.alerts.types import AlertRule, Band, Rate, Threshold
from tidegate.governance.alerts.wording import OWN, PLACEHOLDERS
from tidegate.governance.indicators.catalogue import IndicatorCatalogue
from tidegate.governance.indicators.errors import IndicatorNotFoundError

DIMENSIONS_MAX = 4
"""That a rule looks by: as many as an indicator answers by."""
MINUTE_S = 60
"""Of weeks ago only minutes are kept."""
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


def check(rule: AlertRule, catalogue: IndicatorCatalogue) -> None:
    """Whether `rule` is sound.

    Raises:
        RuleInvalidError: with the rule's name, what is wrong, and what to do.
    """
    _check_dimensions(rule, catalogue)
    condition = rule.condition
    if isinstance(condition, Threshold):
        _check_threshold(rule, condition)
    elif isinstance(condition, Rate):
        _check_rate(rule, condition)
    elif isinstance(condition, Band):
        _check_band(rule, condition)
    for name in _PLACEHOLDER.findall(rule.sentence):
        if name not in PLACEHOLDERS:
            raise _wrong(
                rule, f"its sentence has {{{name[:40]}}}", f"It may have {', '.join(sorted(PLACEHOLDERS))}."
            )


def dimensions(indicator: str, catalogue: IndicatorCatalogue) -> tuple[str, ...]:
    """What an indicator can be asked by."""
    return OWN[indicator] if indicator in OWN else catalogue.get(indicator).dimensions


def _check_dimensions(rule: AlertRule, catalogue: IndicatorCatalogue) -> None:
    wanted = dict.fromkeys((*rule.by, *rule.where))
    for indicator in (rule.indicator, *([rule.guard.indicator] if rule.guard else [])):
        try:
            known = dimensions(indicator, catalogue)
        except IndicatorNotFoundError as error:
            raise _wrong(rule, f"there is no indicator {indicator[:80]!r}", error.hint) from error
        for name in wanted:
            if name not in known:
                raise _wrong(
                    rule,
                    f"{indicator} cannot be asked by {name[:40]!r}",
                    f"It may be asked by {', '.join(known)}.",
                )
    if len(rule.by) > DIMENSIONS_MAX:
        raise _wrong(rule, f"by names more than {DIMENSIONS_MAX} dimensions", "Name fewer.")
    if len(set(rule.by)) < len(rule.by):
        raise _wrong(rule, "by names a dimension twice", "Name each once.")
    strange = [name for name in rule.group if name not in rule.by]
    if strange:
        raise _wrong(rule, f"group has {strange[0][:40]!r}, which is not in by", "Group by a part of by.")


def _check_threshold(rule: AlertRule, condition: Threshold) -> None:
    above, below, clear = condition.above, condition.below, condition.clear
    if (above is None) == (below is None):
        raise _wrong(rule, "a threshold has either above or below", "Give one of them.")
    if clear is not None and above is not None and clear > above:
        raise _wrong(rule, "clear is over above", "Let it be fine again at the limit or under it.")
    if clear is not None and below is not None and clear < below:
        raise _wrong(rule, "clear is under below", "Let it be fine again at the limit or over it.")


def _check_rate(rule: AlertRule, condition: Rate) -> None:
    by = condition.rises_by if condition.rises_by is not None else condition.falls_by
    if by is None or (condition.rises_by is not None and condition.falls_by is not None):
        raise _wrong(rule, "a rate has either rises_by or falls_by", "Give one of them.")
    if condition.clear is not None and condition.clear > by:
        raise _wrong(rule, "clear is more than the change that is bad", "Let it be that or less.")


def _check_band(rule: AlertRule, condition: Band) -> None:
    if rule.window_s % MINUTE_S:
        raise _wrong(rule, "a band looks at whole minutes", "Let window_s be 60, 120, 300 …")
    if condition.minimum > condition.periods:
        raise _wrong(rule, "minimum is more than periods", "Ask for no more history than is looked at.")
    if condition.clear_width > condition.width:
        raise _wrong(rule, "clear_width is more than width", "Let it be fine again inside of the band.")


def _wrong(rule: AlertRule, what: str, hint: str) -> RuleInvalidError:
    return RuleInvalidError(f"Alert rule {rule.name}: {what}.", hint=hint, rule=rule.name)
