"""Each workspace file by itself: bytes into a typed part, with all that is wrong inside the file.

A part depends on one file's path and bytes only, so it is remembered by path and blob id: the hundredth
overlay of a workspace parses no more than the file that was edited.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from fixloop.errors import Place
from fixloop.workspace import schema
from fixloop.workspace.improver import Improver
from fixloop.workspace.jsonl_source import raw_lines, read_json_line, read_jsonl
from fixloop.workspace.model import (
    Config,
    Engines,
    Example,
    FetchRules,
    FieldRule,
    GateConfig,
    Intent,
    IntentDag,
    PlanTree,
    Policy,
    Problem,
    Row,
    Signal,
    Source,
    Template,
    Tool,
)
from fixloop.workspace.plan_tree import read_plan_tree
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.rubric import Rubric
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.text import named, normalise, shown
from fixloop.workspace.yaml_source import Document, read_yaml

CONFIG = "fixloop.yaml"
INTENTS = "workspace/intents.yaml"
EXTRACTION = "workspace/extraction.yaml"
FETCH = "workspace/fetch.yaml"
TEMPLATES = "workspace/templates.yaml"
TOOLS = "workspace/tools.yaml"
EXAMPLES = "workspace/examples/"
PLAN_TREES = "plan_trees/"

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What came of one file: its value unless something is wrong, its positions, its problems."""

    path: str
    value: T | None
    document: Document
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ExamplesPart:
    """One examples file; `lines` and `normal` run parallel to `examples`."""

    path: str
    examples: tuple[Example, ...]
    lines: tuple[int, ...]
    normal: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsPart:
    """One record file; `lines` runs parallel to `rows`."""

    path: str
    rows: tuple[Row, ...]
    lines: tuple[int, ...]
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


# --- YAML files -----------------------------------------------------------------------------------------


def config_part(path: str, data: bytes) -> Part[Config]:
    """fixloop.yaml."""
    return _yaml_part(path, data, lambda value, report: _read(schema.ConfigFile, value, report, _config))


def intents_part(path: str, data: bytes) -> Part[IntentDag]:
    """workspace/intents.yaml."""
    return _yaml_part(path, data, lambda value, report: _read(schema.IntentsFile, value, report, _intents))


def extraction_part(path: str, data: bytes) -> Part[tuple[FieldRule, ...]]:
    """workspace/extraction.yaml."""
    return _yaml_part(
        path, data, lambda value, report: _read(schema.ExtractionFile, value or {}, report, _rules)
    )


def fetch_part(path: str, data: bytes) -> Part[FetchRules]:
    """workspace/fetch.yaml."""
    return _yaml_part(path, data, _read_fetch)


def templates_part(path: str, data: bytes) -> Part[Mapping[str, Template]]:
    """workspace/templates.yaml."""
    return _yaml_part(path, data, _templates)


def tools_part(path: str, data: bytes) -> Part[Mapping[str, Tool]]:
    """workspace/tools.yaml."""
    return _yaml_part(path, data, _tools)


def rubric_part(path: str, data: bytes) -> Part[Rubric]:
    """workspace/rubric.yaml."""
    return _yaml_part(path, data, lambda value, report: _read(schema.RubricFile, value, report, _rubric))


def improver_part(path: str, data: bytes) -> Part[Improver]:
    """workspace/improver.yaml."""
    return _yaml_part(path, data, lambda value, report: _read(schema.ImproverFile, value, report, _improver))


def plan_tree_part(path: str, data: bytes) -> Part[PlanTree]:
    """plan_trees/<leaf>.yaml."""

    def read(value: Any, report: Report) -> PlanTree | None:
        model = schema.read_model(schema.PlanTreeFile, value, report)
        return None if model is None else read_plan_tree(model, path, report)

    return _yaml_part(path, data, read)


def _yaml_part(path: str, data: bytes, read: Callable[[Any, Report], T | None]) -> Part[T]:
    document, wrong = read_yaml(path, data)
    if document is None:
        return Part(path, None, Document(path, None), wrong)
    problems = Problems(wrong)
    value = read(document.value, problems.report_on(document))
    return Part(path, None if problems.found else value, document, tuple(problems.found))


def _read(model: type[M], value: Any, report: Report, build: Callable[[M], T]) -> T | None:
    read = schema.read_model(model, value, report)
    return None if read is None else build(read)


def _config(file: schema.ConfigFile) -> Config:
    gate, policy = file.gate, file.policy
    return Config(
        language=file.language,
        engines=Engines(**file.engines.model_dump()),
        gate=GateConfig(**{**gate.model_dump(), "require": tuple(gate.require)}),
        policy=Policy(policy.auto_merge, tuple(policy.judges), policy.retain_days, policy.max_open_fixes),
        fallback_reply=file.fallback.reply if file.fallback else None,
    )


def _rubric(file: schema.RubricFile) -> Rubric:
    criteria = {str(name): weight for name, weight in file.criteria.items()}
    return Rubric(file.version, file.bar, criteria, tuple(file.required))


def _improver(file: schema.ImproverFile) -> Improver:
    priors = {str(step): share for step, share in file.priors.items()}
    return Improver(file.version, priors, {str(kind): by for kind, by in file.kinds.items()}, file.margin)


def _intents(file: schema.IntentsFile) -> IntentDag:
    intents = {
        name: Intent(name, entry.description, tuple(entry.children)) for name, entry in file.intents.items()
    }
    return IntentDag(tuple(file.root), intents, dict(file.thresholds))


def _rules(file: schema.ExtractionFile) -> tuple[FieldRule, ...]:
    return tuple(
        FieldRule(group, name, tuple(rule.patterns), tuple(rule.values), rule.values_from, rule.variants)
        for group, fields in file.groups.items()
        for name, rule in fields.items()
    )


def _read_fetch(value: Any, report: Report) -> FetchRules | None:
    """Sources of a kind that a later version reads get one clear word each, not a list of odd keys."""
    sources = value.get("sources") if isinstance(value, dict) else None
    sources = sources if isinstance(sources, dict) else {}
    later = {
        name: source["kind"]
        for name, source in sources.items()
        if isinstance(source, dict) and source.get("kind") in schema.LATER_KINDS
    }
    for name, kind in later.items():
        message = f"the source {named(name)} is of kind {named(kind)}: this version reads jsonl only"
        report(
            ("sources", name, "kind"), message, "export its rows to a .jsonl file below workspace/records/"
        )
    if later:
        value = {**value, "sources": {name: entry for name, entry in sources.items() if name not in later}}
    return _read(schema.FetchFile, value or {}, report, _fetch)


def _fetch(file: schema.FetchFile) -> FetchRules:
    sources = {
        name: Source(
            name=name,
            kind=source.kind,
            id=source.id,
            fields=dict(source.fields),
            path=source.path,
            personal=None if source.personal is None else tuple(source.personal),
            many=source.many,
            narrow=dict(source.narrow),
        )
        for name, source in file.sources.items()
    }
    signals = tuple(
        Signal(line.field, line.source, line.match, line.weight, line.compare) for line in file.signals
    )
    return FetchRules(sources, signals, file.threshold, file.margin)


def _templates(value: Any, report: Report) -> Mapping[str, Template] | None:
    entries = schema.read_entries(schema.TemplateFile, value, report, "template")
    if entries is None:
        return None
    return {name: Template(name, entry.description, dict(entry.text)) for name, entry in entries.items()}


def _tools(value: Any, report: Report) -> Mapping[str, Tool] | None:
    entries = schema.read_entries(schema.ToolFile, value, report, "tool")
    if entries is None:
        return None
    return {
        name: Tool(name, entry.description, entry.args, entry.side_effects) for name, entry in entries.items()
    }


# --- JSON Lines files -----------------------------------------------------------------------------------

_EXAMPLE = TypeAdapter(schema.ExampleLine)


def examples_part(path: str, data: bytes) -> ExamplesPart:
    """workspace/examples/<leaf>.jsonl."""
    problems: list[Problem] = []
    examples: list[Example] = []
    lines: list[int] = []
    for number, line in raw_lines(data):
        try:
            read = _EXAMPLE.validate_json(line)
        except ValidationError:
            problems.extend(_example_problems(path, number, line))
            continue
        examples.append(Example(read.text, read.source))
        lines.append(number)
    normal = tuple(normalise(example.text) for example in examples)
    return ExamplesPart(path, tuple(examples), tuple(lines), normal, tuple(problems))


def _example_problems(path: str, number: int, line: bytes) -> Iterable[Problem]:
    """Why a line is no example, in the words every other file gets."""
    place, value, problem = read_json_line(path, number, line)
    if problem is not None:
        return [problem]
    problems = Problems()

    def report(key_path: Any, message: str, mend: str = "", *, on_key: bool = False) -> None:
        problems.error(place, message, mend)

    schema.read_model(schema.ExampleLine, value, report)
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
