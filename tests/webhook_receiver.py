"""A real HTTP server that receives webhooks, in a thread of its own, for tests in either world."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came, in order, and what to answer: `status` and `answer` may be changed at any time."""

    def __init__(self, port: int = 0) -> None:
        self.status, self.answer, self.delay = 200, b"thank you", threading.Event()
        self.delay.set()
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.delay.wait(30)
                self.send_response(receiver.status)
                if receiver.status in {301, 302, 307}:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(receiver.answer)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass  # a client that was cut is the test's business

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of each."""
        bodies = [json.loads(body) for _, body in self.got]
        return [(body["type"], body["data"]) for body in bodies]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def close(self) -> None:
        self.delay.set()
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
