"""A call into a library that knows no time limit, given one."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def within(limit: float, call: Callable[[], Result]) -> Result:
    """What `call` returns or raises; concurrent.futures.TimeoutError after `limit` seconds."""
    return in_thread(call, limit).result(0)


def in_thread(call: Callable[[], Result], limit: float) -> Future[Result]:
    """Run `call` in a daemon thread: one that hangs must not keep the program from ending."""
    answer: Future[Result] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 (it is raised in the caller's thread)
            answer.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit)
    return answer
