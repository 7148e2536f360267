"""All files of a workspace read, each by itself: what the checks across files start from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from fixloop.errors import Place
from fixloop.workspace import file_parts
from fixloop.workspace.file_parts import ExamplesPart, Part, RowsPart, read_part
from fixloop.workspace.improver import IMPROVER, Improver
from fixloop.workspace.model import (
    Config,
    FetchRules,
    FieldRule,
    IntentDag,
    PlanTree,
    Problem,
    Template,
    Tool,
)
from fixloop.workspace.rubric import RUBRIC, Rubric
from fixloop.workspace.snapshot import Snapshot, below
from fixloop.workspace.text import did_you_mean
from fixloop.workspace.yaml_source import Document

T = TypeVar("T")

_KNOWN_FILES = (
    file_parts.INTENTS,
    file_parts.EXTRACTION,
    file_parts.FETCH,
    file_parts.TEMPLATES,
    file_parts.TOOLS,
    RUBRIC,
    IMPROVER,
)
_READABLE = (".yaml", ".yml", ".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Parts:
    """A workspace file by file; a part without a value is broken, and what depends on it is not judged."""

    config: Part[Config]
    intents: Part[IntentDag]
    extraction: Part[tuple[FieldRule, ...]]
    fetch: Part[FetchRules]
    templates: Part[Mapping[str, Template]]
    tools: Part[Mapping[str, Tool]]
    examples: Mapping[str, ExamplesPart]
    plan_trees: tuple[Part[PlanTree], ...]
    records: Mapping[str, RowsPart]
    rubric: Part[Rubric]
    improver: Part[Improver]
    stray: tuple[Problem, ...]

    @property
    def problems(self) -> Iterator[Problem]:
        """Everything wrong inside single files."""
        yield from self.stray
        wholes = (self.config, self.intents, self.extraction, self.fetch, self.templates, self.tools)
        yield from self.rubric.problems
        yield from self.improver.problems
        yield from chain.from_iterable(part.problems for part in wholes)
        yield from chain.from_iterable(part.problems for part in self.plan_trees)
        yield from chain.from_iterable(part.problems for part in self.examples.values())
        yield from chain.from_iterable(part.problems for part in self.records.values())


def read_parts(snapshot: Snapshot) -> Parts:
    """Every file of the workspace; the optional ones are empty where they are not there."""
    from fixloop.workspace import files  # loads pydantic, which what is near a known workspace does without

    fetch = _optional(snapshot, file_parts.FETCH, files.fetch_part, FetchRules())
    return Parts(
        config=_required(snapshot, file_parts.CONFIG, files.config_part),
        intents=_required(snapshot, file_parts.INTENTS, files.intents_part),
        extraction=_optional(snapshot, file_parts.EXTRACTION, files.extraction_part, ()),
        fetch=fetch,
        templates=_optional(snapshot, file_parts.TEMPLATES, files.templates_part, {}),
        tools=_optional(snapshot, file_parts.TOOLS, files.tools_part, {}),
        examples=_examples(snapshot),
        plan_trees=tuple(_plan_trees(snapshot)),
        records=_records(snapshot, fetch.value),
        rubric=_optional(snapshot, RUBRIC, files.rubric_part, Rubric()),
        improver=_optional(snapshot, IMPROVER, files.improver_part, Improver()),
        stray=tuple(_stray_files(snapshot)),
    )


def _required(snapshot: Snapshot, path: str, parse: Callable[[str, bytes], Part[T]]) -> Part[T]:
    part = read_part(snapshot, path, parse)
    if part is not None:
        return part
    missing = Problem(Place(path), "this file is missing", "run `fixloop init` to make a workspace")
    return Part(path, None, Document(path, None), (missing,))


def _optional(snapshot: Snapshot, path: str, parse: Callable[[str, bytes], Part[T]], empty: T) -> Part[T]:
    part = read_part(snapshot, path, parse)
    return part if part is not None else Part(path, empty, Document(path, None))


def _examples(snapshot: Snapshot) -> Mapping[str, ExamplesPart]:
    found = {}
    for path in below(snapshot, file_parts.EXAMPLES):
        leaf = path.removeprefix(file_parts.EXAMPLES).removesuffix(".jsonl")
        if (
            _is_example_file(path)
            and (part := read_part(snapshot, path, file_parts.examples_part)) is not None
        ):
            found[leaf] = part
    return found


def _plan_trees(snapshot: Snapshot) -> Iterator[Part[PlanTree]]:
    for path in below(snapshot, file_parts.PLAN_TREES):
        if _is_plan_tree(path) and (part := read_part(snapshot, path, file_parts.plan_tree_part)) is not None:
            yield part


def _records(snapshot: Snapshot, fetch: FetchRules | None) -> Mapping[str, RowsPart]:
    found = {}
    for source in fetch.sources.values() if fetch else ():
        if (
            stays_inside(source.path)
            and (part := read_part(snapshot, source.path, file_parts.rows_part)) is not None
        ):
            found[source.name] = part
    return found


def stays_inside(path: str) -> bool:
    """Whether a source's path is a plain path below workspace/: no `..`, no empty part, no other root."""
    parts = path.split("/")
    return parts[0] == "workspace" and len(parts) > 1 and not any(part in ("", ".", "..") for part in parts)


def _is_plan_tree(path: str) -> bool:
    return path.endswith(".yaml") and path.count("/") == 1


def _is_example_file(path: str) -> bool:
    return path.endswith(".jsonl") and path.count("/") == 2


def _stray_files(snapshot: Snapshot) -> Iterator[Problem]:
    """Files that look like ours and that nobody reads: most often a misspelt name."""
    for path in snapshot.paths():
        if path.startswith(file_parts.PLAN_TREES):
            read, known = _is_plan_tree(path), ["a plan tree is plan_trees/<leaf>.yaml"]
        elif path.startswith(file_parts.EXAMPLES):
            read, known = _is_example_file(path), ["an examples file is workspace/examples/<leaf>.jsonl"]
        elif path.startswith("workspace/") and path.count("/") == 1:
            read, known = path in _KNOWN_FILES or path.endswith(".jsonl"), list(_KNOWN_FILES)
        else:
            continue
        if not read and path.endswith(_READABLE):
            mend = known[0] if len(known) == 1 else did_you_mean(path, known)
            yield Problem(Place(path), "nothing reads this file", mend, "warning")
