"""What `fixloop eval` costs over a bare loop: 3,080 BANKING77 cases, an engine that is one dictionary loop.

    python benchmarks/eval_speed.py DATA [--runs 7]

DATA/banking77/train.jsonl is split by digest: 3,080 rows become intent cases, the others the engine's votes.
Whole processes are timed, bare and fixloop in turns; the median of the pairs' ratios is what counts.
"""

import argparse
import hashlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from processes import python

CASES = 3080

ENGINE = '''
"""Votes of words for intents, counted over the rows that are no cases."""
import json
from pathlib import Path


class Votes:
    version, deterministic = "1", True

    def __init__(self):
        self.votes = json.loads(Path(__file__).with_name("votes.json").read_text())

    def classify(self, texts):
        return [self.one(text) for text in texts]

    def one(self, text):
        scores = {}
        for word in text.lower().split():
            for intent, count in self.votes.get(word, {}).items():
                scores[intent] = scores.get(intent, 0) + count
        return max(scores, key=scores.get) if scores else "other"


def factory(config):
    return Votes()
'''

BARE = """
import json, sys
from bench_engine import factory
one = factory(None).one
right = 0
with open(sys.argv[1]) as lines:
    for line in lines:
        case = json.loads(line)
        right += one(case["text"]) == case["expect"]
print(right)
"""


class World(NamedTuple):
    """The prepared folder: cases, engine and a workspace whose intents are the data's labels."""

    root: Path
    cases: Path


def prepare(data: Path, root: Path) -> World:
    rows = [json.loads(line) for line in (data / "banking77" / "train.jsonl").read_text().splitlines()]
    rows.sort(key=lambda row: hashlib.sha256(row["text"].encode()).hexdigest())
    cases = "\n".join(
        json.dumps({"id": row["id"], "text": row["text"], "expect": _leaf(row["intent"])})
        for row in rows[:CASES]
    )
    leaves = sorted({_leaf(row["intent"]) for row in rows})
    intents = {"root": leaves, "intents": {leaf: {"description": leaf} for leaf in leaves}}
    files = {
        "bench_engine.py": ENGINE,
        "votes.json": json.dumps(_votes(rows[CASES:])),
        "fixloop.yaml": 'fixloop: 1\nengines: {intent: "python:bench_engine:factory"}\n',
        "workspace/intents.yaml": json.dumps(intents, indent=1),
        "evals/intent/banking77.jsonl": cases + "\n",
        "bare.py": BARE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return World(root, root / "evals/intent/banking77.jsonl")


def _leaf(intent: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", intent.lower()).strip("_")


def _votes(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    votes: dict[str, dict[str, int]] = {}
    for row in rows:
        for word in row["text"].lower().split():
            counts = votes.setdefault(word, {})
            leaf = _leaf(row["intent"])
            counts[leaf] = counts.get(leaf, 0) + 1
    return votes


def whole_process(world: World, runs: int) -> None:
    """Bare and fixloop processes in turns, so that a slow moment of the machine hits both."""
    loop, ours = ["bare.py", str(world.cases)], ["-m", "fixloop", "eval", "--json"]
    right = int(python(loop, world.root).out)
    passed = json.loads(python(ours, world.root).out)["suites"]["intent"]["passed"]
    assert passed == right, (passed, right)
    pairs = []
    for _ in range(runs):
        # What a run keeps would answer the next one without asking the engine.
        shutil.rmtree(world.root / ".git/fixloop", ignore_errors=True)
        pairs.append((python(loop, world.root).seconds, python(ours, world.root).seconds))
    bare, spent = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"fixloop eval   {spent * 1e3:.0f} ms, bare process {bare * 1e3:.0f} ms: {ratio:.2f} times")


def harness(world: World, runs: int) -> None:
    """Inside one process: what a case costs beside the engine's own loop."""
    from fixloop.evals.cases import load_cases
    from fixloop.evals.run import evaluate
    from fixloop.pipeline.compile import compile_pipeline
    from fixloop.ports.cache import NoCache
    from fixloop.workspace.load import load_workspace
    from fixloop.workspace.snapshot import MemorySnapshot

    sys.path.insert(0, str(world.root))
    paths = ("fixloop.yaml", "workspace/intents.yaml", "evals/intent/banking77.jsonl")
    snapshot = MemorySnapshot({path: (world.root / path).read_bytes() for path in paths})
    one: Any = __import__("bench_engine").factory(None).one
    columns: dict[str, list[float]] = {"bare loop": [], "loading": [], "engine's answers": [], "judging": []}
    for _ in range(runs):
        # A pipeline keeps what it has answered, so each run has its own.
        pipeline = compile_pipeline(load_workspace(snapshot), NoCache())
        # By the clock: an engine of one's own answers in a process of its own.
        marks = [time.perf_counter()]
        for line in world.cases.read_text().splitlines():
            one(json.loads(line)["text"])
        marks.append(time.perf_counter())
        cases = load_cases(snapshot)
        texts = [case.spec["text"] for case in cases]
        marks.append(time.perf_counter())
        for text in texts:
            one(text)
        marks.append(time.perf_counter())
        pipeline.classify_each(texts)
        marks.append(time.perf_counter())
        evaluate(pipeline, cases)
        marks.append(time.perf_counter())
        bare, loading, engine, answers, judging = (after - before for before, after in pairwise(marks))
        spent = (bare, loading - (bare - engine), answers - engine, judging - answers)
        for column, seconds in zip(columns.values(), spent, strict=True):
            column.append(1e6 * seconds / CASES)
    micro = {name: statistics.median(column) for name, column in columns.items()}
    over = sum(micro.values()) - micro["bare loop"]
    print(f"harness        {over:5.1f} µs a case over the bare loop")
    for name, value in micro.items():
        print(f"  {name:20} {value:5.1f} µs{'' if name == 'bare loop' else ' more'}")


def imports(world: World) -> None:
    """What the modules of each package cost, themselves and without those they import."""
    told = python(["-X", "importtime", "-m", "fixloop", "eval", "--json"], world.root).err
    packages: Counter[str] = Counter()
    for line in told.splitlines()[1:]:
        own, _, name = (part.strip() for part in line.removeprefix("import time:").split("|"))
        packages[".".join(name.split(".")[: 2 if name.startswith("fixloop") else 1])] += int(own)
    print(
        "imports        " + ", ".join(f"{name} {own / 1e3:.0f} ms" for name, own in packages.most_common(10))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    if not (given.data / "banking77" / "train.jsonl").is_file():
        print(f"skipped: {given.data}/banking77/train.jsonl is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        world = prepare(given.data.resolve(), Path(folder))
        harness(world, given.runs)
        whole_process(world, given.runs)
        imports(world)


if __name__ == "__main__":
    main()
