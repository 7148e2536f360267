"""What a gate and an evaluation cost on a large workspace, cold and with what earlier runs know.

    python benchmarks/gate_speed.py [--runs 3] [--loop] [--cores]

Whole processes are told by their CPU seconds and by the clock; ratios are of one run. `--loop` holds a cold
evaluation against a bare loop over the pipeline, `--cores` one core against all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from large_world import CASES, case_files, git, plan_tree, workspace_files, write_repository
from processes import environment

LEAF = "p3_leaf3"
GATE = """
import sys
from fixloop.__main__ import main
sys.argv[1:] = ["gate", "main", {head!r}]
try:
    main()
except SystemExit:
    pass
print("modules", *sys.modules)
"""
IMPORTS = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in a gate: threads that nobody needs are no import
from contextlib import suppress
from importlib import import_module
for name in {modules!r}.split():
    with suppress(ImportError):  # a name that a library gave to something that is no module
        import_module(name)
"""
AFTER_IMPORTS = """
import sys
from fixloop.__main__ import main
before = os.times()[:4]
sys.argv[1:] = ["gate", "main", {head!r}]
try:
    main()
except SystemExit:
    pass
print("spent", sum(os.times()[:4]) - sum(before))
"""


class Spent(NamedTuple):
    """A process's CPU seconds, its seconds by the clock, and what it wrote."""

    cpu: float
    wall: float
    out: str


def run(root: Path, *words: str) -> Spent:
    """This Python with some arguments, in a folder."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], cwd=root, env=environment(root), stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ended with {status}")
        out.seek(0)
        return Spent(used.ru_utime + used.ru_stime, wall, out.read())


def gate(root: Path, head: str) -> Spent:
    """`fixloop gate main HEAD`."""
    return run(root, "-m", "fixloop", "gate", "main", head)


def asked(spent: Spent) -> str:
    """The line of a verdict that says how many cases were asked."""
    return next(line.strip() for line in spent.out.splitlines() if line.strip().startswith("asked"))


def branch(root: Path, name: str, path: str, text: str) -> str:
    """A branch off main with one file changed."""
    git(root, "switch", "-q", "-c", name, "main")
    (root / path).write_text(text)
    git(root, "commit", "-qam", name)
    git(root, "switch", "-q", "main")
    return name


def forget(root: Path) -> None:
    """Everything that earlier runs know."""
    shutil.rmtree(root / ".git" / "fixloop", ignore_errors=True)


def imported(root: Path, head: str) -> str:
    """The modules that a gate of this head imports."""
    said = run(root, "-c", GATE.format(head=head)).out.splitlines()
    modules = next(line.removeprefix("modules ") for line in said if line.startswith("modules "))
    assert "sklearn.svm" in modules.split(), "a gate that fits a model"
    return modules


def gate_after(root: Path, head: str, modules: str) -> float:
    """The CPU seconds of a gate in a process that has imported these modules before."""
    out = run(root, "-c", (IMPORTS + AFTER_IMPORTS).format(modules=modules, head=head)).out
    return float(out.splitlines()[-1].removeprefix("spent "))


def gates(root: Path, runs: int) -> None:
    """One plan tree changed, and one example added: cold, and warm with a result nobody has seen."""
    examples = (root / f"workspace/examples/{LEAF}.jsonl").read_text()
    plans = [
        branch(root, f"plan{n}", f"plan_trees/{LEAF}.yaml", plan_tree(LEAF, 600 + n)) for n in range(runs + 1)
    ]
    more = [
        branch(
            root, f"example{n}", f"workspace/examples/{LEAF}.jsonl", f'{examples}{{"text": "unheard {n}"}}\n'
        )
        for n in range(runs + 2)
    ]
    for what, heads in (("plan tree", plans), ("example", more[: runs + 1])):
        forget(root)
        cold, *warm = [gate(root, head) for head in heads]
        cpu, wall = (
            statistics.median(column) for column in zip(*((w.cpu, w.wall) for w in warm), strict=True)
        )
        print(f"{what:14} cold {cold.cpu:.2f} s CPU; {asked(cold)}")
        print(f"               warm {cpu:.2f} s CPU, {wall:.2f} s by the clock; {asked(warm[-1])}")
    aside(root, more[-1], more[:-1], runs)
    again = [gate(root, plans[1]) for _ in range(runs)]
    print(f"the same again {statistics.median(one.cpu for one in again):.2f} s CPU; {asked(again[-1])}")


def aside(root: Path, unknown: str, heads: Sequence[str], runs: int) -> None:
    """The gate after one added example, cold and warm in turns, imports left aside."""
    modules = imported(root, unknown)
    pairs = []
    for head in heads[:runs]:
        forget(root)
        cold = gate_after(root, unknown, modules)
        pairs.append((cold, gate_after(root, head, modules)))
    cold, warm = (statistics.median(column) for column in zip(*pairs, strict=True))
    share = statistics.median(warm / cold for cold, warm in pairs)
    print(f"               imports left aside: cold {cold:.2f} s, warm {warm:.2f} s: {share:.2f} of cold")


# --- inside one process -----------------------------------------------------------------------------------


def compiled(root: Path) -> Any:
    """The pipeline of a folder."""
    from fixloop.adapters.work_tree import read_work_tree
    from fixloop.pipeline.compile import compile_pipeline
    from fixloop.ports.cache import NoCache
    from fixloop.workspace.load import load_workspace

    return compile_pipeline(load_workspace(read_work_tree(root)), NoCache())


def pipeline_cases(count: int) -> Any:
    """Cases of whole tickets."""
    from fixloop.evals.cases import load_cases
    from fixloop.workspace.snapshot import MemorySnapshot

    files = case_files({"pipeline": count})
    return load_cases(MemorySnapshot({path: text.encode() for path, text in files.items()}))


def _all_cpu() -> float:
    """The CPU seconds of this process and of the forks it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def timed(clock: Callable[[], float], work: Callable[[], object]) -> float:
    """The seconds that some work takes."""
    start = clock()
    work()
    return clock() - start


def loop(root: Path, runs: int) -> None:
    """A cold evaluation against the bare loop: the same 10,000 tickets through `propose`, nothing judged."""
    from fixloop.adapters.disk_cache import DiskCache
    from fixloop.evals.memo import ResultMemo
    from fixloop.evals.run import evaluate
    from fixloop.evals.suites.pipeline import ticket_of
    from fixloop.pipeline import classification
    from fixloop.pipeline.memo import Memo

    def fresh(work: Callable[[Any, Any, Any], object]) -> float:
        """Cases and pipeline new each time: they remember what they were asked."""
        cases, pipeline = pipeline_cases(10_000), compiled(root)
        tickets = [ticket_of(case) for case in cases]
        pipeline.propose(tickets[:10])
        classification._LATELY.clear()
        return timed(_all_cpu, lambda: work(pipeline, cases, tickets))

    def kept(pipeline: Any, cases: Any, _tickets: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            evaluate(pipeline, cases, memo=ResultMemo(Memo(DiskCache(Path(folder))), pipeline))

    pairs: list[Sequence[float]] = [
        (
            fresh(lambda pipeline, _, tickets: pipeline.propose(tickets)),
            fresh(lambda pipeline, cases, _: evaluate(pipeline, cases)),
            fresh(kept),
        )
        for _ in range(runs)
    ]
    bare = statistics.median(one[0] for one in pairs)
    print(f"bare loop      {1e2 * bare:.0f} µs a case")
    print(f"evaluate       {statistics.median(b / a for a, b, _ in pairs):.2f} × of it")
    print(f"… and keep     {statistics.median(c / a for a, _, c in pairs):.2f} × of it")


def cores(root: Path) -> None:
    """A loop of ten seconds and more on one core, then on all."""
    from functools import partial

    from fixloop.evals.cores import run_on_cores, usable_cores
    from fixloop.evals.suites.pipeline import run as ask
    from fixloop.pipeline import classification

    cases, pipeline = tuple(pipeline_cases(60_000)), compiled(root)
    judged = partial(ask, pipeline)
    judged(cases[:100])
    walls, own, forks = [], [], []
    for count in (1, usable_cores()):
        classification._LATELY.clear()
        before = os.times()
        walls.append(timed(time.perf_counter, partial(run_on_cores, judged, cases, count)))
        used = [after - start for after, start in zip(os.times(), before, strict=True)]
        own.append(used[0] + used[1])
        forks.append(used[2] + used[3])
    print(f"one core       {walls[0]:.1f} s for {len(cases):,} cases, {own[0]:.1f} s CPU")
    print(f"{usable_cores()} cores        {walls[1]:.1f} s: {walls[0] / walls[1]:.2f} times as fast")
    # The clock says little on a machine with other work. This process waits for its forks, then reads them.
    longest = max(own[1], forks[1] / max(usable_cores() - 1, 1))
    said = f"{own[1]:.1f} s CPU here, {forks[1]:.1f} in forks"
    print(f"               {said}: at most {own[0] / longest:.2f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--cores", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_repository(root, {**workspace_files(), **case_files()})
        print(f"cases          {sum(CASES.values()):,} over 64 leaves")
        if given.loop:
            loop(root, given.runs)
        if given.cores:
            cores(root)
        if not given.loop and not given.cores:
            gates(root, given.runs)


if __name__ == "__main__":
    main()
