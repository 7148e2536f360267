"""Guard strength of the shipped example: the score of each step, and faults tried a second.

    python benchmarks/guard_speed.py [--check N]

CPU seconds of trying alone: the workspace is loaded, its model fitted and every case asked once before, as
`fixloop guard` does. `--check N` also writes up to N faults of every operator into the files, loads and
evaluates each workspace whole, and says whether the same cases fail.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fixloop.adapters.work_tree import read_work_tree  # noqa: E402
from fixloop.evals.cases import load_cases  # noqa: E402
from fixloop.evals.result import PASS  # noqa: E402
from fixloop.evals.run import evaluate  # noqa: E402
from fixloop.mutants.measure import BaseFits, Measure  # noqa: E402
from fixloop.mutants.mutant import Mutant  # noqa: E402
from fixloop.mutants.operators import STEPS, find_mutants, lot  # noqa: E402
from fixloop.mutants.report import score_of  # noqa: E402
from fixloop.mutants.watch import Watch, build_watch  # noqa: E402
from fixloop.pipeline.compile import compile_pipeline  # noqa: E402
from fixloop.workspace.load import load_workspace  # noqa: E402
from fixloop.workspace.snapshot import Snapshot  # noqa: E402


class InMemory:
    """A cache for one run."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        """What was kept."""
        return self._known.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Keep it."""
        self._known[kind, key] = data


def main() -> None:
    """Measure, and check where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", type=int, default=0, metavar="N")
    wanted = parser.parse_args()
    snapshot, cache = read_work_tree(ROOT), InMemory()
    workspace, cases = load_workspace(snapshot), load_cases(snapshot)
    watch = build_watch(workspace, compile_pipeline(workspace, cache), cases)
    print(f"{'step':12}{'faults':>8}{'caught':>8}{'unseen':>8}{'raw':>8}{'effective':>11}{'a second':>10}")
    for step in STEPS:
        measure_step(watch, cache, step)
    if wanted.check:
        check(watch, cache, snapshot, wanted.check)


def measure_step(watch: Watch, cache: InMemory, step: str) -> None:
    """One line."""
    mutants = find_mutants(watch.workspace, steps=[step])
    measure = Measure(watch, BaseFits(cache))
    start = time.process_time()
    found = measure.run(mutants)
    spent = time.process_time() - start
    score = score_of((one.outcome for one in found), watch.looking[step])
    print(
        f"{step:12}{score.mutants:8}{score.killed:8}{score.unseen:8}{score.raw or 0:8.1%}"
        f"{score.effective or 0:11.1%}{len(mutants) / spent:10.0f}"
    )


def check(watch: Watch, cache: InMemory, snapshot: Snapshot, most: int) -> None:
    """The quick road against the plain one."""
    from tests.support.faulty import with_fault

    cases = load_cases(snapshot)
    passing = {one.id for one in evaluate(watch.pipeline, cases) if one.outcome == PASS}
    measure, by_operator = Measure(watch, BaseFits(cache)), dict[str, list[Mutant]]()
    for mutant in sorted(find_mutants(watch.workspace), key=lot):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    tried = 0
    for mutants in by_operator.values():
        for mutant in mutants[:most]:
            slow = compile_pipeline(load_workspace(with_fault(snapshot, mutant)), BaseFits(cache))
            report = evaluate(slow, cases)
            failing = {one.id for one in report if one.id in passing and one.outcome != PASS}
            quick = {look.ask.name for look in measure.looks(mutant) if look.fails}
            assert quick == failing, (mutant.operator, mutant.summary, quick ^ failing)
            tried += 1
    told = f"{tried} faults of {len(by_operator)} operators"
    print(f"{told} written to files and evaluated whole: the same cases fail")


if __name__ == "__main__":
    main()
