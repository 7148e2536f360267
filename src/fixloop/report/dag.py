"""The DAG of intents as a drawing: below each parent its leaves, each with how well its cases guard it.

Drawn as an outline, one picture a top-level intent, so that it is as readable on a phone as on a desk. A leaf
with several parents stands below each of them, dashed where it is not drawn first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fixloop.evals.coverage import Coverage
from fixloop.mutants.report import GuardReport, Score
from fixloop.report.svg import Drawn, cut, picture, tag, text
from fixloop.report.words import percent
from fixloop.workspace.model import IntentDag, Workspace
from fixloop.workspace.text import count

GUARDED, WEAK, BARE = "guarded", "weak", "bare"
"""Its cases would notice a fault; some faults or branches they would not; no case speaks of it."""

_WIDTH, _ROW, _TOP = 340, 25, 15
_INDENT, _NAME, _METER, _LABEL = 16, 30, 206, 270
_METER_WIDE = 56
_LETTERS = 27


@dataclass(frozen=True, slots=True)
class GuardedLeaf:
    """How one leaf is guarded: its cases, and its answering branches reached of all.

    Where faults were injected, the share that cases catch: `strength` of those that show, `raw` of all.
    """

    leaf: str
    cases: int
    reached: int
    branches: int
    strength: float | None = None
    raw: float | None = None
    faults: int = 0
    survivors: int = 0
    wanted: float = 0.0

    @property
    def state(self) -> str:
        """guarded, weak or bare."""
        if not self.cases:
            return BARE
        if self.strength is not None and self.strength < self.wanted:
            return WEAK
        return GUARDED if self.reached == self.branches else WEAK

    @property
    def share(self) -> float:
        """What the meter shows: the strength, or the share of branches that a case reaches."""
        if self.strength is not None:
            return self.strength
        if not self.branches:
            return 1.0 if self.cases else 0.0
        return self.reached / self.branches

    @property
    def said(self) -> str:
        """The meter in words."""
        if self.strength is not None:
            return f"{100 * self.strength:.0f} % · {self.cases}"
        return count(self.cases, "case") if self.cases else "no case"

    @property
    def sentence(self) -> str:
        """All of it in words."""
        reached = f"{self.reached} of {count(self.branches, 'branch', 'branches')} reached"
        told = f"{self.leaf}: {self.state}, {count(self.cases, 'case')}, {reached}"
        if self.strength is None:
            return told
        return (
            f"{told}, guard strength {percent(self.strength)}, {count(self.survivors, 'fault')} not noticed"
        )


def guarded_leaves(
    workspace: Workspace, coverage: Coverage, guard: GuardReport | None = None
) -> Mapping[str, GuardedLeaf]:
    """Every named leaf with what the cases reach of it, and its strength where faults were injected."""
    total = Counter(one.leaf for one in coverage.branches)
    reached = Counter(one.leaf for one in coverage.branches if one.passing + one.failing)
    scores = {one.leaf: one.score for one in guard.leaves} if guard else {}
    wanted = workspace.config.gate.min_guard_strength
    return {
        leaf: _with_score(
            GuardedLeaf(leaf, coverage.cases.get(leaf, 0), reached[leaf], total[leaf], wanted=wanted),
            scores.get(leaf),
        )
        for leaf in workspace.intents.leaves
    }


def _with_score(leaf: GuardedLeaf, score: Score | None) -> GuardedLeaf:
    if score is None:
        return leaf
    survivors = score.mutants - score.unseen - score.killed
    return replace(leaf, strength=score.effective, raw=score.raw, faults=score.mutants, survivors=survivors)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of an outline: an intent at a depth; `again` where it was drawn below another parent."""

    name: str
    depth: int
    parent: int
    again: bool


def draw_dag(dag: IntentDag, guards: Mapping[str, GuardedLeaf]) -> tuple[tuple[str, Drawn], ...]:
    """(top-level intent, drawing), in the order of the root; leaves of the root itself stand under `root`."""
    seen: set[str] = set()
    alone = [name for name in dag.root if not dag.children.get(name)]
    tops = [name for name in dag.root if dag.children.get(name)]
    drawn = [(top, _draw(dag, top, dag.children[top], guards, seen)) for top in tops]
    return tuple(drawn + ([("root", _draw(dag, "root", tuple(alone), guards, seen))] if alone else []))


def _draw(
    dag: IntentDag, top: str, children: tuple[str, ...], guards: Mapping[str, GuardedLeaf], seen: set[str]
) -> Drawn:
    rows = [_Row(top, 0, -1, False), *_below(dag, children, 1, 0, seen)]
    leaves = [guards[row.name] for row in rows if row.name in guards]
    states = Counter(one.state for one in leaves)
    said = ", ".join(f"{states[state]} {state}" for state in (GUARDED, WEAK, BARE) if states[state])
    height = _TOP + _ROW * len(rows) - 4
    title = f"{top} and its {count(len(leaves), 'leaf', 'leaves')}: {said}"
    parts = [*_edges(rows), *(part for at, row in enumerate(rows) for part in _node(row, at, guards))]
    return picture(_WIDTH, height, title, *parts, class_="dag")


def _below(
    dag: IntentDag, children: tuple[str, ...], depth: int, parent: int, seen: set[str]
) -> Iterator[_Row]:
    """The rows below a parent, whose own row is number `parent`."""
    at = parent
    for child in children:
        at += 1
        again = child in seen
        seen.add(child)
        yield _Row(child, depth, parent, again)
        inner = (
            list(_below(dag, dag.children[child], depth + 1, at, seen)) if _opens(dag, child, again) else []
        )
        yield from inner
        at += len(inner)


def _opens(dag: IntentDag, child: str, again: bool) -> bool:
    """Whether what is below is drawn here: a parent that stands elsewhere already is only named."""
    return bool(dag.children.get(child)) and not again


def _edges(rows: list[_Row]) -> Iterator[Drawn]:
    for at, row in enumerate(rows):
        if row.parent < 0:
            yield tag("path", d=f"M0 {_y(0)}h8", class_="edge")
            continue
        left = _INDENT * row.depth - 4
        down = _y(at) - _y(row.parent) - 7
        dashed = "edge again" if row.again else "edge"
        yield tag("path", d=f"M{left} {_y(row.parent) + 7}v{down}h{_INDENT - 6}", class_=dashed)


def _node(row: _Row, at: int, guards: Mapping[str, GuardedLeaf]) -> Iterator[Drawn]:
    y, x = _y(at), _INDENT * row.depth
    guard = guards.get(row.name)
    if guard is None:
        yield tag("rect", x=x + 6, y=y - 5, width=10, height=10, rx=2, class_="parent")
        yield text(x + 22, y + 4, cut(row.name, 34), "parent-name")
        return
    yield _mark(guard.state, x + 14, y)
    label = text(x + 26, y + 4, cut(row.name, _LETTERS - 2 * row.depth), "again-name" if row.again else None)
    yield tag("g", tag("title", guard.sentence), label)
    yield tag("rect", x=_METER, y=y - 5, width=_METER_WIDE, height=10, rx=2, class_="meter")
    if guard.share:
        wide = max(2.0, _METER_WIDE * guard.share)
        yield tag("rect", x=_METER, y=y - 5, width=wide, height=10, rx=2, class_=f"fill {guard.state}")
    yield text(_LABEL, y + 4, guard.said, "said")


def _mark(state: str, x: float, y: float) -> Drawn:
    """A shape a state, so that nothing hangs on colour: a disc, a triangle, an empty square."""
    if state == GUARDED:
        return tag("circle", cx=x, cy=y, r=5, class_="mark guarded")
    if state == WEAK:
        return tag("path", d=f"M{x} {y - 6}l6 11h-12z", class_="mark weak")
    return tag("rect", x=x - 5, y=y - 5, width=10, height=10, class_="mark bare")


def _y(row: int) -> int:
    return _TOP + _ROW * row
