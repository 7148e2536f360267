"""Many processes that start the same thing at the same moment."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any

_barrier: Barrier | None = None


def at_once(count: int, work: Callable[..., str], *args: Any) -> list[str]:
    """`work(*args, number)` in `count` processes; they wait for each other before they begin."""
    # Forked before the pool starts its thread; spawning would import pytest anew in each of them.
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(count)
    with ProcessPoolExecutor(count, context, _keep, (barrier,)) as pool:
        return list(
            pool.map(_together, *zip(*[(work, args, number) for number in range(count)], strict=True))
        )


def _keep(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _together(work: Callable[..., str], args: tuple[Any, ...], number: int) -> str:
    assert _barrier is not None
    _barrier.wait(60)
    return work(*args, number)
