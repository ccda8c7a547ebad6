"""The API's description (OpenAPI 3.1), made from routes and views, finished so that a typed client fits it.

Printed by `python -m tidegate.api`; the console's client is generated from that output.
"""

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Server, Tag

from tidegate import __version__
from tidegate.api import (
    alert_views,
    indicator_views,
    playback,
    playback_sessions,
    recording_views,
    setting_views,
    views,
    webhooks,
)
from tidegate.api.access import PUBLIC
from tidegate.api.auth import COOKIE, CSRF_HEADER
from tidegate.api.problems import MEDIA_TYPE
from tidegate.api.routes import api_router
from tidegate.core import facts, ladders, nodes, streams, world
from tidegate.governance.advice import types as advice_types
from tidegate.governance.alerts import service as alert_service
from tidegate.governance.alerts import types as alert_types
from tidegate.governance.indicators import types as indicator_types
from tidegate.governance.playback_sessions import types as playback_session_types
from tidegate.media.access import types as access_types
from tidegate.settings import types as settings_types
from tidegate.telemetry import log_search
from tidegate.webhooks import types as webhook_types

_DESCRIPTION: Final = f"""\
Channels, stream keys, live streams, settings and health of one Tidegate installation.

Sign in with the admin token (`Authorization: Bearer …`), or with a session cookie; a change by cookie also needs the
header `{CSRF_HEADER}: 1`. Times are seconds since the Unix epoch. Every error is a problem (RFC 9457) with a stable
`code`, a `detail` that says what was wrong and a `hint` that says what to do.
"""

_CONFIG: Final = OpenAPIConfig(
    title="Tidegate API",
    version=__version__,
    description=_DESCRIPTION,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    servers=[Server(url="/", description="This server")],
    use_handler_docstrings=True,
    security=[{"token": []}, {"session": []}],
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http", scheme="bearer", description="The content of `admin-token` in the data folder."
            ),
            "session": SecurityScheme(
                type="apiKey",
                name=COOKIE,
                security_scheme_in="cookie",
                description="Set by signing in; lasts 12 hours.",
            ),
        }
    ),
    tags=[
        Tag(name="Channels", description="Channels and their stream keys."),
        Tag(
            name="Streams", description="What arrives, what is wrong with it, and hanging up on a publisher."
        ),
        Tag(name="Recordings", description="What is kept of broadcasts."),
        Tag(name="Watch", description="What viewers may know."),
        Tag(
            name="Playback",
            description="Private channels: playback tokens and the keys that sign them. What viewers' players report.",
        ),
        Tag(name="Settings", description="What can be changed while everything runs, and who changed it."),
        Tag(name="Webhooks", description="Endpoints that are told what happens, and what was delivered."),
        Tag(name="Indicators", description="What the numbers mean, and their values over any slice."),
        Tag(
            name="Alerts",
            description="What is wrong, for whom, since when; the rules that say so; who looks after it.",
        ),
        Tag(name="Logs", description="What every node wrote into its log, searched and followed."),
        Tag(name="Operations", description="Nodes, health and version."),
        Tag(name="Demo", description="The demo's synthetic viewers, and ways to hurt what they watch."),
        Tag(name="Session", description="Signing in and out."),
    ],
)

_INPUTS: Final = frozenset(
    {
        "Absent",
        "AlertAcknowledge",
        "AlertSilenceCreate",
        "AlertSilenceForSeconds",
        "Band",
        "ChannelCreate",
        "ChannelUpdate",
        "ClipCreate",
        "Guard",
        "IndicatorQuery",
        "LiveClipCreate",
        "Rate",
        "RecordingUpdate",
        "RuleBody",
        "SettingPromote",
        "SettingPut",
        "SettingRelease",
        "SignIn",
        "SigningKeyCreate",
        "SwitchRequest",
        "Threshold",
        "TokenWish",
        "WebhookCreate",
        "WebhookUpdate",
    }
)
"""Only in these may a field with a default be left out; what the server answers is always whole."""

_OPTIONAL: Final = frozenset({"errors"})
_ATTRIBUTE: Final = re.compile(r"^    (\w+(?:, \w+)*): (.+)$")


def openapi_schema() -> dict[str, Any]:
    """The finished description, the same for the same code."""
    app = Litestar([api_router()], openapi_config=_CONFIG, logging_config=None)
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    for operation in _operations(schema):
        _finish_operation(operation)
    components = schema["components"]["schemas"]
    components["StreamEvent"] = msgspec.json.schema(streams.StreamEvent)["$defs"]["StreamEvent"]
    documented = _documented()
    for name, component in components.items():
        _finish_component(name, component, documented[name])
    return schema


@functools.cache
def openapi_json() -> bytes:
    """The same as text with sorted keys, for a file that is compared."""
    text = msgspec.json.encode(openapi_schema(), order="sorted")
    return msgspec.json.format(text, indent=2) + b"\n"


@get(
    "/api/v1/openapi.json",
    opt=PUBLIC,
    include_in_schema=False,
    media_type=MediaType.JSON,
    sync_to_thread=True,  # the first time takes a tenth of a second
)
def openapi() -> bytes:
    """This API, described."""
    return openapi_json()


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from (operation for operation in path.values() if isinstance(operation, dict))


def _finish_operation(operation: dict[str, Any]) -> None:
    """Refusals are problems: the framework's own idea of a 400 is not what it sends here."""
    responses = operation["responses"]
    for status in [status for status in responses if status >= "400"]:
        if MEDIA_TYPE not in responses[status].get("content", {}):
            del responses[status]


def _finish_component(name: str, component: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    properties = component.get("properties", {})
    if name not in _INPUTS:
        component["required"] = sorted(set(properties) - (_OPTIONAL if name == "Problem" else set()))
        for field in properties.values():
            field.pop("default", None)
    if name == "Problem":
        component["additionalProperties"] = True
    summary, fields = _read_docstring(struct)
    component["description"] = summary
    for field_name, text in fields.items():
        if field_name in properties and "$ref" not in properties[field_name]:
            properties[field_name].setdefault("description", text)


def _documented() -> dict[str, type[msgspec.Struct]]:
    """Every struct that may appear, by name."""
    return {
        name: thing
        for module in (
            advice_types,
            alert_service,
            alert_types,
            alert_views,
            facts,
            indicator_types,
            indicator_views,
            ladders,
            log_search,
            nodes,
            streams,
            views,
            playback,
            playback_sessions,
            playback_session_types,
            access_types,
            recording_views,
            setting_views,
            settings_types,
            webhooks,
            webhook_types,
            world,
        )
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and issubclass(thing, msgspec.Struct)
    }


def _read_docstring(struct: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """The first paragraph, and what the `Attributes` section says of each field; a base's fields too."""
    fields: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, msgspec.Struct) and base.__doc__:
            fields |= _attributes(inspect.getdoc(base) or "")
    summary = (inspect.getdoc(struct) or "").partition("\n\n")[0].replace("\n", " ")
    return summary, fields


def _attributes(doc: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    names: list[str] = []
    for line in doc.partition("Attributes:\n")[2].splitlines():
        if match := _ATTRIBUTE.match(line):
            names = match.group(1).split(", ")
            fields.update(dict.fromkeys(names, match.group(2)))
        elif line.startswith("        "):
            fields.update({name: f"{fields[name]} {line.strip()}" for name in names})
    return fields
