"""Alerts over HTTP: what is wrong now, the rules that say so, taking one on, and silence for a while."""

from typing import Any, Final, Literal

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tidegate.api.access import SIGNED_IN
from tidegate.api.alert_views import (
    AlertAcknowledge,
    AlertList,
    AlertRuleList,
    AlertSilenceCreate,
    AlertSilenceForSeconds,
    AlertSilenceList,
)
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.governance.alerts.errors import RuleInvalidError
from tidegate.governance.alerts.types import (
    Alert,
    AlertRule,
    AlertSilence,
    AlertState,
    RuleBody,
    RuleStatus,
    Severity,
)

AnyRequest = Request[Any, Any, Any]

_STATES: Final[dict[str, tuple[AlertState, ...]]] = {
    "": (),
    "open": ("firing", "pending"),
    "firing": ("firing",),
    "pending": ("pending",),
    "resolved": ("resolved",),
}


@get("/", operation_id="listAlerts", summary="List alerts", opt=SIGNED_IN, responses=answers(400, 401, 503))
async def list_alerts(
    services: Services,
    only: FromQuery[Literal["", "open", "firing", "pending", "resolved"]] = "",
    rule: FromQuery[str] = "",
    severity: FromQuery[Severity | None] = None,
    limit: FromQuery[int] = 100,
) -> AlertList:
    """What is wrong, for whom, since when, and what to do; and what was, for 30 days. Up to 500."""
    found = await services.alerts.alerts(_STATES[only], rule, severity, max(1, limit))
    return AlertList(found, await services.alerts.evaluator())


@get(
    "/rules", operation_id="listAlertRules", summary="List rules", opt=SIGNED_IN, responses=answers(401, 503)
)
async def list_rules(services: Services) -> AlertRuleList:
    """The release's rules and the operator's own, with what each has found."""
    return AlertRuleList(await services.alerts.rules())


@get(
    "/rules/{rule:str}",
    operation_id="getAlertRule",
    summary="Get a rule",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_rule(services: Services, rule: FromPath[str]) -> RuleStatus:
    """One rule as it is in effect."""
    return await services.alerts.rule(rule)


@put(
    "/rules/{rule:str}",
    operation_id="putAlertRule",
    summary="Keep a rule",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 409, 413, 503),
)
async def put_rule(services: Services, rule: FromPath[str], data: JSONBody[RuleBody]) -> RuleStatus:
    """A rule of one's own, or one in place of the release's. In effect in the next round, on whichever node evaluates."""
    try:
        whole = msgspec.convert(
            {**msgspec.structs.asdict(data), "name": rule}, AlertRule, from_attributes=True
        )
    except msgspec.ValidationError as error:
        raise RuleInvalidError(
            f"{rule[:64]!r} is no name of a rule.",
            hint="Use 2 to 64 of a-z, 0-9 and '-', beginning with a letter.",
            field="name",
        ) from error
    return await services.alerts.put_rule(whole)


@delete(
    "/rules/{rule:str}",
    operation_id="removeAlertRule",
    summary="Take a rule back",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def remove_rule(services: Services, rule: FromPath[str]) -> None:
    """The release's rule of this name is in effect again, if there is one."""
    await services.alerts.remove_rule(rule)


@get(
    "/silences",
    operation_id="listAlertSilences",
    summary="List silences",
    opt=SIGNED_IN,
    responses=answers(401, 503),
)
async def list_silences(services: Services) -> AlertSilenceList:
    """What is not told now, by whose word and until when."""
    return AlertSilenceList(await services.alerts.silences())


@post(
    "/silences",
    operation_id="createAlertSilence",
    summary="Silence alerts",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def create_silence(
    request: AnyRequest, services: Services, data: JSONBody[AlertSilenceCreate]
) -> AlertSilence:
    """Alerts that match are found and shown, and not told until it ends; what fires then is told then."""
    return await services.alerts.silence(
        data.rule, data.slice, data.for_s, _who(request, data.who), data.reason
    )


@delete(
    "/silences/{silence:str}",
    operation_id="removeAlertSilence",
    summary="End a silence",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def remove_silence(services: Services, silence: FromPath[str]) -> None:
    """Alerts are told again."""
    await services.alerts.end_silence(silence)


@get(
    "/{alert:str}",
    operation_id="getAlert",
    summary="Get an alert",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_alert(services: Services, alert: FromPath[str]) -> Alert:
    """One alert with its slices."""
    return await services.alerts.alert(alert)


@post(
    "/{alert:str}/acknowledge",
    operation_id="acknowledgeAlert",
    summary="Take an alert on",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def acknowledge(
    request: AnyRequest,
    services: Services,
    alert: FromPath[str],
    data: JSONBody[AlertAcknowledge | None] = None,
) -> Alert:
    """Others see who looks after it. If it still fires when that has run out, it is told once more."""
    given = data or AlertAcknowledge()
    return await services.alerts.acknowledge(alert, _who(request, given.who), given.for_s, given.note)


@delete(
    "/{alert:str}/acknowledge",
    operation_id="withdrawAcknowledgement",
    summary="Give an alert back",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(401, 403, 404, 409, 503),
)
async def withdraw(services: Services, alert: FromPath[str]) -> Alert:
    """Nobody looks after it any more."""
    return await services.alerts.withdraw(alert)


@post(
    "/{alert:str}/silence",
    operation_id="silenceAlert",
    summary="Silence an alert",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def silence_alert(
    request: AnyRequest, services: Services, alert: FromPath[str], data: JSONBody[AlertSilenceForSeconds]
) -> AlertSilence:
    """Its rule in its slice: a short way to a silence of its own."""
    found = await services.alerts.alert(alert)
    return await services.alerts.silence(
        found.rule, found.slice, data.for_s, _who(request, data.who), data.reason
    )


def _who(request: AnyRequest, named: str) -> str:
    return named or str(request.scope["user"].value)


router = Router(
    "/alerts",
    tags=["Alerts"],
    route_handlers=[
        list_alerts,
        list_rules,
        get_rule,
        put_rule,
        remove_rule,
        list_silences,
        create_silence,
        remove_silence,
        get_alert,
        acknowledge,
        withdraw,
        silence_alert,
    ],
)
