"""What kind of change a path is, told by what it touches and never by what it says of itself."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from fixloop.gate.names import folded
from fixloop.hints.model import Hint
from fixloop.ports.git import Entry
from fixloop.workspace.model import PlanTree
from fixloop.workspace.snapshot import GOVERNED, is_governed

FIX, JUDGE, NEUTRAL, MIXED = "fix", "judge", "neutral", "mixed"

_JUDGE_FILES = frozenset(
    {"fixloop.yaml", "workspace/tools.yaml", "workspace/rubric.yaml", "workspace/improver.yaml"}
)
_JUDGE_PREFIXES = (
    "workspace/records/",
    ".github/",
    ".gitlab/",
    ".circleci/",
    ".ci/",
    ".husky/",
    ".githooks/",
)
_JUDGE_ROOT_FILES = frozenset(
    {".gitlab-ci.yml", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", ".gitattributes"}
)

WATCHED = (
    *GOVERNED,
    *(prefix for prefix in _JUDGE_PREFIXES if not is_governed(prefix)),
    *sorted(_JUDGE_ROOT_FILES),
    ":(glob)**/.gitattributes",
)
"""Git pathspecs of everything that is not neutral, but for the files of a `python:` engine."""

KNOWN_GOOD = "evals/known_good/"
"""Outcomes that must stay: to add one decides about every change to come."""

_JUDGE_OPERATIONS = frozenset({"add_case", "fix_case", "retire_case"})

Changes = Mapping[str, tuple[Entry | None, Entry | None]]
"""Path to its entry on the base and on the result."""


class Lanes(NamedTuple):
    """The changed paths by lane."""

    fix: tuple[str, ...]
    judge: tuple[str, ...]
    neutral: tuple[str, ...]

    @property
    def lane(self) -> str:
        """The lane of the whole change; `mixed` where it moves evaluator and improver together."""
        if self.fix and self.judge:
            return MIXED
        if self.judge:
            return JUDGE
        return FIX if self.fix else NEUTRAL


def sort_into_lanes(
    changes: Changes,
    engine_paths: tuple[str, ...] = (),
    base_trees: Mapping[str, PlanTree] | None = None,
    result_trees: Mapping[str, PlanTree] | None = None,
    judging: Collection[str] = (),
) -> Lanes:
    """Every changed path in its lane.

    `engine_paths` are the files of the base's own `python:` engines, `judging` the case files that a hint's
    operations make. A plan tree whose owner or stability changes decides who may change it, so it is judge.
    """
    guarded = _reassigned(base_trees or {}, result_trees or {}) | frozenset(judging)
    found: dict[str, list[str]] = {FIX: [], JUDGE: [], NEUTRAL: []}
    for path, (before, _) in sorted(changes.items()):
        lane = (
            JUDGE
            if path in guarded or path.startswith(engine_paths or ("\0",))
            else lane_of(path, before is None)
        )
        found[lane].append(path)
    return Lanes(tuple(found[FIX]), tuple(found[JUDGE]), tuple(found[NEUTRAL]))


def lane_of(path: str, is_new: bool) -> str:
    """The lane of one path; one that only a careful reader tells from a governed path decides, too."""
    lane = _lane_of(path, is_new)
    return JUDGE if lane == NEUTRAL and _lane_of(folded(path), is_new) != NEUTRAL else lane


def _lane_of(path: str, is_new: bool) -> str:
    name = path.rsplit("/", 1)[-1]
    if path in _JUDGE_FILES or path in _JUDGE_ROOT_FILES or path.startswith(_JUDGE_PREFIXES):
        return JUDGE
    if name == ".gitattributes":
        return JUDGE
    if not is_governed(path):
        return NEUTRAL
    if path.startswith("evals/"):
        return FIX if is_new and not path.startswith(KNOWN_GOOD) else JUDGE
    return FIX


def is_of_the_judge(hint: Hint) -> bool:
    """Whether a hint changes what decides: all its operations edit cases."""
    return bool(hint.operations) and all(one.op in _JUDGE_OPERATIONS for one in hint.operations)


def _reassigned(base: Mapping[str, PlanTree], result: Mapping[str, PlanTree]) -> frozenset[str]:
    """Plan trees on both sides whose owner or stability differ."""
    return frozenset(
        tree.path
        for leaf, tree in result.items()
        if leaf in base and (tree.owner, tree.stability) != (base[leaf].owner, base[leaf].stability)
    )
