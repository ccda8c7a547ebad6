"""Webhooks over HTTP: kept, shown without their secret, tested, replayed."""

import httpx


async def test_a_webhook_from_beginning_to_end(admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:9/hooks"})).json()
    webhook, secret = made["webhook"]["id"], made["secret"]
    assert secret.startswith("whsec_")
    listed = await admin.get("/api/v1/webhooks")
    assert [item["id"] for item in listed.json()["items"]] == [webhook]
    assert secret not in listed.text
    assert {"stream.started", "recording.ready"} <= {kind["type"] for kind in listed.json()["types"]}
    changed = await admin.patch(
        f"/api/v1/webhooks/{webhook}", json={"events": ["stream.ended"], "enabled": False}
    )
    assert (changed.json()["events"], changed.json()["enabled"]) == (["stream.ended"], False)
    assert changed.json()["url"] == "http://127.0.0.1:9/hooks"
    rotated = (await admin.post(f"/api/v1/webhooks/{webhook}/rotate-secret", json={"grace_s": 60})).json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != secret
    assert rotated["webhook"]["old_secret_until"] > 0
    too_long = await admin.post(f"/api/v1/webhooks/{webhook}/rotate-secret", json={"grace_s": 1e9})
    assert too_long.status_code == 400
    sent = (await admin.post(f"/api/v1/webhooks/{webhook}/test")).json()
    assert (sent["type"], sent["state"], sent["attempts"]) == ("webhook.test", "pending", 0)
    for query in ("", f"?webhook={webhook}", "?only=pending"):
        items = (await admin.get(f"/api/v1/webhooks/deliveries{query}")).json()["items"]
        assert [item["id"] for item in items] == [sent["id"]], query
    assert (await admin.get("/api/v1/webhooks/deliveries?only=failed")).json()["items"] == []
    assert (await admin.post(f"/api/v1/webhooks/deliveries/{sent['id']}/replay")).json()["id"] == sent["id"]
    assert (await admin.delete(f"/api/v1/webhooks/{webhook}")).status_code == 204
    assert (await admin.get("/api/v1/webhooks/deliveries")).json()["items"] == []


async def test_what_is_refused(admin: httpx.AsyncClient) -> None:
    for body, code in (
        ({"url": "nowhere"}, "webhook-url"),
        ({"url": "https://example.org", "events": ["x"]}, "webhook-invalid"),
        ({"url": "https://example.org", "secret": "mine"}, "invalid"),
    ):
        answer = await admin.post("/api/v1/webhooks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), body
    for method, path, code in (
        ("PATCH", "/api/v1/webhooks/none", "webhook-not-found"),
        ("DELETE", "/api/v1/webhooks/none", "webhook-not-found"),
        ("POST", "/api/v1/webhooks/none/test", "webhook-not-found"),
        ("POST", "/api/v1/webhooks/none/rotate-secret", "webhook-not-found"),
        ("POST", "/api/v1/webhooks/deliveries/none/replay", "delivery-not-found"),
    ):
        answer = await admin.request(method, path, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
    assert (await admin.get("/api/v1/webhooks/hook-secret")).json()["secret"].startswith("whsec_")
