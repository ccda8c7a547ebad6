"""The API's description: complete, the same each time, and true."""

import subprocess
import sys

import httpx
import pytest

from alert_rig import an_alert
from tidegate.api.openapi import openapi_json, openapi_schema
from tidegate.core.streams import StreamStatus
from tidegate.media.recordings.service import Running

SCHEMA = openapi_schema()
COMPONENTS = SCHEMA["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in SCHEMA["paths"].items()
    for method, operation in item.items()
}
INPUTS = {
    "Absent",
    "AlertAcknowledge",
    "AlertSilenceCreate",
    "AlertSilenceForSeconds",
    "Band",
    "Guard",
    "Rate",
    "RuleBody",
    "Threshold",
    "WebhookCreate",
    "WebhookUpdate",
    "ChannelCreate",
    "ChannelUpdate",
    "ClipCreate",
    "IndicatorQuery",
    "LiveClipCreate",
    "ViewerClipCreate",
    "RecordingUpdate",
    "SettingPromote",
    "SettingPut",
    "SettingRelease",
    "SignIn",
    "SigningKeyCreate",
    "SwitchRequest",
    "TokenWish",
}
WITHOUT = {
    "followEvents", "followLogs", "previewSlate", "searchLogs", "listPlaybackSessions", "getPlaybackSession",
}  # fmt: skip
"""Which answer with no JSON, or out of an engine of telemetry (`tests/contract/playback_sessions`)."""
OPTIONAL = {
    "above",
    "below",
    "calm_s",
    "clear",
    "clear_width",
    "every",
    "expect_s",
    "falls_by",
    "floor",
    "for_s",
    "group",
    "guard",
    "minimum",
    "note",
    "over_s",
    "periods",
    "rises_by",
    "rule",
    "slice",
    "who",
    "width",
    "window_s",
    "by",
    "where",
    "limit",
    "parts",
    "step_s",
    "title",
    "keep",
    "exact",
    "last_s",
    "ttl_s",
    "cidr",
    "origins",
    "viewer",
    "reach",
    "id",
    "version",
    "reason",
    "to",
    "events",
    "channel",
    "description",
    "enabled",
    "url",
}
"""Fields that an input may leave out."""


def test_it_is_printed_the_same_in_another_process() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "tidegate.api"],
        check=True,
        capture_output=True,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": "src"},
    )
    assert printed.stdout == openapi_json()


async def test_it_is_served(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == openapi_json()


def test_it_is_openapi_3_1() -> None:
    assert SCHEMA["openapi"].startswith("3.1")


def test_every_operation_has_a_name_a_summary_and_a_description() -> None:
    assert set(OPERATIONS) == {
        "listChannels", "createChannel", "getChannel", "updateChannel", "deleteChannel", "rotateKey",
        "listRecordings", "getRecording", "updateRecording", "deleteRecording", "importRecordings", "getWatchRecording",
        "listStreams", "getStream", "kickPublisher", "switchPublisher", "getSlate", "previewSlate", "putSlatePicture",
        "deleteSlatePicture", "followEvents", "getWatch", "listNodes",
        "getHealth", "getVersion", "signIn", "getSession", "signOut", "createPlaybackToken", "listSigningKeys",
        "createClip", "createLiveClip", "createViewerClip", "addSigningKey", "removeSigningKey", "rotateSigningKey",
        "listSettings", "diffSettings", "listSettingHistory", "getSetting", "putSetting", "resetSetting",
        "listWebhooks", "createWebhook", "updateWebhook", "removeWebhook", "testWebhook", "listDeliveries",
        "replayDelivery", "getHookSecret", "rotateWebhookSecret",
        "getSettingHistory", "releaseSetting", "promoteSetting", "abortSetting",
        "getPull", "setPull", "removePull", "getWorld", "hurtWorld", "healWorld",
        "listIndicators", "getIndicator", "queryIndicators",
        "listAlerts", "getAlert", "acknowledgeAlert", "withdrawAcknowledgement", "silenceAlert", "listAlertRules", "getAlertRule",
        "putAlertRule", "removeAlertRule", "listAlertSilences", "createAlertSilence", "removeAlertSilence",
        "searchLogs", "followLogs", "getStreamAdvice", "listPlaybackSessions", "getPlaybackSession",
    }  # fmt: skip
    for name, (_, _, operation) in OPERATIONS.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name


def test_every_refusal_is_a_problem() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        for status, response in operation["responses"].items():
            if status >= "400":
                content = response["content"]["application/problem+json"]
                assert content == {"schema": {"$ref": "#/components/schemas/Problem"}}, (name, status)


def test_who_may_call_is_said() -> None:
    public = {name for name, (_, _, operation) in OPERATIONS.items() if {} in operation.get("security", [])}
    assert public == {"getWatch", "getWatchRecording", "createViewerClip", "getVersion", "signIn"}
    assert SCHEMA["security"] == [{"token": []}, {"session": []}]
    for name, (_, _, operation) in OPERATIONS.items():
        assert ("401" in operation["responses"]) is (name != "getVersion"), name


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_answers_are_whole_and_inputs_have_defaults(name: str) -> None:
    component = COMPONENTS[name]
    optional = set(component["properties"]) - set(component["required"])
    if name in INPUTS:
        assert optional <= OPTIONAL
    else:
        assert optional == ({"errors"} if name == "Problem" else set())
    assert component["description"]


def test_a_stream_shows_every_field_of_its_status_with_what_it_means() -> None:
    properties = COMPONENTS["StreamView"]["properties"]
    assert set(StreamStatus.__struct_fields__) < set(properties)
    assert "seconds" in properties["playable_after_s"]["description"]
    assert properties["state"]["enum"] == ["offline", "starting", "live", "interrupted", "ended"]


def test_what_an_event_carries_is_described() -> None:
    assert set(COMPONENTS["StreamEvent"]["required"]) == {"channel", "state", "at", "broadcast", "reason"}


async def test_answers_have_the_fields_that_are_described(admin: httpx.AsyncClient, bench) -> None:
    """Walks every answer that can be had without changing anything but one channel."""
    made = await admin.post("/api/v1/channels", json={"name": "demo"})
    assert set(made.json()) == set(COMPONENTS["ChannelCreated"]["properties"])
    await admin.put("/api/v1/channels/demo/pull", json={"url": "rtsp://camera.example/1", "enabled": False})
    bench.streams.go_live("demo", 1.0)
    bench.running.append(Running("demo", "bro_local_1234", 1.0))
    await bench.services.recordings.reconcile()
    alert = await an_alert(bench.store)
    for name, (method, path, operation) in OPERATIONS.items():
        if method == "get" and name not in WITHOUT:
            named = next(
                (
                    name
                    for part, name in {"settings": "origin.grace_s", "indicators": "plays"}.items()
                    if f"/{part}/" in path
                ),
                "demo",
            )
            answer = await admin.get(
                path.replace("{name}", named)
                .replace("{channel}", "demo")
                .replace("{recording}", "rec_local_1234")
                .replace("{rule}", "rebuffering")
                .replace("{alert}", alert.id)
            )
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            component = COMPONENTS[schema["$ref"].rpartition("/")[2]]
            assert set(answer.json()) == set(component["properties"]), name
