"""Long case loops on every core: forked processes share what was compiled, and send their results back.

The results are those of one process: a case's depends on no other case. What a pipe of JSON would change, and
what a process that died did not send, is asked again here.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import CaseResult
from fixloop.pipeline.memo import is_plain

Run = Callable[[Sequence[Case]], list[CaseResult]]

WORTH_SECONDS = 4.0
"""From a rest of a loop as long as this on, a second process saves more than it costs."""

_WARM, _TIMED = 64, 512


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
    size = -(-len(cases) // parts)
    mine, *others = [cases[start : start + size] for start in range(0, len(cases), size)]
    helpers = [_Helper.start(run, some) for some in others]
    try:
        results = run(mine)
        for helper, some in zip(helpers, others, strict=True):
            results += _completed(run, some, helper.results())
    finally:
        for helper in helpers:
            helper.end()
    return results


def usable_cores() -> int:
    """How many cores this process may use by forks; off Linux, libraries may not survive one."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _completed(run: Run, cases: Sequence[Case], rows: Sequence[Any]) -> list[CaseResult]:
    found: list[CaseResult | None] = [None if row is None else CaseResult(case, *row)
                                      for case, row in zip(cases, rows, strict=True)]  # fmt: skip
    again = [case for case, result in zip(cases, found, strict=True) if result is None]
    asked = iter(run(again) if again else ())
    return [next(asked) if result is None else result for result in found]


class _Helper(NamedTuple):
    """A forked process and the pipe its results come through."""

    pid: int
    pipe: int
    size: int

    @classmethod
    def start(cls, run: Run, cases: Sequence[Case]) -> "_Helper":
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            return cls(pid, reading, len(cases))
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as out:
                out.write(json.dumps(_rows(run(cases)), separators=(",", ":")).encode())
            code = 0
        finally:
            os._exit(code)  # nothing of this process's own may be written twice

    def results(self) -> Sequence[Any]:
        """A row a case, None where there is none: for all of them where the process did not end well."""
        with os.fdopen(self.pipe, "rb", closefd=False) as found:
            data = found.read()
        try:
            rows = json.loads(data)
        except ValueError:
            rows = []
        return rows if len(rows) == self.size else [None] * self.size

    def end(self) -> None:
        """Wait for the process, which is killed if it still runs: by then nobody reads what it says."""
        import signal

        os.close(self.pipe)
        if not os.waitpid(self.pid, os.WNOHANG)[0]:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _rows(results: Sequence[CaseResult]) -> list[Any]:
    rows = [[one.outcome, one.got, one.step, one.error, dict(one.trace)] for one in results]
    return [row if _survives(row) else None for row in rows]


def _survives(row: Any) -> bool:
    if is_plain(row):
        return True
    try:
        return bool(json.loads(json.dumps(row)) == row)
    except (TypeError, ValueError):
        return False
