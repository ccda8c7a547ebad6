"""A thread that does blocking calls in the order they came, and answers for as many at once as were waiting.

In: calls from one event loop. Out: their results as futures. Waking a thread, and the loop again, costs more than
writing a segment, and with many streams a thread per call would fight the loop for the interpreter. So a lane wakes
once for all that has been handed in meanwhile, and wakes the loop once for all that it has done.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

_R = TypeVar("_R")

BATCH_MAX = 64
"""Calls done before their callers are told: bounds how long the first of them waits for the last."""


class _Job(NamedTuple):
    call: Callable[[], Any]
    future: "asyncio.Future[Any]"


class _Done(NamedTuple):
    future: "asyncio.Future[Any]"
    result: Any
    error: BaseException | None


class Lane:
    """Bounded by its caller: `waiting` is how many calls it has been handed and has not done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._submitted = 0
        self._finished = 0  # written by the thread alone
        self._closed = False

    @property
    def waiting(self) -> int:
        """Those whose caller has given up count too: giving up has not freed the thread."""
        return self._submitted - self._finished

    async def run(self, call: Callable[[], _R]) -> _R:
        """Do `call` in the thread, after all that were handed in before.

        Raises:
            RuntimeError: the lane is closed.
        """
        if self._closed:
            raise RuntimeError(f"Lane {self._name} is closed.")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        future: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        self._submitted += 1
        self._jobs.put(_Job(call, future))
        return await future

    def close(self) -> None:
        """Finish what was handed in. Blocks; may be called twice."""
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _work(self) -> None:
        open_ = True
        while open_:
            done: list[_Done] = []
            job = self._jobs.get()
            while job is not None:
                done.append(_did(job))
                self._finished += 1
                if len(done) >= BATCH_MAX:
                    break
                try:
                    job = self._jobs.get_nowait()
                except Empty:
                    break
            open_ = job is not None
            if done:
                with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                    _loop_of(done).call_soon_threadsafe(_tell, done)


def _loop_of(done: list[_Done]) -> asyncio.AbstractEventLoop:
    return done[0].future.get_loop()


def _did(job: _Job) -> _Done:
    try:
        return _Done(job.future, job.call(), None)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is its caller's
        return _Done(job.future, None, error)


def _tell(done: list[_Done]) -> None:
    for future, result, error in done:
        if future.done():  # its caller has given up
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
