"""A loop on two cores gives what it gives on one, whatever becomes of a process."""

import os
import sys
import time
from collections.abc import Sequence

import pytest

from fixloop.evals import cores
from fixloop.evals.case import Case
from fixloop.evals.cores import run_in_parts, run_on_cores
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.run import evaluate
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import NoCache
from tests.support.worlds import build_workspace
from tests.unit.evals.test_memo import CASES, written

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")

MANY = [Case("intent", f"c{number}", {"id": f"c{number}", "expect": "x"}) for number in range(4_000)]


def judged(cases: Sequence[Case]) -> list[CaseResult]:
    """Odd cases fail; every tenth has what JSON would change; some have a trace."""
    return [
        CaseResult(case, FAIL if n % 2 else PASS, (n,) if n % 10 == 0 else [n], "intent", trace={"n": n / 3})
        for case in cases
        for n in [int(case.id[1:])]
    ]


@pytest.mark.parametrize("parts", [2, 3])
def test_parts_give_what_one_loop_gives(parts: int) -> None:
    assert run_in_parts(judged, MANY, parts) == judged(MANY)


@pytest.mark.parametrize("cases", [1, 2, 3, 7, 511, 4_096, 4_097, 9_999, 60_000])
@pytest.mark.parametrize("parts", [1, 2, 3, 64])
def test_every_case_is_in_one_piece_and_each_process_has_one(cases: int, parts: int) -> None:
    pieces = cores._pieces([MANY[0]] * cases, parts)
    assert sum(map(len, pieces)) == cases
    assert all(pieces)
    assert len(pieces) >= min(parts, cases, 2)


def test_who_is_done_first_takes_what_is_left() -> None:
    """A process that is held up keeps its own piece, and the other takes nearly all of the rest."""
    here, elsewhere = os.getpid(), set[str]()

    def held_up(cases: Sequence[Case]) -> list[CaseResult]:
        if os.getpid() != here:
            time.sleep(0.5)
        else:
            elsewhere.update(case.id for case in cases)
        return judged(cases)

    many = [*MANY, *(Case("intent", f"c{n}", {"id": f"c{n}", "expect": "x"}) for n in range(4_000, 12_000))]
    assert run_in_parts(held_up, many, 2) == judged(many)
    assert len(elsewhere) >= 7_000


def test_a_process_that_dies_between_two_pieces_is_made_up_for() -> None:
    here, seen = os.getpid(), list[int]()

    def dies_later(cases: Sequence[Case]) -> list[CaseResult]:
        seen.append(len(cases))
        if os.getpid() != here and len(seen) > 1:
            os._exit(0)
        return judged(cases)

    many = [Case("intent", f"c{n}", {"id": f"c{n}", "expect": "x"}) for n in range(12_000)]
    assert run_in_parts(dies_later, many, 2) == judged(many)


def test_a_process_that_dies_is_made_up_for() -> None:
    """An engine that exits takes its process along, and no case is lost."""
    here = os.getpid()

    def dies_elsewhere(cases: Sequence[Case]) -> list[CaseResult]:
        if os.getpid() != here:
            os._exit(3)
        return judged(cases)

    assert run_in_parts(dies_elsewhere, MANY, 2) == judged(MANY)


def test_an_interrupted_loop_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    here, forked, fork = os.getpid(), list[int](), os.fork

    def noted() -> int:
        forked.append(fork())
        return forked[-1]

    monkeypatch.setattr(os, "fork", noted)

    def stopped(cases: Sequence[Case]) -> list[CaseResult]:
        if os.getpid() == here:
            raise KeyboardInterrupt
        return judged(cases)

    with pytest.raises(KeyboardInterrupt):
        run_in_parts(stopped, MANY, 2)
    assert forked
    for process in forked:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)


def test_a_short_loop_forks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "run_in_parts", None)
    assert run_on_cores(judged, MANY, cores=2) == judged(MANY)


def test_an_evaluation_on_two_cores_is_the_same_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every suite, each forced onto two processes however short its loop is."""
    pipeline = compile_pipeline(build_workspace(), NoCache())
    alone = written(evaluate(pipeline, CASES))
    monkeypatch.setattr(
        "fixloop.evals.run.run_on_cores",
        lambda run, cases: run_in_parts(run, cases, 2) if len(cases) > 1 else run(cases),
    )
    assert written(evaluate(pipeline, CASES)) == alone
