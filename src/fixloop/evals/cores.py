"""Long case loops on every core: forked processes share what was compiled, and send their results back.

The results are those of one process: a case's depends on no other case. What a pipe of JSON would change, and
what a process that died did not send, is asked again here.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import CaseResult
from fixloop.pipeline.memo import is_plain

Run = Callable[[Sequence[Case]], list[CaseResult]]

WORTH_SECONDS = 4.0
"""From a rest of a loop as long as this on, a second process saves more than it costs."""

_WARM, _TIMED = 64, 512
_DEALT = 0.6  # of a process's share is dealt at once
_LEAST = 512  # cases at least in the pieces dealt later: fewer at once take longer each
_NUMBER = 4  # bytes


def run_on_cores(run: Run, cases: Sequence[Case], cores: int | None = None) -> list[CaseResult]:
    """The results of all cases in order; alone where the loop is short, or a process cannot be forked."""
    workers = usable_cores() if cores is None else cores
    if workers < 2 or len(cases) < 4 * _TIMED:
        return run(cases)
    done = run(cases[:_WARM])  # fitting, imports and compiling are no part of a case's time
    started = time.process_time()  # its own: what other processes do makes no loop longer
    done += run(cases[_WARM : _WARM + _TIMED])
    rest = cases[_WARM + _TIMED :]
    if (time.process_time() - started) / _TIMED * len(rest) < WORTH_SECONDS:
        return done + run(rest)
    return done + run_in_parts(run, rest, workers)


class LongLoop:
    """A loop whose cases come a chunk at a time; the first tells whether a second process is worth it."""

    def __init__(self, run: Run, size: int, cores: int) -> None:
        self._run = run
        self._rest = size
        self._cores = cores
        self._parts = 0

    def __call__(self, cases: Sequence[Case]) -> list[CaseResult]:
        """The results of one more chunk."""
        self._rest -= len(cases)
        if self._parts:
            return run_in_parts(self._run, cases, self._parts)
        done = self._run(cases[:_WARM])
        started = time.process_time()
        done += self._run(cases[_WARM:])
        pace = (time.process_time() - started) / max(len(cases) - _WARM, 1)
        self._parts = self._cores if pace * self._rest >= WORTH_SECONDS else 1
        return done


def run_in_parts(run: Run, cases: Sequence[Case], parts: int) -> list[CaseResult]:
    """As `run`, the cases dealt to this process and forks of it."""
    if parts < 2 or not cases:
        return run(cases)
    pieces = _pieces(cases, parts)
    helpers: list[_Helper] = []
    turns = _Turns(range(parts, len(pieces)))
    # What stands now is garbage for nobody. To look for some would write to all of it, and memory that two
    # processes share is copied when one writes.
    gc.freeze()
    try:
        for first in range(1, min(parts, len(pieces))):
            helpers.append(_Helper.start(run, pieces, first, turns))
        found: dict[int, Sequence[CaseResult | None]] = {index: run(pieces[index]) for index in turns.of(0)}
        for helper in helpers:
            found |= helper.results(pieces)
    finally:
        gc.unfreeze()
        turns.close()
        for helper in helpers:
            helper.end()
    return [one for index, piece in enumerate(pieces) for one in _completed(run, piece, found.get(index))]


def _pieces(cases: Sequence[Case], parts: int) -> list[Sequence[Case]]:
    """A large piece for each process, then small ones for whoever is done first.

    Cores are not equally fast, nor equally free; halves would be as slow as the slower one.
    """
    first = -(-len(cases) // parts)
    if len(cases) >= 4 * _LEAST * parts:
        first = int(_DEALT * len(cases) / parts)
    small = max(_LEAST, len(cases) // (32 * parts))
    starts = [*range(0, first * parts, first), *range(first * parts, len(cases), small), len(cases)]
    pieces = [cases[start:end] for start, end in pairwise(starts)]
    return [piece for piece in pieces if piece]


def usable_cores() -> int:
    """How many cores this process may use by forks; off Linux, libraries may not survive one."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _completed(
    run: Run, cases: Sequence[Case], found: Sequence[CaseResult | None] | None
) -> list[CaseResult]:
    """The results of a piece; what did not come back, or not as it was, is asked here."""
    if found is None:
        return run(cases)
    again = [case for case, result in zip(cases, found, strict=True) if result is None]
    asked = iter(run(again) if again else ())
    return [next(asked) if result is None else result for result in found]


class _Turns:
    """Which piece is next, for several processes: a pipe holds the numbers, and one of them reads each."""

    def __init__(self, indices: Sequence[int]) -> None:
        self._pipe, writing = os.pipe()
        os.write(writing, b"".join(index.to_bytes(_NUMBER, "big") for index in indices))
        os.close(writing)

    def of(self, first: int) -> Iterator[int]:
        """A process's own piece, then whatever is left."""
        yield first
        while number := os.read(self._pipe, _NUMBER):
            yield int.from_bytes(number, "big")

    def close(self) -> None:
        os.close(self._pipe)


class _Helper(NamedTuple):
    """A forked process and the pipe its results come through."""

    pid: int
    pipe: int

    @classmethod
    def start(cls, run: Run, pieces: Sequence[Sequence[Case]], first: int, turns: _Turns) -> "_Helper":
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            return cls(pid, reading)
        code = 1
        try:
            os.close(reading)
            told = [f"[{index},{_told(run(pieces[index]))}]" for index in turns.of(first)]
            with os.fdopen(writing, "wb") as out:
                out.write(f"[{','.join(told)}]".encode())
            code = 0
        finally:
            os._exit(code)  # nothing of this process's own may be written twice

    def results(self, pieces: Sequence[Sequence[Case]]) -> dict[int, list[CaseResult | None]]:
        """The results by piece, None where one would not have come as it was; none of a process that died."""
        with os.fdopen(self.pipe, "rb", closefd=False) as found:
            data = found.read()
        try:
            told = json.loads(data)
        except ValueError:
            return {}
        return {
            index: [None if row is None else CaseResult(case, *row)
                    for case, row in zip(pieces[index], rows, strict=True)]
            for index, rows in told
        }  # fmt: skip

    def end(self) -> None:
        """Wait for the process, which is killed if it still runs: by then nobody reads what it says."""
        import signal

        os.close(self.pipe)
        if not os.waitpid(self.pid, os.WNOHANG)[0]:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _told(results: Sequence[CaseResult]) -> str:
    rows = [[one.outcome, one.got, one.step, one.error, dict(one.trace)] for one in results]
    return _ENCODER.encode([row if _survives(row) else None for row in rows])


# Made once: `json.dumps` with separators makes one a call.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _survives(row: Any) -> bool:
    if is_plain(row):
        return True
    try:
        return bool(json.loads(json.dumps(row)) == row)
    except (TypeError, ValueError):
        return False
