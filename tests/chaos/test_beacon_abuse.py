"""What players could send and should not, through the real front door up to the engine: each refused or made harmless, and counted.

One viewer plays and reports rightly all the while; in the end its session is as if nobody else had been there.
"""

import gzip
import json
import os
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from uuid import uuid4

import pytest

from live import LivePlatform, wait_for

pytestmark = pytest.mark.serial

SQL = (
    "'; DROP TABLE tidegate.playback --",
    "x' OR '1'='1",
    "{session:String}",
    "1); INSERT INTO tidegate.playback VALUES (1",
    "\\'; SELECT sleep(3) --",
)
DAY_MS = 86_400_000


class Client:
    """Anyone, with a ticket of his own."""

    def __init__(self, platform: LivePlatform, channel: str = "demo") -> None:
        self.platform = platform
        self.channel = channel
        status, body = platform.get(f"/live/{channel}/beacon")
        assert status == 200, body
        told = json.loads(body)
        self.session: str = told["session"]
        self.ticket: str = told["report_to"].partition("ticket=")[2]
        self.seq = 0

    def post(
        self, body: bytes, *, ticket: str | None = None, channel: str = "", more: str = "", agent: str = "x"
    ) -> tuple[int, str]:
        """Status, and the problem's code."""
        target = (
            f"/live/{channel or self.channel}/beacon?ticket={self.ticket if ticket is None else ticket}{more}"
        )
        request = urllib.request.Request(self.platform.url + target, data=body, headers={"User-Agent": agent})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["code"]

    def line(self, state: str = "p", event: str = "ps", *, at_ms: int | None = None, **keys: str) -> bytes:
        ts = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        said = {
            "e": event,
            "sid": f'"{self.session}"',
            "sn": str(self.seq),
            "sta": state,
            "ts": str(ts),
            "v": "2",
        }
        self.seq += 1
        return ",".join(f"{key}={value}" for key, value in (said | keys).items()).encode()

    def say(self, state: str = "p", event: str = "ps", **how: str) -> tuple[int, str]:
        return self.post(self.line(state, event, **how))  # type: ignore[arg-type]  # keys, all texts


def malformed(client: Client) -> None:
    for body in (
        b"",
        b"\0" * 1000,
        b"\xff\xfe\xfd" * 300,
        os.urandom(4000),
        b"hello",
        b"<beacon/>",
        b"e",
        b"e=",
        b'e=t,sid="',
        b'{"e":',
        b'{"e": ["t"]}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'[{"e":"t","sid":5}]',
        b"," * 60_000,
        b"e=t," * 15_000,
        b"(" * 8000 + b"\n" + b'"' * 8000 + b"\n" + b"\\" * 8000,
        gzip.compress(client.line()),
        client.line() + b"".join(b",x%d" % number for number in range(64)),
    ):
        assert client.post(body) == (400, "beacon-invalid"), body[:40]


def huge(client: Client) -> None:
    assert client.post(b"e=t\n" * 20_000) == (413, "body-too-large")
    assert client.post(b"e=t," + b"x" * 60_000) == (400, "beacon-invalid")
    assert client.post(b"e=mute,v=2\n" * 5000)[0] in {204, 429}
    for length in ("99999999999", "-5", "1e3", "0x10"):
        with socket.create_connection(("127.0.0.1", client.platform.http_port), timeout=10) as connection:
            head = f"POST /live/demo/beacon?ticket={client.ticket} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode() + b"e=t")
            assert re.match(rb"HTTP/1\.1 4(00|13) ", connection.recv(200)), length


def forged(client: Client, other: Client) -> None:
    forgeries = [
        "",
        "x",
        client.ticket[:-1] + ("A" if client.ticket[-1] != "A" else "B"),
        client.ticket.replace(client.session, str(uuid4())),
        client.ticket.replace(".10000.", ".1."),
        re.sub(r"\.(\d+)\.", lambda found: f".{int(found[1]) + 1}.", client.ticket, count=1),
        client.ticket + "A",
        "../../etc/passwd",
        *map(urllib.parse.quote, SQL),
    ]
    for ticket in forgeries:
        assert client.post(client.line(), ticket=ticket) == (401, "beacon-token-invalid"), ticket
    assert client.post(client.line(), channel="second") == (401, "beacon-token-invalid")
    assert client.post(client.line(), ticket=other.ticket) == (403, "beacon-session")
    assert client.post(client.line(), channel="nobodys")[0] == 401


def sql_in_every_text(client: Client) -> None:
    """Texts of a report, of its address and of its agent; what must be of a form is let go, an error's code is any text."""
    for text in SQL:
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        more = "".join(
            f"&{name}={urllib.parse.quote(text)}"
            for name in ("player", "version", "network", "device", "region")
        )
        keys = dict.fromkeys(
            ("cid", "tidegate-rendition", "tidegate-frames", "tidegate-transfers", "sf", "url"), quoted
        )
        line = client.line("p", "e", ec=f"({quoted})", **keys)
        assert client.post(line, more=more, agent=text) == (204, "")
        for key in ("e", "sta", "ts", "sn", "br", "bl", "msd", "dfa"):
            assert client.post(client.line("p", "t", **{key: quoted}), more=more)[0] == 204, key
        refusals = {(400, "beacon-invalid"), (403, "beacon-session")}
        assert client.post(client.line("p", "t", sid=quoted)) in refusals
        assert client.post(json.dumps({"e": "t", "sta": text, "ec": [text], text: text}).encode())[0] == 204


def replayed(client: Client) -> None:
    bodies = [client.line("s"), client.line("p"), client.line("p", "t")]
    for _ in range(5):
        for body in bodies:
            assert client.post(body) == (204, "")


def misdated(client: Client) -> None:
    now = time.time_ns() // 1_000_000
    for at_ms in (now, now + 3650 * DAY_MS, 0, 10**15 - 1, 1, now - 3650 * DAY_MS, now + DAY_MS, now):
        assert client.post(client.line("p", "t", at_ms=at_ms)) == (204, "")
    for ts in ("-5", "9" * 15, "1.5", '"yesterday"', "(1 2)"):
        assert client.post(client.line("p", "t", ts=ts))[0] == 204


@pytest.mark.timeout(180)
def test_what_is_sent_in_bad_faith_changes_nothing_of_others(platform: LivePlatform) -> None:
    for name in ("demo", "second"):
        platform.create_channel(name)
    began = time.time()
    viewer, evil, again, wrong = (Client(platform) for _ in range(4))
    assert viewer.say("s") == (204, "")
    assert viewer.say("p") == (204, "")
    for attack in (malformed, huge, sql_in_every_text):
        attack(Client(platform))
        assert viewer.say("p", "t") == (204, "")
    forged(evil, viewer)
    replayed(again)
    misdated(wrong)
    assert viewer.say("q") == (204, "")

    def story(client: Client) -> dict[str, object]:
        done = platform.cli("session", "show", client.session, "--json")
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def over() -> bool:
        return story(viewer).get("session", {}).get("exit") == "left"  # type: ignore[attr-defined]

    wait_for("the viewer's session is kept", over, 60)
    ended = time.time()
    told = story(viewer)["facts"]
    assert [fact["state"] for fact in told] == ["starting", *["playing"] * 4, "quit"]  # type: ignore[index,attr-defined]

    def sessions() -> dict[str, dict[str, object]]:
        items = platform.cli_json("session", "list", "--limit", "100", "--json")["items"]
        return {item["session"]: item for item in items}

    kept = wait_for("all of them are", lambda: found if wrong.session in (found := sessions()) else {})
    assert evil.session not in kept
    assert kept[again.session]["reports"] == 3
    assert {item["channel"] for item in kept.values()} == {"demo"}
    for item in kept.values():
        assert began - 601 < float(item["joined_at"]) <= float(item["last_at"]) <= ended  # type: ignore[arg-type]
        assert 0 <= float(item["watched_s"]) < 700  # type: ignore[arg-type]
    (hostile,) = (item for item in kept.values() if item["error"])
    assert hostile["error"] in SQL
    assert (hostile["player"], hostile["network"], hostile["rendition"], hostile["device"]) == (
        "",
        "",
        "",
        "other",
    )
    _, metrics = platform.get("/metrics", token=True)
    refused = dict(re.findall(rb'tidegate_beacons_refused_total\{reason="([a-z-]+)"\} ([0-9.]+)', metrics))
    for reason in (b"beacon-invalid", b"beacon-token-invalid", b"beacon-session", b"repeated", b"malformed"):
        assert float(refused[reason]) > 0, reason
    assert platform.get("/readyz")[0] == 200
    assert "Traceback" not in platform.output()
