"""Time at 150 leaves: `python benchmarks/faults/times.py DATA`, in CPU seconds of one process.

Twenty leaves of CLINC150's workspace are removed and a thousand tickets of theirs rejected, in the words of
`loop_sentences/tune.txt`: diagnosis is timed a rejection, the dry run a hint, and the whole run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from base import Base
from clinc import EXAMPLES, build_clinc, read_train
from plant import Fault, candidates
from staff import HAPPENED, WISH, Case, Staff, load_words
from worlds import World

from fixloop.adapters.disk_cache import DiskCache
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import content_id
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import parse_ticket
from fixloop.propose import attempt
from fixloop.propose.bench.workbench import build_workbench
from fixloop.propose.diagnosis.diagnose import diagnose
from fixloop.propose.run import propose
from fixloop.workspace.load import load_workspace

LEAVES, TICKETS = 20, 50


class Timed:
    """A function whose CPU seconds are noted, by what the first of its later arguments says its step is."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __call__(self, *args: Any, **options: Any) -> Any:
        """The function's result."""
        began = time.process_time()
        result = self._work(*args, **options)
        self.seconds[args[1].step].append(time.process_time() - began)
        return result


def faults_of(world: World) -> list[Fault]:
    """Twenty leaves that go."""
    return candidates(world)["leaf_removed"][:LEAVES]


def rejections(world: World, base: Base, data: Path, faults: Sequence[Fault]) -> list[Feedback]:
    """A thousand tickets of the leaves that are gone, with what staff say."""
    rows = read_train(data)
    staff = Staff(load_words("clinc", "tune"), "number")
    tickets = [
        {"id": f"R-{fault.leaf}-{n}", "text": row["text"]}
        for fault in faults
        for n, row in enumerate(rows[fault.leaf][EXAMPLES : EXAMPLES + TICKETS])
    ]
    parsed = [parse_ticket(one) for one in tickets]
    pairs = zip(base.pipeline.propose(parsed), world.pipeline.propose(parsed), strict=True)
    found = []
    for n, (ticket, (given, right)) in enumerate(zip(tickets, pairs, strict=True)):
        remark = staff.remark(Case(ticket["id"], given, right, "en"), WISH if n % 2 else HAPPENED)
        found.append(
            Feedback(
                id=content_id("fb", ticket["id"]),
                source="native",
                ticket=ticket,
                outcome="rejected",
                comment=remark.comment,
                reviewer=f"staff-{n % 7}",
                at=f"2026-11-{1 + n % 20:02d}T09:00:00Z",
                proposal=given.to_json(),
            )
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "fixloop-faults-cache"
    world = build_clinc(DiskCache(folder / "models"), DiskCache(folder / "kept"), options.data)
    faults = faults_of(world)
    base = Base(world, faults)
    said = rejections(world, base, options.data, faults)
    with tempfile.TemporaryDirectory() as fresh:
        cold = DiskCache(Path(fresh))
        compile_pipeline(load_workspace(base.snapshot), cold).classify(["warm"])
        bench = build_workbench("0" * 40, base.snapshot, said, cold)
        began = time.process_time()
        diagnose(bench, said)
        each = 1000 * (time.process_time() - began) / len(said)
        print(f"diagnosis                      {each:8.1f} ms a rejection, {len(said)} of them")
        tried = Timed(vars(attempt)["dry_run"])
        setattr(attempt, "dry_run", tried)  # noqa: B010 - the module's own name for it is not exported
        began = time.process_time()
        found = propose(bench, said, (), {})
        whole = time.process_time() - began
    for step, seconds in sorted(tried.seconds.items()):
        mean = 1000 * sum(seconds) / len(seconds)
        print(f"dry run, {step:<22}{mean:8.1f} ms a hint, {len(seconds)} of them")
    hints = sum(hint.step == "intent" for hint in found.hints)
    print(f"{len(said)} rejections, all steps  {whole:8.1f} s, {hints} intent hints: {found.ended}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
