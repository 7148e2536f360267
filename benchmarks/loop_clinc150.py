"""The loop on CLINC150: `python benchmarks/loop_clinc150.py DATA [--svg FILE] [--rounds 5]`.

Starts with 100 of the 150 intents and a quarter of their examples (and the out-of-scope examples of train as
`other`); the rest of train arrives as tickets in rounds. A scripted reviewer rejects wrong proposals, 40 % by
naming what is wanted in words of their own, 40 % by describing it, 20 % without saying anything, and approves
hints that are at least 80 % right. Everything goes the real way: a git repository, feedback on fixloop/state,
propose, decide, and the merge queue, which gates what lands. After each round the tickets of val are asked.

Beside it two bounds: every rejected ticket that names its intent appended under its true label, and all of
train. With `--fast` operations are laid over the workspace in memory, without apply, gate and merge.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from labelled import Labelled, children_of, examples_of, load_labelled, missing_data, wilson
from loop_plot import Line, draw_lines
from loop_reviewer import NAMES, Decision, Reviewer, draw, load_sentences

from fixloop.adapters.disk_cache import DiskCache
from fixloop.adapters.first_commit import create_repository
from fixloop.commands import decide
from fixloop.commands import merge as merge_command
from fixloop.commands import propose as propose_command
from fixloop.commands.desk import Desk
from fixloop.commands.init import Source, init
from fixloop.errors import FixloopError
from fixloop.feedback.model import Feedback
from fixloop.feedback.shards import render_shards
from fixloop.hints.ids import content_id
from fixloop.hints.model import Hint
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.intent import choose_thresholds, fit_intent
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import Cache
from fixloop.propose.bench.workbench import build_workbench
from fixloop.propose.run import propose as run_proposer
from fixloop.queue.rebuild import rebuild
from fixloop.wiring import build_desk, build_site
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import Overlay, Snapshot
from fixloop.workspace.text import text_digest

KNOWN_INTENTS = 100
QUARTER = 4
LANDINGS = 1
GATE_CHECKS = {"regressions", "near_miss", "fail_to_pass", "drift"}
WHO = "reviewer@example.org"


@dataclass(frozen=True)
class Material:
    """Train, parted by digest: the start, the rounds of tickets; and val."""

    start: tuple[Labelled, ...]
    rounds: tuple[tuple[Labelled, ...], ...]
    train: tuple[Labelled, ...]
    val: tuple[Labelled, ...]

    @property
    def known(self) -> frozenset[str]:
        """The intents there is a leaf for from the start."""
        return frozenset(row.leaf for row in self.start) - {"other"}


def read_material(folder: Path, rounds: int) -> Material:
    train, val = load_labelled(folder / "train.jsonl"), load_labelled(folder / "val.jsonl")
    intents = sorted(
        {row.leaf for row in train} - {"other"}, key=lambda one: (draw(1 << 40, "known", one), one)
    )
    known = set(intents[:KNOWN_INTENTS])
    ordered: dict[str, list[Labelled]] = {}
    for row in sorted(train, key=lambda row: (draw(1 << 40, "example", row.text), row.text)):
        ordered.setdefault(row.leaf, []).append(row)
    start, rest = [], []
    for leaf, rows in ordered.items():
        size = len(rows) if leaf == "other" else len(rows) // QUARTER if leaf in known else 0
        start += rows[:size]
        rest += rows[size:]
    parts = tuple(tuple(r for r in rest if draw(rounds, "round", r.text) == n) for n in range(rounds))
    return Material(tuple(start), parts, tuple(train), tuple(val))


# --- the two worlds: real and fast ----------------------------------------------------------------------


class World(Protocol):
    """Where fixes land."""

    cache: Cache

    def snapshot(self) -> Snapshot:
        """The workspace as it is."""

    def store(self, feedback: Sequence[Feedback], number: int) -> None:
        """Keep a round's feedback."""

    def propose(self) -> tuple[Hint, ...]:
        """Hints for what is new."""

    def decide(self, hint: Hint, decision: Decision) -> Hint | None:
        """Carry out a decision; the hint that takes the place of an answered question."""

    def land(self) -> list[str]:
        """Ids of the approved hints that landed."""


class RealWorld:
    """A git repository, driven by the commands a user has."""

    def __init__(self, folder: Path) -> None:
        self.desk: Desk = build_desk(str(folder), lambda message: None)
        self.cache = self.desk.cache
        self.refused: Counter[str] = Counter()
        self.approved: list[str] = []

    def snapshot(self) -> Snapshot:
        """The workspace as it is."""
        return self.desk.tree("HEAD")

    def store(self, feedback: Sequence[Feedback], number: int) -> None:
        """Keep a round's feedback."""
        shards = render_shards(feedback, f"2026-{number:02}", f"in-{number:016x}")
        self.desk.state.add(shards, f"ingest round {number}")

    def propose(self) -> tuple[Hint, ...]:
        """Hints for what is new."""
        found = propose_command.propose(self.desk)
        print(f"    {found.ended}", file=sys.stderr)
        return found.hints

    def decide(self, hint: Hint, decision: Decision) -> Hint | None:
        """Carry out a decision."""
        if decision.verb == "approve":
            decide.approve(self.desk, [hint.id], WHO)
            self.approved.append(hint.id)
        elif decision.verb == "reject":
            decide.reject(self.desk, [hint.id], decide.Why(decision.why), WHO)
        elif decision.verb == "answer":
            found = decide.answer(self.desk, hint.id, decision.choice, WHO)
            return self.desk.ground().book.hints[found.ids[0]]
        return None

    def land(self) -> list[str]:
        """Ids of the approved hints that landed."""
        landed: list[str] = []
        # What one fix makes worse another mends: a person tries the refused again while any of them lands.
        for _ in range(LANDINGS):
            done = merge_command.merge(self.desk, self.approved, who=WHO)
            batches = len({one.judged for one in done.merged})
            told = f"{len(done.merged)} of {len(self.approved)} landed, in {batches} batches"
            print(f"    {told}", file=sys.stderr)
            landed += [one.id for one in done.merged]
            self.approved = [one.id for one in done.refused if one.check in GATE_CHECKS]
            if not done.merged or not self.approved:
                break
        for one in done.refused:
            self.refused[f"{one.check}: {re.sub('[0-9]+', 'n', one.detail)[:60]}"] += 1
        self.approved = []
        return landed


class FastWorld:
    """Operations laid over a snapshot in memory: for development only."""

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self._snapshot = snapshot
        self.cache = cache
        self.feedback: list[Feedback] = []
        self.handled: set[str] = set()
        self.rejected: dict[str, int] = {}
        self.approved: list[Hint] = []

    def snapshot(self) -> Snapshot:
        """The workspace as it is."""
        return self._snapshot

    def store(self, feedback: Sequence[Feedback], number: int) -> None:
        """Keep a round's feedback."""
        self.feedback += feedback

    def propose(self) -> tuple[Hint, ...]:
        """Hints for what is new."""
        bench = build_workbench("0" * 40, self._snapshot, self.feedback, self.cache)
        found = run_proposer(bench, self.feedback, self.handled, self.rejected)
        print(f"    {found.ended}", file=sys.stderr)
        return found.hints

    def decide(self, hint: Hint, decision: Decision) -> Hint | None:
        """Carry out a decision."""
        if decision.verb == "leave":
            return None
        self.handled |= set(hint.evidence)
        if decision.verb == "approve":
            self.approved.append(hint)
        elif decision.verb == "reject":
            self.rejected[hint.fingerprint] = max(self.rejected.get(hint.fingerprint, 0), hint.support)
        else:
            assert hint.question is not None
            return hint.question.choices[decision.choice - 1].hint
        return None

    def land(self) -> list[str]:
        """Ids of the approved hints that landed."""
        landed = []
        for hint in self.approved:
            try:
                self._snapshot = Overlay(self._snapshot, rebuild(self._snapshot, hint))
                landed.append(hint.id)
            except FixloopError as error:
                self.handled -= set(hint.evidence)
                print(f"    conflict: {error.message}", file=sys.stderr)
        self.approved = []
        return landed


# --- one round ------------------------------------------------------------------------------------------


@dataclass
class Round:
    """What happened in a round, and how val fares after it."""

    number: int
    tickets: int = 0
    rejected: int = 0
    hints: int = 0
    merged: int = 0
    inside: int = 0
    outside: int = 0
    leaves: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Loop:
    """A world, its reviewer, and the tickets of val."""

    world: World
    reviewer: Reviewer
    val: Sequence[Labelled]
    passes: int

    def play(self, number: int, tickets: Sequence[Labelled]) -> Round:
        """Tickets in, feedback stored, hints proposed and decided, fixes landed, val asked."""
        done = Round(number)
        if tickets:
            began = time.perf_counter()
            feedback = self.answered(number, tickets)
            self.world.store(feedback, number)
            done.tickets, done.rejected = len(feedback), sum(one.outcome == "rejected" for one in feedback)
            done.seconds["answer"] = time.perf_counter() - began
            for _ in range(self.passes):
                self._improve(done)
        self._ask_val(done)
        return done

    def answered(self, number: int, tickets: Sequence[Labelled]) -> list[Feedback]:
        """The round's tickets, answered by the workspace as it is and read by the reviewer."""
        pipeline = compile_pipeline(load_workspace(self.world.snapshot()), self.world.cache)
        raw = [
            {"id": f"t-{text_digest(one.text)[:16]}-{one.leaf}", "text": one.text}
            for one in {text_digest(t.text): t for t in tickets}.values()
        ]
        proposals = pipeline.propose([parse_ticket(one) for one in raw])
        found = []
        for ticket, proposal in zip(raw, proposals, strict=True):
            intent = self.reviewer.truth[text_digest(ticket["text"])]
            right = self.reviewer.accepts(proposal.leaf, intent)
            said = "" if right else self.reviewer.comment(ticket["id"], intent)[1]
            outcome, at = ("accepted" if right else "rejected"), f"2026-{number:02}-01T08:00:00Z"
            key = content_id("fb", ticket["id"], WHO, at, outcome)
            found.append(Feedback(key, "native", ticket, outcome, said, WHO, at, proposal=proposal.to_json()))
        return found

    def _improve(self, done: Round) -> None:
        times = [time.perf_counter()]
        hints = {hint.id: hint for hint in self.world.propose()}
        times.append(time.perf_counter())
        for hint in list(hints.values()):
            decision = self.reviewer.decide(hint)
            fresh = self.world.decide(hint, decision)
            if fresh is not None:
                hints[fresh.id] = fresh
                self.world.decide(fresh, self.reviewer.decide(fresh))
        times.append(time.perf_counter())
        landed = self.world.land()
        times.append(time.perf_counter())
        for key in landed:
            self.reviewer.landed(hints[key])
        self.reviewer.awaited.clear()
        done.hints += len(hints)
        done.merged += len(landed)
        for name, start, end in zip(("propose", "decide", "land"), times, times[1:], strict=False):
            done.seconds[name] = done.seconds.get(name, 0.0) + end - start

    def _ask_val(self, done: Round) -> None:
        workspace = load_workspace(self.world.snapshot())
        pipeline = compile_pipeline(workspace, self.world.cache)
        answers = [answer.leaf for answer in pipeline.classify([row.text for row in self.val])]
        done.inside, done.outside = self.reviewer.approval(answers, [row.leaf for row in self.val])
        done.leaves = len(workspace.intents.leaves)


# --- bounds ---------------------------------------------------------------------------------------------


def append_named(
    material: Material,
    thresholds: Mapping[str, float],
    reviewer: Reviewer,
    start: Mapping[str, Sequence[str]],
) -> list[tuple[int, int]]:
    """The bound: every rejected ticket that names its intent appended under its true label, each round."""
    children = children_of([row for row in material.train if row.leaf in material.known])
    examples = {leaf: list(texts) for leaf, texts in start.items()}
    parents = {row.leaf: row.above[0] for row in material.train if row.above}
    model = fit_intent(children, examples, thresholds)
    found = [_right(model.classify([r.text for r in material.val]), material.val)]
    for tickets in material.rounds:
        answers = model.classify([one.text for one in tickets])
        for one, answer in zip(tickets, answers, strict=True):
            ticket_id = f"t-{text_digest(one.text)[:16]}-{one.leaf}"
            if answer.leaf != one.leaf and reviewer.comment(ticket_id, one.leaf)[0] == NAMES:
                examples.setdefault(one.leaf, []).append(one.text)
                there = children.setdefault(parents[one.leaf], ())
                children[parents[one.leaf]] = tuple(sorted({*there, one.leaf}))
        children["root"] = tuple(sorted(set(children) - {"root"}))
        model = fit_intent(children, examples, thresholds)
        found.append(_right(model.classify([r.text for r in material.val]), material.val))
    return found


def all_of_train(material: Material, cache: Cache) -> tuple[int, int]:
    """The bound: a leaf for every intent with all its examples, thresholds chosen among them."""
    children, examples = children_of(material.train), examples_of(material.train)
    key = content_id("all", children, examples)
    saved = cache.load("benchmark-thresholds", key)
    chosen = json.loads(saved) if saved else choose_thresholds(children, examples)
    cache.save("benchmark-thresholds", key, json.dumps(chosen).encode())
    model = fit_intent(children, examples, chosen, cache)
    print(f"    all of train: thresholds {chosen}", file=sys.stderr)
    return _right(model.classify([row.text for row in material.val]), material.val)


def _right(answers: Sequence[object], rows: Sequence[Labelled]) -> tuple[int, int]:
    leaves = [str(getattr(answer, "leaf")) for answer in answers]  # noqa: B009 - an answer's type is the engine's
    inside = sum(leaf == row.leaf for leaf, row in zip(leaves, rows, strict=True) if row.leaf != "other")
    outside = sum(
        leaf.endswith("other") for leaf, row in zip(leaves, rows, strict=True) if row.leaf == "other"
    )
    return inside, outside


# --- the run --------------------------------------------------------------------------------------------


def start_workspace(folder: Path, material: Material) -> Snapshot:
    """What `init --from` makes of the labelled start, committed in a new repository."""
    rows = [
        {
            "text": row.text,
            "intent": "" if row.leaf == "other" else row.leaf,
            "parent": (row.above or ("",))[0],
        }
        for row in material.start
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    init(build_site(str(folder), lambda message: None), Source("start.jsonl", data))
    create_repository(folder, "The start: 100 intents, a quarter of their examples")
    return build_desk(str(folder), lambda message: None).tree("HEAD")


def run(options: argparse.Namespace, folder: Path) -> None:
    began = time.perf_counter()
    material = read_material(options.data, options.rounds)
    snapshot = start_workspace(folder, material)
    lasting: Cache = DiskCache(options.cache) if options.cache else DiskCache(folder / ".git/fixloop/cache")
    world: World = FastWorld(snapshot, lasting) if options.fast else RealWorld(folder)
    truth = {text_digest(row.text): row.leaf for row in reversed(material.train)}
    means = {leaf: leaf for leaf in material.known}
    reviewer = Reviewer(truth, load_sentences(options.sentences), means)
    loop = Loop(world, reviewer, material.val, options.passes)
    rounds = []
    for number, tickets in enumerate([(), *material.rounds[: options.until]]):
        rounds.append(loop.play(number, tickets))
        print(_row(rounds[-1]), file=sys.stderr)
    workspace = load_workspace(snapshot)
    start = {str(leaf): [one.text for one in found] for leaf, found in workspace.examples.items()}
    bound = append_named(material, workspace.intents.thresholds, reviewer, start)
    full = all_of_train(material, lasting)
    sizes = (sum(r.leaf != "other" for r in material.val), sum(r.leaf == "other" for r in material.val))
    report(rounds, bound, full, sizes)
    print(f"decisions: {dict(sorted(reviewer.tally.items()))}")
    if isinstance(world, RealWorld):
        print(f"refused by the gate: {dict(world.refused)}")
    print(f"{time.perf_counter() - began:.0f} s in all, sentences: {options.sentences}")
    if options.svg:
        options.svg.write_text(plot(rounds, bound, full, sizes[0]), encoding="utf-8")


def _row(one: Round) -> str:
    times = ", ".join(f"{name} {value:.0f} s" for name, value in one.seconds.items())
    return f"  round {one.number}: {one.inside} {one.outside}, {one.leaves} leaves; {times}"


def report(
    rounds: Sequence[Round], bound: Sequence[tuple[int, int]], full: tuple[int, int], sizes: tuple[int, int]
) -> None:
    inside, outside = sizes
    print(
        "| round | tickets | rejected | hints | merged | leaves | approval on val | oos held back "
        "| append named | oos |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one, (named, named_out) in zip(rounds, bound, strict=False):
        print(
            f"| {one.number} | {one.tickets} | {one.rejected} | {one.hints} | {one.merged} | {one.leaves} "
            f"| {wilson(one.inside, inside)} | {one.outside}/{outside} | {wilson(named, inside)} "
            f"| {named_out}/{outside} |"
        )
    print(f"| all of train | | | | | | {wilson(full[0], inside)} | {full[1]}/{outside} | | |")
    gap = 100 * (full[0] - rounds[-1].inside) / inside
    falls = [100 * (a.inside - b.inside) / inside for a, b in itertools.pairwise(rounds)]
    print(
        f"final round: {gap:.1f} points below all of train (target 3); largest fall {max([0.0, *falls]):.1f}"
    )


def plot(
    rounds: Sequence[Round], bound: Sequence[tuple[int, int]], full: tuple[int, int], inside: int
) -> str:
    lines = [
        Line("fixloop", [one.inside / inside for one in rounds]),
        Line("append every named label", [right / inside for right, _ in bound], dashed=True),
        Line("all of train", [full[0] / inside] * len(rounds), dashed=True),
    ]
    return draw_lines("Approval of unseen tickets (CLINC150 val, in scope)", lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that holds CLINC150's train.jsonl and val.jsonl")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--until", type=int, help="stop after this round")
    parser.add_argument("--passes", type=int, default=1, help="propose runs a round")
    parser.add_argument("--sentences", choices=("tune", "report"), default="report")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--cache", type=Path, help="a cache that outlives the run, for development")
    options = parser.parse_args()
    if missing_data(options.data.parent, options.data.name):
        print(f"skipped: {options.data}/train.jsonl is not there (CLINC150, CC BY 3.0, clinc/oos-eval)")
        return 0
    with tempfile.TemporaryDirectory() as name:
        run(options, Path(name) / "bank")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
