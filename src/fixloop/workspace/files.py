"""The files that say how a workspace works: bytes into a typed part, with all that is wrong inside each."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from fixloop.workspace import schema
from fixloop.workspace.file_parts import Part, yaml_part
from fixloop.workspace.improver import Improver
from fixloop.workspace.model import (
    Config,
    Engines,
    FetchRules,
    FieldRule,
    Floors,
    GateConfig,
    Intent,
    IntentDag,
    Policy,
    Signal,
    Source,
    Template,
    Tool,
)
from fixloop.workspace.problems import Report
from fixloop.workspace.rubric import Rubric
from fixloop.workspace.text import named

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


# --- YAML files -----------------------------------------------------------------------------------------


def config_part(path: str, data: bytes) -> Part[Config]:
    """fixloop.yaml."""
    return yaml_part(path, data, lambda value, report: _read(schema.ConfigFile, value, report, _config))


def intents_part(path: str, data: bytes) -> Part[IntentDag]:
    """workspace/intents.yaml."""
    return yaml_part(path, data, lambda value, report: _read(schema.IntentsFile, value, report, _intents))


def extraction_part(path: str, data: bytes) -> Part[tuple[FieldRule, ...]]:
    """workspace/extraction.yaml."""
    return yaml_part(
        path, data, lambda value, report: _read(schema.ExtractionFile, value or {}, report, _rules)
    )


def fetch_part(path: str, data: bytes) -> Part[FetchRules]:
    """workspace/fetch.yaml."""
    return yaml_part(path, data, _read_fetch)


def templates_part(path: str, data: bytes) -> Part[Mapping[str, Template]]:
    """workspace/templates.yaml."""
    return yaml_part(path, data, _templates)


def tools_part(path: str, data: bytes) -> Part[Mapping[str, Tool]]:
    """workspace/tools.yaml."""
    return yaml_part(path, data, _tools)


def rubric_part(path: str, data: bytes) -> Part[Rubric]:
    """workspace/rubric.yaml."""
    return yaml_part(path, data, lambda value, report: _read(schema.RubricFile, value, report, _rubric))


def improver_part(path: str, data: bytes) -> Part[Improver]:
    """workspace/improver.yaml."""
    return yaml_part(path, data, lambda value, report: _read(schema.ImproverFile, value, report, _improver))


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
        floors=Floors(**file.evals.floors.model_dump()),
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
