"""The engine process: chDB, which is ClickHouse in a library, with one folder that is its alone.

In: `wire.Request`s over the socket it was started with. Out: `wire.Answer`s. A few threads write, a few ask, each over a connection of its
own, so that no query waits behind a batch nor a batch behind a query. When the socket closes, the process ends where it stands: what
was acknowledged is on disk.
"""

import fcntl
import os
import queue
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from tidegate.telemetry import schema, wire
from tidegate.telemetry.orphans import forget_orphans
from tidegate.telemetry.statements import ANSWER_FORMAT

WRITE_LANES: Final = 2
"""Batches at once, each on one processor."""

QUERY_LANES: Final = 3
"""Queries at once; further ones wait their turn."""

MERGE_THREADS: Final = 2
"""Background merges at once."""

CACHE_BYTES: Final = 64 << 20
"""Each of the caches of marks and indexes."""

NICENESS: Final = 5
"""Media come first where the processor is short."""

LOCK_DEADLINE_S: Final = 15.0
"""How long the owner before this one may take to end."""

LOCK_FILE: Final = "owner"

FAILED_INSERTS: Final = "SELECT sum(value) FROM system.events WHERE event = 'FailedInsertQuery'"


def serve(folder: Path, descriptor: int, memory_bytes: int) -> None:
    """Own `folder` and answer until the socket closes; never returns."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C goes to the whole terminal; the platform says when to stop
    os.nice(NICENESS)
    door = socket.socket(fileno=descriptor)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(lock):
        sys.exit(f"Another process owns {folder}.")
    forget_orphans(folder / "chdb")
    engine = Engine(folder / "chdb", memory_bytes, Mouth(door))
    engine.open()
    ears = door.makefile("rb", buffering=1 << 20)
    while head := ears.read(wire.LENGTH_BYTES):
        engine.take(wire.requests.decode(ears.read(wire.length(head))))
    os._exit(0)


def _locked(lock: int) -> bool:
    """Whether the folder is ours, now or within the deadline."""
    deadline = time.monotonic() + LOCK_DEADLINE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


class Mouth:
    """Says answers, whole ones, whichever thread has them."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._lock = threading.Lock()

    def say(self, answer: wire.Answer) -> None:
        with self._lock:
            try:
                self._door.sendall(wire.frame(answer))
            except OSError:  # the platform is gone
                os._exit(0)


class Engine:
    """Connections and the threads that use them."""

    def __init__(self, folder: Path, memory_bytes: int, mouth: Mouth) -> None:
        # A connection's options are ClickHouse's server settings.
        self._address = (
            f"{folder}?background_pool_size={MERGE_THREADS}&max_server_memory_usage={memory_bytes}"
            f"&mark_cache_size={CACHE_BYTES}&index_mark_cache_size={CACHE_BYTES}"
        )
        self._mouth = mouth
        self._writes: queue.SimpleQueue[wire.Run | wire.Insert] = queue.SimpleQueue()
        self._asks: queue.SimpleQueue[wire.Ask] = queue.SimpleQueue()

    def open(self) -> None:
        """Open the folder, and say so."""
        self._connect().query(schema.database(schema.Layout()))
        for _ in range(WRITE_LANES):
            threading.Thread(target=self._write_for_ever, args=(self._connect(),), daemon=True).start()
        for _ in range(QUERY_LANES):
            threading.Thread(target=self._ask_for_ever, args=(self._connect(),), daemon=True).start()
        self._mouth.say(wire.Done(0))

    def take(self, request: wire.Request) -> None:
        if isinstance(request, wire.Ask):
            self._asks.put(request)
        else:
            self._writes.put(request)

    def _connect(self) -> Any:
        from chdb import _chdb  # noqa: PLC0415 - half a gigabyte of library, in this process alone

        return _chdb.connect(self._address)  # type: ignore[attr-defined]  # a compiled module

    def _write_for_ever(self, connection: Any) -> None:
        batches = BatchDoor(connection)
        while True:
            request = self._writes.get()
            try:
                if isinstance(request, wire.Insert):
                    batches.insert(request)
                else:
                    connection.query(request.sql)
            except Exception as error:  # noqa: BLE001 - whatever the library raises is the answer
                self._mouth.say(wire.Failed(request.id, str(error)))
            else:
                self._mouth.say(wire.Done(request.id))

    def _ask_for_ever(self, connection: Any) -> None:
        connection.query(f"USE {schema.DATABASE}")
        settings = ""
        while True:
            request = self._asks.get()
            try:
                if request.settings != settings:
                    connection.query(f"SET {request.settings}")
                    settings = request.settings
                result = connection.query(request.sql, ANSWER_FORMAT, params=request.params)
                self._mouth.say(wire.Done(request.id, result.bytes()))
            except Exception as error:  # noqa: BLE001 - likewise
                self._mouth.say(wire.Failed(request.id, str(error)))


class BatchDoor:
    """Takes batches over one connection, and knows of each whether it was stored.

    chDB's streamed insert (26.9) costs half of one in a statement's text, but tells of no failure after the lines are read: a full
    disk or too little memory look like success. Every failed insert is counted, though, so where the count has moved, be
    it for another connection, the batch is given again in a statement that raises; its token keeps it from being stored twice.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._failed = self._failed_inserts()

    def insert(self, batch: wire.Insert) -> None:
        """Raises:
        RuntimeError: with the engine's own message; not all of the batch was stored.
        """
        self._stream(batch)
        failed, self._failed = self._failed, self._failed_inserts()
        if failed != self._failed:
            self._connection.query(f"{batch.sql} FORMAT {batch.format}\n".encode() + batch.lines)

    def _stream(self, batch: wire.Insert) -> None:
        lines = self._connection.send_insert(batch.sql, batch.format)
        _check(lines)
        try:
            self._connection.insert_append(lines, batch.lines)
            _check(self._connection.insert_done(lines))
        except Exception:
            self._connection.insert_cancel(lines)
            raise

    def _failed_inserts(self) -> int:
        """Since the process began, over all connections."""
        return int(self._connection.query(FAILED_INSERTS, "TSV").bytes())


def _check(result: Any) -> None:
    if result.has_error():
        raise RuntimeError(result.error_message())
