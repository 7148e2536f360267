"""The files that change every day, each by itself: plan trees, examples, records; how files are remembered.

A part depends on one file's path and bytes only, so it is remembered by path and blob id: the hundredth
overlay of a workspace parses no more than the file that was edited. What is plainly right is read without
the schema, whose pydantic a gate of one such file does without.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from fixloop.errors import BadInput, Place
from fixloop.workspace.jsonl_source import raw_lines, read_json_line, read_jsonl
from fixloop.workspace.model import Example, PlanTree, Problem, Row
from fixloop.workspace.plain import plain_example, plain_tree
from fixloop.workspace.plan_tree import read_plan_tree
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.text import normalise, shown
from fixloop.workspace.yaml_source import Document, read_yaml

if TYPE_CHECKING:
    from fixloop.workspace.schema import ExampleLine, PlanTreeFile

CONFIG = "fixloop.yaml"
INTENTS = "workspace/intents.yaml"
EXTRACTION = "workspace/extraction.yaml"
FETCH = "workspace/fetch.yaml"
TEMPLATES = "workspace/templates.yaml"
TOOLS = "workspace/tools.yaml"
EXAMPLES = "workspace/examples/"
PLAN_TREES = "plan_trees/"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What came of one file: its value unless something is wrong, its positions, its problems."""

    path: str
    value: T | None
    document: Document
    problems: tuple[Problem, ...] = ()


class ExamplesPart(NamedTuple):
    """One examples file; `lines` and `normal` run parallel to `examples`."""

    path: str
    examples: tuple[Example, ...]
    lines: tuple[int, ...]
    normal: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


class RowsPart(NamedTuple):
    """One record file; `lines` runs parallel to `rows`."""

    path: str
    rows: tuple[Row, ...]
    lines: Sequence[int]
    problems: tuple[Problem, ...] = ()


# --- remembering ----------------------------------------------------------------------------------------

_REMEMBERED: "OrderedDict[tuple[str, str, str], Any]" = OrderedDict()
_REMEMBER_AT_MOST = 4_000


def read_part(snapshot: Snapshot, path: str, parse: Callable[[str, bytes], T]) -> T | None:
    """What a parser makes of a file, remembered by content; None when the file is not there."""
    blob = snapshot.blob(path)
    if blob is None:
        return None
    key = (parse.__name__, path, blob)
    if key not in _REMEMBERED:
        data = snapshot.read(path)
        if data is None:
            return None
        _REMEMBERED[key] = parse(path, data)
        if len(_REMEMBERED) > _REMEMBER_AT_MOST:
            _REMEMBERED.popitem(last=False)
    _REMEMBERED.move_to_end(key)
    part: T = _REMEMBERED[key]
    return part


def read_value(snapshot: Snapshot, path: str, parse: Callable[[str, bytes], Part[T]]) -> T | None:
    """What a file says; None when it is not there.

    Raises:
        BadInput: the file has a mistake.
    """
    part = read_part(snapshot, path, parse)
    if part is None:
        return None
    if part.value is None:
        first = part.problems[0]
        raise BadInput(first.message, place=first.place, mend=first.mend)
    return part.value


# --- plan trees -----------------------------------------------------------------------------------------


def plan_tree_part(path: str, data: bytes) -> Part[PlanTree]:
    """plan_trees/<leaf>.yaml."""

    def read(value: Any, report: Report) -> PlanTree | None:
        model = plain_tree(value) or _checked_tree(value, report)
        return None if model is None else read_plan_tree(model, path, report)

    return yaml_part(path, data, read)


def _checked_tree(value: Any, report: Report) -> "PlanTreeFile | None":
    from fixloop.workspace.schema import PlanTreeFile, read_model

    return read_model(PlanTreeFile, value, report)


def yaml_part(path: str, data: bytes, read: Callable[[Any, Report], T | None]) -> Part[T]:
    """One YAML file, its value read by `read`, which reports what is wrong."""
    document, wrong = read_yaml(path, data)
    if document is None:
        return Part(path, None, Document(path, None), wrong)
    problems = Problems(wrong)
    value = read(document.value, problems.report_on(document))
    return Part(path, None if problems.found else value, document, tuple(problems.found))


# --- JSON Lines files -----------------------------------------------------------------------------------


def examples_part(path: str, data: bytes) -> ExamplesPart:
    """workspace/examples/<leaf>.jsonl."""
    problems: list[Problem] = []
    examples: list[Example] = []
    lines: list[int] = []
    for number, line in raw_lines(data):
        read = plain_example(line) or _read_example(path, number, line, problems)
        if read is None:
            continue
        examples.append(Example(read.text, read.source))
        lines.append(number)
    normal = tuple(normalise(example.text) for example in examples)
    return ExamplesPart(path, tuple(examples), tuple(lines), normal, tuple(problems))


def _read_example(path: str, number: int, line: bytes, found: list[Problem]) -> "ExampleLine | None":
    """The line as the schema reads it, or None after what is wrong has been added."""
    from pydantic import ValidationError

    from fixloop.workspace.schema import ExampleLine

    try:
        return ExampleLine.model_validate_json(line)
    except ValidationError:
        found.extend(_example_problems(path, number, line))
        return None


def _example_problems(path: str, number: int, line: bytes) -> Iterable[Problem]:
    """Why a line is no example, in the words every other file gets."""
    from fixloop.workspace.schema import ExampleLine, read_model

    place, value, problem = read_json_line(path, number, line)
    if problem is not None:
        return [problem]
    problems = Problems()

    def report(key_path: Any, message: str, mend: str = "", *, on_key: bool = False) -> None:
        problems.error(place, message, mend)

    read_model(ExampleLine, value, report)
    return problems.found or [Problem(place, f"not an example: {shown(value)}", 'write {"text": "..."}')]


def rows_part(path: str, data: bytes) -> RowsPart:
    """A record file: a JSON object a line."""
    problems: list[Problem] = []
    rows: list[Row] = []
    lines: list[int] = []
    for place, value, problem in read_jsonl(path, data):
        if problem is not None:
            problems.append(problem)
        elif not isinstance(value, dict):
            problems.append(_not_a_row(place, value))
        else:
            rows.append(value)
            lines.append(place.line)
    return RowsPart(path, tuple(rows), tuple(lines), tuple(problems))


def _not_a_row(place: Place, value: Any) -> Problem:
    return Problem(place, f"a row must be a JSON object, not {shown(value)}", "write one object a line")
