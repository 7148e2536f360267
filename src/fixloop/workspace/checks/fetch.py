"""Fetch rules and the record rows they read."""

from collections.abc import Iterator, Mapping
from typing import Any

from fixloop.errors import Place
from fixloop.workspace.file_parts import RowsPart
from fixloop.workspace.model import FetchRules, Problem, Row, Source
from fixloop.workspace.parts import Parts, stays_inside
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.text import a_kind, did_you_mean, named, shown
from fixloop.workspace.yaml_source import KeyPath

_TOLD = 3


def check_fetch(parts: Parts) -> Iterator[Problem]:
    """Sources, their rows, and the signals over them."""
    fetch = parts.fetch.value
    if fetch is None:
        return
    problems = Problems()
    error, warning = (problems.report_on(parts.fetch.document, kind) for kind in ("error", "warning"))
    for source in fetch.sources.values():
        _check_source(source, parts.records.get(source.name), error)
        if source.name in parts.records:
            _check_rows(source, parts.records[source.name], problems)
    fields = None if parts.extraction.value is None else {rule.path for rule in parts.extraction.value}
    _check_signals(fetch, fields, error)
    for source in fetch.sources.values():
        _check_narrowing(source, fields, error)
    for index, signal in enumerate(fetch.signals):
        if signal.weight == 0:
            message = f"the weight 0 counts nothing: {named(signal.field)} tells no record from another"
            warning(("signals", index, "weight"), message, "give it a weight, or remove the signal")
    most = sum(max(signal.weight, 0) for signal in fetch.signals)
    if fetch.signals and most < fetch.threshold:
        message = f"no record can reach the threshold {fetch.threshold:g}: all weights together are {most:g}"
        warning(("threshold",), message, "lower the threshold or raise a weight")
    yield from problems.found


def _check_source(source: Source, rows: RowsPart | None, report: Report) -> None:
    key_path = ("sources", source.name, "path")
    if not stays_inside(source.path):
        mend = "records live below workspace/, for instance workspace/records/accounts.jsonl"
        report(key_path, f"{shown(source.path)} does not stay inside workspace/", mend)
    elif rows is None:
        report(key_path, f"there is no file {shown(source.path)}", "write it, or correct the path")
    columns = {*source.fields, source.id}
    for index, column in enumerate(source.personal or ()):
        if column not in columns:
            where = ("sources", source.name, "personal", index)
            report(
                where, f"{named(source.name)} has no column {named(column)}", did_you_mean(column, columns)
            )


def _check_signals(fetch: FetchRules, fields: set[str] | None, report: Report) -> None:
    seen: set[tuple[str, str, str]] = set()
    for index, signal in enumerate(fetch.signals):
        where = ("signals", index)
        _check_field(signal.field, fields, (*where, "field"), report)
        source = fetch.sources.get(signal.source)
        if source is None:
            mend = did_you_mean(signal.source, fetch.sources, otherwise="declare it below `sources:`")
            report((*where, "source"), f"there is no source {named(signal.source)}", mend)
        else:
            _check_match(source, signal.match, (*where, "match"), report)
        if signal.key in seen:
            report(
                where, "this signal is there already: same field, source and match", "remove one of the two"
            )
        seen.add(signal.key)


def _check_narrowing(source: Source, fields: set[str] | None, report: Report) -> None:
    where = ("sources", source.name, "narrow")
    if source.narrow and not source.many:
        report(where, f"a record has one row of {named(source.name)}: nothing to narrow", "say `many: true`")
    for field, match in source.narrow.items():
        _check_field(field, fields, (*where, field), report, on_key=True)
        _check_match(source, match, (*where, field), report)


def _check_field(
    field: str, fields: set[str] | None, where: KeyPath, report: Report, *, on_key: bool = False
) -> None:
    if fields is not None and field not in fields:
        mend = did_you_mean(field, fields, otherwise="declare it in workspace/extraction.yaml")
        report(where, f"there is no field {named(field)}", mend, on_key=on_key)


def _check_match(source: Source, match: str, where: KeyPath, report: Report) -> None:
    column = match.partition(".")[0]
    columns = {*source.fields, source.id}
    if column not in columns:
        report(where, f"{named(source.name)} has no column {named(column)}", did_you_mean(column, columns))
    elif "." in match and source.fields.get(column) not in ("list", "object"):
        message = f"{named(column)} is no list or object: there is nothing below it"
        report(where, message, f"write `{column}` alone")


# --- rows -----------------------------------------------------------------------------------------------


def _check_rows(source: Source, part: RowsPart, problems: Problems) -> None:
    """The first few rows that break the declaration, and how many more do."""
    bad = [
        (line, complaint)
        for line, row in zip(part.lines, part.rows, strict=True)
        for complaint in _complaints(source, row)
    ]
    for line, complaint in bad[:_TOLD]:
        problems.error(
            Place(part.path, line, 1),
            complaint,
            f"correct the row, or {named(source.name)} in workspace/fetch.yaml",
        )
    if len(bad) > _TOLD:
        message = f"{len(bad) - _TOLD} more values of {named(source.name)} do not fit what is declared"
        problems.error(
            Place(part.path, bad[_TOLD][0], 1),
            message,
            "correct the first ones, then run `fixloop check` again",
        )


def _complaints(source: Source, row: Row) -> Iterator[str]:
    identity = row.get(source.id)
    unfit = isinstance(identity, bool) or not isinstance(identity, str | int) or identity == ""
    if unfit:
        yield f"a row needs {named(source.id)}, a text or a whole number; it has {shown(identity)}"
    for column, kind in source.fields.items():
        value = row.get(column)
        if value is not None and not has_type(value, kind) and not (unfit and column == source.id):
            yield f"{named(column)} must be {a_kind(kind)}, not {shown(value)}"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}


def has_type(value: Any, kind: str) -> bool:
    """Whether a JSON value has a declared column type; true is no number."""
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
