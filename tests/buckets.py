"""A bucket on a server that speaks S3 (moto), started once for a test session in a process of its own."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from live import free_port
from tidegate.objects.s3 import S3Config, S3Objects

START_DEADLINE_S = 60.0
CREDENTIALS = {"access_key_id": "tester", "secret_access_key": "tester-secret"}


class BucketServer:
    """May be stopped and started again on the same port, empty."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(self.endpoint, timeout=5).close()
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, "the server that speaks S3 did not start"
                assert time.monotonic() < deadline, "the server that speaks S3 does not answer"
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def begin(self) -> None:
        await asyncio.to_thread(self.start)

    async def bucket(self) -> "Bucket":
        await self.begin()
        self._made += 1
        bucket = Bucket(self, f"bucket-{self._made}")
        bucket.make()
        return bucket


class Bucket:
    def __init__(self, server: BucketServer, name: str) -> None:
        self.server = server
        self.name = name

    def make(self) -> None:
        request = urllib.request.Request(f"{self.server.endpoint}/{self.name}", method="PUT")
        request.add_header(
            "Authorization", "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def config(self, **changed: object) -> S3Config:
        values = {"bucket": self.name, "prefix": "tenant/one", "endpoint": self.server.endpoint} | changed
        return S3Config(**values)  # type: ignore[arg-type]

    def objects(self, spool: Path, *, carries: bool = False, **changed: object) -> S3Objects:
        made = CarriedObjects if carries else S3Objects
        return made(self.config(**changed), spool, credentials=CREDENTIALS)


async def carried_over(store: S3Objects) -> None:
    """Wait until the bucket has everything that is whole."""
    store._carry()
    async with asyncio.timeout(30):
        while store._spool.waiting or store._carrying:
            await asyncio.sleep(0.005)


class CarriedObjects(S3Objects):
    """Waits after each change until the bucket has it, and gives up what it has here."""

    async def put(self, *items) -> None:  # type: ignore[no-untyped-def]
        await super().put(*items)
        await carried_over(self)

    async def extend(self, *items) -> None:  # type: ignore[no-untyped-def]
        await super().extend(*items)
        await super().seal(*(key for key, _, _ in items))
        await carried_over(self)

    async def seal(self, *keys: str) -> None:
        await super().seal(*keys)
        await carried_over(self)
