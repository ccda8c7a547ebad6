"""Recordings: what is kept of broadcasts, as resources."""

from typing import Annotated

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from tidegate.api.access import PUBLIC, SIGNED_IN, remote_ip
from tidegate.api.problems import answers
from tidegate.api.recording_views import (
    ClipCreate,
    LiveClipCreate,
    RecordingList,
    RecordingUpdate,
    RecordingView,
    ViewerClipCreate,
    WatchRecordingView,
    recording_view,
    watch_recording_view,
)
from tidegate.api.services import ApiServices, Services
from tidegate.api.watch import AnyRequest, admitted
from tidegate.media.recordings.types import Recording, RecordingNotFoundError


@get(
    "/",
    operation_id="listRecordings",
    summary="List recordings",
    opt=SIGNED_IN,
    responses=answers(400, 401, 503),
)
async def list_recordings(
    services: Services,
    channel: Annotated[str, QueryParameter(description="Of this channel alone.", max_length=63)] = "",
    source: Annotated[str, QueryParameter(description="Clips of this recording alone.", max_length=80)] = "",
) -> RecordingList:
    """The newest first, those that still grow among them."""
    return RecordingList(
        [_view(services, each) for each in await services.recordings.recent(channel, source)]
    )


@get(
    "/{recording:str}",
    operation_id="getRecording",
    summary="Get a recording",
    opt=SIGNED_IN,
    responses=answers(401, 404, 503),
)
async def get_recording(services: Services, recording: FromPath[str]) -> RecordingView:
    """One recording, with what has come in by now where it grows."""
    return _view(services, await services.recordings.get(recording))


@patch(
    "/{recording:str}",
    operation_id="updateRecording",
    summary="Change a recording",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def update_recording(
    services: Services, recording: FromPath[str], data: JSONBody[RecordingUpdate]
) -> RecordingView:
    """Give it another title, or keep it whatever retention says."""
    await services.recordings.update(recording, title=data.title, keep=data.keep)
    return _view(services, await services.recordings.get(recording))


@delete(
    "/{recording:str}",
    operation_id="deleteRecording",
    summary="Delete a recording",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 409, 503),
)
async def delete_recording(services: Services, recording: FromPath[str]) -> None:
    """Remove a recording and its media. Caches outside may have segments of it until they expire."""
    await services.recordings.delete(recording)


@post(
    "/{recording:str}/clips",
    operation_id="createClip",
    summary="Cut a clip out of a recording",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 413, 503),
)
async def create_clip(
    services: Services, recording: FromPath[str], data: JSONBody[ClipCreate]
) -> RecordingView:
    """The clip is a recording of its own, cut in the background: ask for it until its state is ready."""
    return _view(
        services,
        await services.clips.cut(recording, data.begin_s, data.end_s, data.title, data.exact),
    )


@post(
    "/{channel:str}/clips",
    operation_id="createLiveClip",
    summary="Cut a clip of what was just on air",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 409, 413, 503),
)
async def create_live_clip(
    services: Services, channel: FromPath[str], data: JSONBody[LiveClipCreate]
) -> RecordingView:
    """The last seconds of a running broadcast, as a recording of its own, cut in the background."""
    services.channels.known(channel)
    return _view(services, await services.clips.cut_last(channel, data.last_s, data.title))


def _view(services: ApiServices, recording: Recording) -> RecordingView:
    progress = services.clips.progress.get(recording.id, 1.0)
    private = services.playback.gate.rule(recording.channel).private
    token = services.playback.tokens.preview(recording.channel).token if private else ""
    return recording_view(services.addresses.http_url, recording, progress, token)


@post(
    "/import",
    operation_id="importRecordings",
    summary="Take in recordings whose media is stored",
    opt=SIGNED_IN,
    responses=answers(401, 403, 503),
)
async def import_recordings(services: Services) -> RecordingList:
    """After the database was lost or replaced: each recording has a manifest beside its media, and this reads them all."""
    return RecordingList([_view(services, each) for each in await services.recordings.import_found()])


@get(
    "/{channel:str}/recordings/{recording:str}",
    operation_id="getWatchRecording",
    summary="Get what viewers may know of a recording",
    opt=PUBLIC,
    security=[{}],
    responses=answers(401, 403, 404, 429, 503),
)
async def get_watch_recording(
    request: AnyRequest,
    services: Services,
    channel: FromPath[str],
    recording: FromPath[str],
    token: FromQuery[str] = "",
) -> WatchRecordingView:
    """A recording's title, length and playlist address, for whoever has its address; of a private channel only with its
    playback token as `token`, or signed in.
    """
    token, expires_at = await admitted(request, services, channel, token)
    found = await services.recordings.get(recording)
    if found.channel != channel:
        raise RecordingNotFoundError(recording)
    return _viewed(services, found, token, expires_at)


@post(
    "/{channel:str}/clips",
    operation_id="createViewerClip",
    summary="Cut a clip as a viewer",
    opt=PUBLIC,
    security=[{}],
    responses=answers(400, 401, 403, 404, 409, 413, 429, 503),
)
async def create_viewer_clip(
    request: AnyRequest,
    services: Services,
    channel: FromPath[str],
    data: JSONBody[ViewerClipCreate],
    token: FromQuery[str] = "",
) -> WatchRecordingView:
    """The last seconds of a running broadcast, where `clips.public` is set for the channel; of a private one only with its
    playback token. Some a minute from one address. Ask for it as a recording until its state is ready.
    """
    services.channels.known(channel)
    token, expires_at = await admitted(request, services, channel, token)
    clip = await services.viewer_clips.cut_last(channel, data.last_s, remote_ip(request))
    return _viewed(services, clip, token, expires_at)


def _viewed(services: ApiServices, recording: Recording, token: str, expires_at: float) -> WatchRecordingView:
    progress = services.clips.progress.get(recording.id, 1.0)
    return watch_recording_view(services.addresses.http_url, recording, progress, token, expires_at)


router = Router(
    "/recordings",
    tags=["Recordings"],
    route_handlers=[
        list_recordings,
        get_recording,
        update_recording,
        delete_recording,
        create_clip,
        import_recordings,
    ],
)
channel_router = Router("/channels", tags=["Recordings"], route_handlers=[create_live_clip])
watch_router = Router("/watch", tags=["Watch"], route_handlers=[get_watch_recording, create_viewer_clip])
