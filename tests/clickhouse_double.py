"""A test double: ClickHouse's HTTP protocol over chDB, on 127.0.0.1, in a process of its own.

`python clickhouse_double.py FOLDER PORT PASSWORD` answers until it is killed. It speaks as much of the protocol as
https://clickhouse.com/docs/interfaces/http says a client may rely on and ours uses: query in the address or the body, data in the
body, settings and parameters in the address, user and password in headers, errors as status and text.
"""

import contextlib
import importlib
import os
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PLAIN = {"query", "database", "default_format", "wait_end_of_query"}
"""Words of an address that are no settings."""
START_DEADLINE_S = 60.0
USER, PASSWORD = "tester", "a secret/with:signs@"


class Double:
    """The process, for a test: started, killed, started again on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen(
            [sys.executable, __file__, self.folder, str(self.port), PASSWORD], stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, "the double ended"
            time.sleep(0.02)
        raise AssertionError("the double does not listen")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    password = ""
    address = ""
    connect: Any = None

    def do_POST(self) -> None:
        words = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-ClickHouse-User"] != USER or self.headers["X-ClickHouse-Key"] != self.password:
            self._say(
                403, b"Code: 516. DB::Exception: tester: Authentication failed. (AUTHENTICATION_FAILED)"
            )
            return
        connection = type(self).connect(self.address)
        try:
            settings = {
                name: value
                for name, value in words.items()
                if name not in PLAIN and not name.startswith("param_")
            }
            if words.get("database"):
                connection.query(f"USE {words['database']}")
            if settings:
                connection.query(
                    "SET " + ", ".join(f"{name} = '{value}'" for name, value in settings.items())
                )
            self._say(200, self._answer(connection, words, body))
        except RuntimeError as error:
            self._say(500, str(error).encode())
        finally:
            connection.close()

    def _answer(self, connection: Any, words: dict[str, str], body: bytes) -> bytes:
        if "query" in words:
            sql, _, form = words["query"].rpartition(" FORMAT ")
            lines = connection.send_insert(sql, form)
            if lines.has_error():
                raise RuntimeError(lines.error_message())
            try:
                connection.insert_append(lines, body)
                result = connection.insert_done(lines)
            except Exception:
                connection.insert_cancel(lines)
                raise
            if result.has_error():
                raise RuntimeError(result.error_message())
            return b""
        params = {name[6:]: value for name, value in words.items() if name.startswith("param_")}
        return connection.query(
            body.decode(), words.get("default_format", "TabSeparated"), params=params
        ).bytes()

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None: ...


def main() -> None:
    engine = importlib.import_module("chdb._chdb")

    folder, port, Handler.password = sys.argv[1:]
    Handler.address = f"{folder}?background_pool_size=2"
    Path(folder).mkdir(parents=True, exist_ok=True)
    Handler.connect = engine.connect
    kept = engine.connect(Handler.address)  # the engine stays open between requests
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.daemon_threads = True
    try:
        server.serve_forever()
    finally:
        del kept
        os._exit(0)


if __name__ == "__main__":
    main()
