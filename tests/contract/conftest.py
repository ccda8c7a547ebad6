"""One suite, two engines: each test runs on SQLite and on a real PostgreSQL that this file starts and stops."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from tidegate.core.clock import ManualClock
from tidegate.core.ids import random_token
from tidegate.store import Store, create_store

START_DEADLINE_S = 60.0


class Postgres:
    """A PostgreSQL of our own: fresh folder, unix socket only, gone afterwards."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start at the first call; blocks for a second or two."""
        if self._server is not None:
            return
        self.folder = Path(tempfile.mkdtemp(prefix="tg-pg-", dir="/tmp"))  # a socket's path must be short
        self._bin = _binaries()
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "tester", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        with (self.folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [self._bin / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-F"],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        self._wait()

    def dsn(self, database: str) -> str:
        return f"postgresql://tester@/{database}?host={self.folder}"

    def stop(self) -> None:
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments], check=True, capture_output=True, cwd=self.folder, **self._as
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-q", "-h", str(self.folder))
                return
            if self._server.poll() is not None:
                break
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")


def _binaries() -> Path:
    """The newest version's programs; Debian keeps them off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        pytest.fail("These tests need PostgreSQL; run tests/engines.sh, or install it.")
    return Path(on_path).parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
async def postgres_dsn(postgres: Postgres) -> str:
    """Address of a PostgreSQL database with nothing in it."""
    await asyncio.to_thread(postgres.start)
    name = f"t_{random_token(60)}"
    connection = await asyncpg.connect(host=str(postgres.folder), user="tester", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return postgres.dsn(name)


@pytest.fixture(params=["sqlite", "postgres"])
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database with nothing in it, of either engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tidegate.db'}"
    address: str = request.getfixturevalue("postgres_dsn")
    return address


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Open = Callable[[], Awaitable[Store]]


@pytest.fixture
async def open_store(dsn: str, clock: ManualClock) -> AsyncIterator[Open]:
    """Opens one more store on the same database; all are closed after the test."""
    opened: list[Store] = []

    async def open_one() -> Store:
        store = create_store(dsn, clock=clock)
        opened.append(store)
        await store.open()
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: Open) -> Store:
    return await open_store()
