"""Settings over HTTP: what they are and may be, who changed them, and changing them."""

from typing import Any

from litestar import Request, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tidegate.api.access import SIGNED_IN, remote_ip
from tidegate.api.problems import answers
from tidegate.api.services import ApiServices, Services
from tidegate.api.setting_views import (
    SettingChange,
    SettingDiff,
    SettingList,
    SettingOverride,
    SettingPromote,
    SettingPut,
    SettingRelease,
    SettingView,
)
from tidegate.core.settings import SCOPES, Setting, Subject
from tidegate.settings.errors import HistoryRangeError
from tidegate.settings.types import Author, Place, Reach, SettingHistory

OVERRIDES_SHOWN = 200

AnyRequest = Request[Any, Any, Any]


@get("/", operation_id="listSettings", summary="List settings", opt=SIGNED_IN, responses=answers(401))
async def list_settings(
    services: Services,
    channel: FromQuery[str] = "",
    node: FromQuery[str] = "",
    cell: FromQuery[str] = "",
    region: FromQuery[str] = "",
) -> SettingList:
    """Every setting by name, as it is in effect for this node, or for whom the query names."""
    subject = Subject(channel=channel, node=node, cell=cell, region=region)
    settings = services.settings
    return SettingList([_view(services, each, subject) for each in settings.catalogue], settings.problems)


@get(
    "/diff",
    operation_id="diffSettings",
    summary="What differs",
    opt=SIGNED_IN,
    responses=answers(400, 401, 404, 503),
)
async def diff_settings(
    services: Services,
    name: FromQuery[str | None] = None,
    since: FromQuery[float | None] = None,
    until: FromQuery[float | None] = None,
    from_version: FromQuery[int | None] = None,
    to_version: FromQuery[int | None] = None,
) -> SettingDiff:
    """Without a stretch: what differs from the release's defaults. With `since` (and `until`, seconds since the Unix
    epoch): what changed meanwhile. With `name`, `from_version` and `to_version`: between two versions of one setting.
    """
    settings = services.settings
    if from_version is not None or to_version is not None:
        if name is None:
            raise HistoryRangeError("Versions are counted for each setting.", hint="Give its `name` too.")
        now = settings.book.state(settings.catalogue.get(name).name).version
        low, high = from_version or 0, now if to_version is None else to_version
        return SettingDiff(await settings.diff_versions(name, low, high))
    if since is not None or until is not None:
        return SettingDiff(
            await settings.diff_times(since or 0.0, settings.now() if until is None else until, name)
        )
    return SettingDiff([each for each in settings.diff() if name in {None, each.name}])


@get(
    "/history",
    operation_id="listSettingHistory",
    summary="Who changed what",
    opt=SIGNED_IN,
    responses=answers(400, 401, 503),
)
async def list_history(
    services: Services, before: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> SettingHistory:
    """Changes of all settings, newest first. `before` is `next` of the page before; a page has up to 200 entries."""
    return await services.settings.history(None, before, limit)


@get(
    "/{name:str}",
    operation_id="getSetting",
    summary="Get a setting",
    opt=SIGNED_IN,
    responses=answers(401, 404),
)
async def get_setting(
    services: Services,
    name: FromPath[str],
    channel: FromQuery[str] = "",
    node: FromQuery[str] = "",
    cell: FromQuery[str] = "",
    region: FromQuery[str] = "",
) -> SettingView:
    """One setting, as it is in effect for this node, or for whom the query names."""
    subject = Subject(channel=channel, node=node, cell=cell, region=region)
    return _view(services, services.settings.catalogue.get(name), subject)


@put(
    "/{name:str}",
    operation_id="putSetting",
    summary="Set a setting",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def put_setting(
    request: AnyRequest, services: Services, name: FromPath[str], data: JSONBody[SettingPut]
) -> SettingView:
    """Set a value for all, or for one channel, node, cell or region. It is in effect when this answers."""
    place = Place(data.reach, data.id)
    services.settings.catalogue.get(name)
    if place.scope == "channel":
        services.channels.known(place.id)
    await services.settings.set(name, data.value, _author(request, data.reason), place, data.version)
    return _at(services, name, place)


@delete(
    "/{name:str}",
    operation_id="resetSetting",
    summary="Reset a setting",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 503),
)
async def reset_setting(
    request: AnyRequest,
    services: Services,
    name: FromPath[str],
    reach: FromQuery[Reach] = "all",
    id: FromQuery[str] = "",  # noqa: A002  the field's name everywhere
    version: FromQuery[int | None] = None,
    reason: FromQuery[str] = "",
) -> SettingView:
    """Take back what is set for all, or for one channel, node, cell or region."""
    place = Place(reach, id)
    await services.settings.reset(name, _author(request, reason), place, version)
    return _at(services, name, place)


@get(
    "/{name:str}/history",
    operation_id="getSettingHistory",
    summary="Who changed a setting",
    opt=SIGNED_IN,
    responses=answers(400, 401, 404, 503),
)
async def get_history(
    services: Services, name: FromPath[str], before: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> SettingHistory:
    """Changes of one setting, newest first."""
    return await services.settings.history(name, before, limit)


@post(
    "/{name:str}/changes",
    operation_id="releaseSetting",
    summary="Release a value to a share",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def release_setting(
    request: AnyRequest, services: Services, name: FromPath[str], data: JSONBody[SettingRelease]
) -> SettingView:
    """Start a change, or move the share of the one with this value. Growing a share takes no one out of it."""
    author = _author(request, data.reason)
    await services.settings.release(name, data.value, data.share, author, data.version)
    return _at(services, name)


@post(
    "/{name:str}/changes/{change:str}/promote",
    operation_id="promoteSetting",
    summary="Make a change everyone's",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def promote_setting(
    request: AnyRequest,
    services: Services,
    name: FromPath[str],
    change: FromPath[str],
    data: JSONBody[SettingPromote | None] = None,
) -> SettingView:
    """The change's value is set for all, and the change is over."""
    given = data or SettingPromote()
    await services.settings.promote(name, change, _author(request, given.reason), given.version)
    return _at(services, name)


@delete(
    "/{name:str}/changes/{change:str}",
    operation_id="abortSetting",
    summary="Abort a change",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 409, 503),
)
async def abort_setting(
    request: AnyRequest,
    services: Services,
    name: FromPath[str],
    change: FromPath[str],
    version: FromQuery[int | None] = None,
    reason: FromQuery[str] = "",
) -> SettingView:
    """Whoever the change had reached has again what everyone has."""
    await services.settings.abort(name, change, _author(request, reason), version)
    return _at(services, name)


def _author(request: AnyRequest, reason: str) -> Author:
    return Author(request.scope["user"].value, remote_ip(request), reason)


def _at(services: ApiServices, name: str, place: Place | None = None) -> SettingView:
    """A setting as it is in effect at the place that was changed."""
    subject = Subject(**{place.scope: place.id}) if place is not None and place.scope else Subject()
    return _view(services, services.settings.catalogue.get(name), subject)


def _view(services: ApiServices, setting: Setting[Any], subject: Subject) -> SettingView:
    book = services.settings.book
    state = book.state(setting.name)
    resolved = book.resolve(setting, subject)
    node_default = book.default(setting)
    overrides = [
        SettingOverride(scope, id_, value)
        for scope in SCOPES
        for id_, value in sorted(state.overrides.get(scope, {}).items())
    ]
    return SettingView(
        name=setting.name,
        owner=setting.owner,
        sentence=setting.sentence,
        kind=setting.kind,
        unit=setting.unit,
        bounds=setting.bounds,
        minimum=setting.minimum,
        maximum=setting.maximum,
        choices=setting.choices,
        scopes=setting.scopes,
        gray_unit=setting.gray_unit,
        takes_effect=setting.takes_effect,
        default=setting.default,
        node_default=node_default if node_default != setting.default else None,
        set_value=state.value,
        value=resolved.value,
        source=book.source(setting, subject),
        arms=resolved.arms,
        version=state.version,
        overrides=tuple(overrides[:OVERRIDES_SHOWN]),
        overrides_count=len(overrides),
        changes=tuple(SettingChange(each.id, each.value, each.share) for each in state.changes),
        problems=tuple(each for each in services.settings.problems if each.name == setting.name),
    )


router = Router(
    "/settings",
    tags=["Settings"],
    route_handlers=[
        list_settings,
        diff_settings,
        list_history,
        get_setting,
        put_setting,
        reset_setting,
        get_history,
        release_setting,
        promote_setting,
        abort_setting,
    ],
)
