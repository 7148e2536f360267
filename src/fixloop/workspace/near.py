"""A workspace that differs from a sound one in plan trees and examples alone: only those are read.

Nothing else in a workspace depends on what a plan tree says, or an example of a leaf that has others; that a
template is used nowhere, or a text taught twice, is but a warning. So the other files are as sound as they
were, and need not be read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from fixloop.workspace import file_parts
from fixloop.workspace.checks.one_row import check_one_row
from fixloop.workspace.checks.plan import check_each_tree
from fixloop.workspace.file_parts import Part, RowsPart, read_part
from fixloop.workspace.improver import IMPROVER, Improver
from fixloop.workspace.model import Example, PlanTree, Workspace
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import known_paths
from fixloop.workspace.rubric import RUBRIC, Rubric
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.yaml_source import Document


def load_near(snapshot: Snapshot, changed: Collection[str], known: Workspace) -> Workspace | None:
    """The workspace with these files read anew; None where one has an error, or is of another leaf."""
    trees = [path for path in changed if path.startswith(file_parts.PLAN_TREES)]
    examples = _examples(snapshot, (path for path in changed if path not in trees), known)
    beside = _with_trees(snapshot, trees, known) if trees else known
    if examples is None or beside is None:
        return None
    return replace(beside, examples={**known.examples, **examples})


def _examples(
    snapshot: Snapshot, paths: Iterable[str], known: Workspace
) -> Mapping[str, tuple[Example, ...]] | None:
    found = {}
    for path in paths:
        leaf = path.removeprefix(file_parts.EXAMPLES).removesuffix(".jsonl")
        part = read_part(snapshot, path, file_parts.examples_part)
        if path != f"{file_parts.EXAMPLES}{leaf}.jsonl" or leaf not in known.examples:
            return None
        if part is None or part.problems:
            return None
        found[leaf] = part.examples
    return found


def _with_trees(snapshot: Snapshot, trees: Iterable[str], known: Workspace) -> Workspace | None:
    parts = [
        part for path in trees if (part := read_part(snapshot, path, file_parts.plan_tree_part)) is not None
    ]
    found = [part.value for part in parts if part.value is not None]
    if len(found) < len(parts) or any(tree.leaf not in known.plan_trees for tree in found):
        return None
    around = _around(known, parts)
    problems = (*check_each_tree(around, known_paths(known.extraction, known.fetch)), *check_one_row(around))
    if any(problem.severity == "error" for problem in problems):
        return None
    return replace(known, plan_trees={**known.plan_trees, **{tree.leaf: tree for tree in found}})


def _around(known: Workspace, trees: Iterable[Part[PlanTree]]) -> Parts:
    """The parts of the sound workspace, without the files they came from: what trees are checked against."""
    return Parts(
        config=Part(file_parts.CONFIG, known.config, Document(file_parts.CONFIG, None)),
        intents=Part(file_parts.INTENTS, known.intents, Document(file_parts.INTENTS, None)),
        extraction=Part(file_parts.EXTRACTION, known.extraction, Document(file_parts.EXTRACTION, None)),
        fetch=Part(file_parts.FETCH, known.fetch, Document(file_parts.FETCH, None)),
        templates=Part(file_parts.TEMPLATES, known.templates, Document(file_parts.TEMPLATES, None)),
        tools=Part(file_parts.TOOLS, known.tools, Document(file_parts.TOOLS, None)),
        rubric=Part(RUBRIC, Rubric(), Document(RUBRIC, None)),
        improver=Part(IMPROVER, Improver(), Document(IMPROVER, None)),
        examples={},
        plan_trees=tuple(trees),
        records={name: RowsPart("", rows, range(1, len(rows) + 1)) for name, rows in known.records.items()},
        stray=(),
    )
