"""What a server loads before it serves, and who waits for what is loaded after."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from tidegate.app.front import Front

HEAVY = ("litestar", "numpy", "httpx", "rich", "av", "psutil", "yaml", "uvicorn", "alembic")
"""Each takes longer to load than the origin and all its streams take to be there again."""


def loaded_with(module: str, heavy: tuple[str, ...]) -> list[str]:
    code = (
        "import sys, importlib\n"
        "import tidegate.cli.commands, tidegate.cli.server as server\n"
        "server._load_quickly()\n"
        f"importlib.import_module({module!r})\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_nothing_heavy_is_loaded_before_media_is_served() -> None:
    assert loaded_with("tidegate.app.platform", HEAVY) == []


def test_an_edge_loads_no_store_either() -> None:
    assert loaded_with("tidegate.app.edge", (*HEAVY, "sqlalchemy", "prometheus_client")) == []


class Said(asyncio.Protocol):
    """Answers its name and what it got, and hangs up."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._name + b" " + data)
        self._transport.close()


async def asked(front: Front, request: bytes, then: Callable[[], None]) -> bytes:
    server = await asyncio.get_running_loop().create_server(front.porter, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(request)
        reading = asyncio.ensure_future(reader.read())
        await asyncio.wait([reading], timeout=0.05)
        then()
        answer = await reading
        writer.close()
        await writer.wait_closed()
        return answer


def test_ingest_does_not_wait_for_pages() -> None:
    front = Front(lambda: Said(b"ingest"))
    answer = asyncio.run(asked(front, b"PUT /ingest/demo/x HTTP/1.1\r\n", lambda: None))
    assert answer.startswith(b"ingest PUT /ingest/demo/x")


@pytest.mark.parametrize("early", [True, False])
def test_a_page_is_answered_once_there_are_pages(early: bool) -> None:
    front = Front(lambda: Said(b"ingest"))
    if early:
        front.open(lambda: Said(b"web"))
    then = (lambda: None) if early else (lambda: front.open(lambda: Said(b"web")))
    assert asyncio.run(asked(front, b"GET /studio HTTP/1.1\r\n", then)) == b"web GET /studio HTTP/1.1\r\n"


def test_who_left_while_waiting_keeps_nobody_from_coming_in() -> None:
    async def run() -> bytes:
        front = Front(lambda: Said(b"ingest"))
        server = await asyncio.get_running_loop().create_server(front.porter, "127.0.0.1", 0)
        async with server:
            address = server.sockets[0].getsockname()
            _, leaver = await asyncio.open_connection(*address)
            leaver.write(b"GET /studio HTTP/1.1\r\n")
            await leaver.drain()
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /console HTTP/1.1\r\n")
            reading = asyncio.ensure_future(reader.read())
            await asyncio.wait([reading], timeout=0.05)
            leaver.transport.abort()
            front.open(lambda: Said(b"web"))
            answer = await reading
            writer.close()
            await writer.wait_closed()
            return answer

    assert asyncio.run(run()) == b"web GET /console HTTP/1.1\r\n"
