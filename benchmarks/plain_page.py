"""The least a page with a picture can take: one video element and a short file, no script but the one that measures.

It is the floor that `bench_browser.py` holds its joins against: the same browser, the same size and codec of picture,
the same machine in the same minute, and nothing live about it.
"""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Plain</title>
<link rel="icon" href="data:,"><video src="/file.mp4" autoplay></video>
<script>
const video = document.querySelector("video");
window.firstFrame = new Promise((resolve) =>
  video.requestVideoFrameCallback((now, frame) => resolve(frame.expectedDisplayTime / 1000)));
</script></html>"""

FIRST_FRAME = "window.firstFrame"
"""Evaluated in the page: seconds from navigation to the first frame on screen."""


@contextmanager
def plain_page(file: Path) -> Iterator[str]:
    """Serve the page around `file` on 127.0.0.1; gives its address."""
    answers = {"/": ("text/html", PAGE), "/file.mp4": ("video/mp4", file.read_bytes())}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = answers.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The benchmark's own output is the result alone."""

    class Listener(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A browser that leaves hangs up in the middle of the file."""

    with Listener(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
