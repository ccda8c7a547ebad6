"""Webhooks through kills and absences: what was committed arrives, and what arrives twice has one id."""

from live import LivePlatform, free_port, wait_for
from webhook_receiver import receiving


def allow(platform: LivePlatform) -> None:
    done = platform.cli("setting", "set", "webhooks.allow_private", "true")
    assert done.returncode == 0, done.stderr


def test_events_arrive_though_the_receiver_is_down_and_the_platform_killed(platform: LivePlatform) -> None:
    allow(platform)
    port = free_port()
    platform.cli_json("webhook", "add", f"http://127.0.0.1:{port}/hooks", "--json")
    made = platform.create_channel("demo")
    pusher = platform.publish(made["ingest"]["key"])
    platform.wait_for_state("demo", "live")

    def waiting() -> list[str]:
        found = platform.cli_json("webhook", "deliveries", "--state", "pending", "--json")["items"]
        return [item["type"] for item in found]

    wait_for("both are tried in vain", lambda: {"channel.created", "stream.started"} <= set(waiting()))
    pusher.cut()
    platform.kill()
    with receiving(port) as receiver:
        platform.start()
        wait_for(
            "what waited",
            lambda: {"channel.created", "stream.started"} <= {k for k, _ in receiver.events()},
            60,
        )
        started = [data for kind, data in receiver.events() if kind == "stream.started"]
        assert started[0]["channel"] == "demo"
        kinds = [kind for kind, _ in receiver.events()]
        assert kinds.index("channel.created") < kinds.index("stream.started")
        platform.publish(made["ingest"]["key"])
        wait_for("it goes on", lambda: "stream.resumed" in [kind for kind, _ in receiver.events()], 60)
        bodies = {}
        for headers, body in receiver.got:
            assert bodies.setdefault(headers["webhook-id"], body) == body


def test_a_hook_keeps_a_publisher_out_and_says_why(platform: LivePlatform) -> None:
    allow(platform)
    made = platform.create_channel("demo")
    with receiving() as receiver:
        receiver.status, receiver.answer = 403, b"The show is over."
        done = platform.cli("setting", "set", "publish.hook_url", receiver.url, "--channel", "demo")
        assert done.returncode == 0, done.stderr
        pusher = platform.publish(made["ingest"]["key"])
        pusher.wait()
        assert receiver.events()[0][1]["channel"] == "demo"
        refusals = wait_for("the studio is told", lambda: platform.stream("demo")["refusals"])
        assert refusals[0]["message"] == "The show is over."
        receiver.status = 200
        platform.publish(made["ingest"]["key"])
        platform.wait_for_state("demo", "live")


def test_a_refused_ladder_is_told(platform: LivePlatform) -> None:
    allow(platform)
    made = platform.create_channel("demo")
    with receiving() as receiver:
        platform.cli_json("webhook", "add", receiver.url, "--event", "ladder.refused", "--json")
        for name, value in (("ladder.enabled", "true"), ("ladder.rungs", "2160p")):
            done = platform.cli("setting", "set", name, value, "--channel", "demo")
            assert done.returncode == 0, done.stderr
        platform.publish(made["ingest"]["key"])
        wait_for("the refusal", lambda: receiver.got, 40)
        kind, data = receiver.events()[0]
        assert (kind, data["channel"]) == ("ladder.refused", "demo")
        assert data["reason"]
