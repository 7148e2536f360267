"""Keys inside objects and lists of records. They are not declared, so the rows at hand say which there are.

Warnings, since rows come and go: a row less must not stop a desk.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from fixloop.workspace.checks.plan import asked_tests, condition_at, texts_in
from fixloop.workspace.checks.rows_at import at, record_path, sources_with
from fixloop.workspace.model import Problem, Row, Source
from fixloop.workspace.parts import Parts
from fixloop.workspace.problems import Problems, Report, below
from fixloop.workspace.reach import visit_branches
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import did_you_mean, named
from fixloop.workspace.yaml_source import KeyPath


class _Place(NamedTuple):
    """A path into the rows of some sources, and where it stands; a condition's path is a key."""

    report: Report
    key_path: KeyPath
    segments: tuple[str, ...]
    sources: Sequence[Source]
    on_key: bool = False


class _Complaint(NamedTuple):
    """That no row has a key, and what to do about it."""

    message: str
    mend: str


def check_object_keys(parts: Parts) -> Iterator[Problem]:
    """Every path that goes below a column."""
    problems = Problems()
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], _Complaint | None] = {}
    for report, key_path, segments, sources, on_key in _places(parts, problems):
        asked = (segments, tuple(source.name for source in sources))
        if asked not in told:
            told[asked] = _complaint(segments, sources, parts) if len(segments) > 1 else None
        if complaint := told[asked]:
            report(key_path, complaint.message, complaint.mend, on_key=on_key)
    yield from problems.found


def _complaint(segments: tuple[str, ...], sources: Sequence[Source], parts: Parts) -> _Complaint | None:
    """Message and mend where no row has a path though some have its column; None else."""
    segments = tuple(one for one in segments if not one.isdigit())  # which of a list's items does not matter
    holding = [one for one in sources if one.fields.get(segments[0]) in ("list", "object")]
    rows = [row for source in holding for row in parts.records[source.name].rows]
    if _any_has(rows, segments):
        return None
    deepest = next((end for end in range(len(segments) - 1, 0, -1) if _any_has(rows, segments[:end])), 0)
    if deepest == 0:
        return None
    missing = segments[deepest]
    values = [value for row in rows for value in at(row, segments[:deepest])]
    keys = {key for value in values if isinstance(value, dict) for key in value}
    if not keys and any(isinstance(value, dict) for value in values):
        return None
    where, above = " or ".join(named(source.name) for source in holding), named(".".join(segments[:deepest]))
    return _Complaint(f"no row of {where} has {named(missing)} in {above}", did_you_mean(missing, keys))


def _any_has(rows: Sequence[Row], segments: tuple[str, ...]) -> bool:
    return next(chain.from_iterable(at(row, segments) for row in rows), None) is not None


# --- who goes below a column ----------------------------------------------------------------------------


def _places(parts: Parts, problems: Problems) -> Iterator[_Place]:
    yield from _in_fetch(parts, problems)
    yield from _in_extraction(parts, problems)
    yield from _in_templates(parts, problems)
    yield from _in_plan_trees(parts, problems)


def _in_fetch(parts: Parts, problems: Problems) -> Iterator[_Place]:
    fetch, report = parts.fetch.value, problems.report_on(parts.fetch.document, "warning")
    if fetch is None:
        return
    for index, signal in enumerate(fetch.signals):
        yield _below(report, ("signals", index, "match"), f"{signal.source}.{signal.match}", parts)
    for source in fetch.sources.values():
        for field, match in source.narrow.items():
            where = ("sources", source.name, "narrow", field)
            yield _below(report, where, f"{source.name}.{match}", parts)


def _in_extraction(parts: Parts, problems: Problems) -> Iterator[_Place]:
    report = problems.report_on(parts.extraction.document, "warning")
    for rule in parts.extraction.value or ():
        if rule.values_from:
            yield _below(report, ("groups", rule.group, rule.name, "values_from"), rule.values_from, parts)


def _below(report: Report, key_path: KeyPath, path: str, parts: Parts) -> _Place:
    """The place of `<source>.<column>...`."""
    name, *segments = path.split(".")
    sources = [source for source in sources_with(segments[0], parts) if source.name == name]
    return _Place(report, key_path, tuple(segments), sources)


def _in_templates(parts: Parts, problems: Problems) -> Iterator[_Place]:
    report = problems.report_on(parts.templates.document, "warning")
    for template in (parts.templates.value or {}).values():
        for language, text in template.texts.items():
            where = (template.name, "text", language) if language else (template.name, "text")
            yield from _in_text(report, where, text, parts)


def _in_plan_trees(parts: Parts, problems: Problems) -> Iterator[_Place]:
    for part in parts.plan_trees:
        report = problems.report_on(part.document, "warning")
        for visit in visit_branches(part.value.branches) if part.value else ():
            here = below(report, *visit.key_path)
            for asked in asked_tests(condition_at(part.document.value, visit.key_path), ("when",)):
                key_path = asked.key_path if asked.key_path[-1] == asked.path else asked.key_path[:-1]
                yield _in_record(here, key_path, asked.path, parts, on_key=True)
            for index, call in enumerate(visit.branch.tools):
                for where, text in texts_in(call.args, ("tools", index, "args")):
                    yield from _in_text(here, where, text, parts)


def _in_text(report: Report, key_path: KeyPath, text: str, parts: Parts) -> Iterator[_Place]:
    for path in uses_of(text).paths:
        yield _in_record(report, key_path, path, parts)


def _in_record(report: Report, key_path: KeyPath, path: str, parts: Parts, *, on_key: bool = False) -> _Place:
    segments = record_path(path)
    sources = sources_with(segments[0], parts) if len(segments) > 1 else ()
    return _Place(report, key_path, segments, sources, on_key)
