"""Values that conditions name and that nothing has: most often a slip of the pen.

A column is held against its rows only where these are few values again and again, and only a near miss is
told: tomorrow a row may have what none has today. A field with `values:` alone finds these or nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.workspace.checks.plan import Asked, asked_tests, condition_at
from fixloop.workspace.checks.rows_at import at, record_path, sources_with
from fixloop.workspace.model import FieldRule, Problem, Row
from fixloop.workspace.parts import Parts
from fixloop.workspace.plan_tree import MEMBERSHIP
from fixloop.workspace.problems import Problems, Report, below
from fixloop.workspace.reach import visit_branches
from fixloop.workspace.text import did_you_mean, fold_signs, is_near_miss, named, shown
from fixloop.workspace.yaml_source import KeyPath

FEW = 30
"""A column with more values than this is no choice among some."""
_TWICE = 2
"""How often a value of such a column stands in the rows, on average, at least."""
_EQUAL = ("eq", "ne", "in", "not_in")


class _Named(NamedTuple):
    """A text that a condition asks for, and the report that knows the place of the branch's `when`."""

    asked: Asked
    key_path: KeyPath
    text: str
    report: Report


def check_literals(parts: Parts) -> Iterator[Problem]:
    """Every text that a condition compares with a column or a closed list."""
    problems = Problems()
    by_path: dict[str, list[_Named]] = {}
    for one in _named_texts(parts, problems):
        by_path.setdefault(one.asked.path, []).append(one)
    fields = {f"fields.{rule.path}": rule for rule in parts.extraction.value or ()}
    for path, texts in by_path.items():
        if path in fields:
            _check_field(fields[path], texts)
        elif segments := record_path(path):
            _check_column(path, segments, texts, parts)
    yield from problems.found


def _named_texts(parts: Parts, problems: Problems) -> Iterator[_Named]:
    for part in parts.plan_trees:
        warning = problems.report_on(part.document, "warning")
        for visit in visit_branches(part.value.branches) if part.value else ():
            report = below(warning, *visit.key_path, "when")
            for asked in asked_tests(condition_at(part.document.value, visit.key_path), ()):
                for key_path, text in _values(asked):
                    if isinstance(text, str):
                        yield _Named(asked, key_path, text, report)


def _values(asked: Asked) -> Iterable[tuple[KeyPath, Any]]:
    if asked.op in MEMBERSHIP:
        return [((*asked.key_path, index), value) for index, value in enumerate(asked.value)]
    return [(asked.key_path, asked.value)]


def _check_field(rule: FieldRule, texts: Iterable[_Named]) -> None:
    if rule.patterns or rule.values_from or not rule.values:
        return
    known = {fold_signs(value) for value in rule.values}
    for asked, key_path, text, report in texts:
        folded = fold_signs(text)
        parts = asked.op == "contains" and any(folded in value for value in known)
        if asked.op not in (*_EQUAL, "contains") or not folded or folded in known or parts:
            continue
        message = f"{named(asked.path)} is never {shown(text)}: its `values:` have no such word"
        report(key_path, message, did_you_mean(text, rule.values))


def _check_column(path: str, segments: tuple[str, ...], texts: list[_Named], parts: Parts) -> None:
    wanted = {one.text for one in texts if one.asked.op in _EQUAL}
    known = _choice(segments, wanted, parts) if wanted else {}
    for asked, key_path, text, report in texts:
        near = sorted(value for value in known if is_near_miss(text, value))
        if asked.op in _EQUAL and text not in known and near:
            best = max(near, key=lambda value: known[value])
            report(key_path, f"no row has {shown(text)} at {named(path)}", f"did you mean {shown(best)}?")


def _choice(segments: tuple[str, ...], wanted: set[str], parts: Parts) -> Mapping[str, int]:
    """How often each text stands in a column of few; nothing where it has many, or all that is wanted."""
    found = Counter[str]()
    for source in sources_with(segments[0], parts):
        rows = parts.records[source.name].rows
        for start in range(0, len(rows), _AT_ONCE):
            found.update(_texts(rows[start : start + _AT_ONCE], segments))
            if len(found) > FEW or wanted <= found.keys():
                return {}
    return found if found.total() >= _TWICE * len(found) else {}


_AT_ONCE = 2_000
"""Rows that are counted together, which is many times faster than one by one."""


def _texts(rows: Sequence[Row], segments: tuple[str, ...]) -> list[str]:
    values = [row.get(segments[0]) for row in rows]
    plain = [value for value in values if type(value) is str] if len(segments) == 1 else []
    inside = [value for value in values if isinstance(value, list | dict)]
    return plain + [text for value in inside for text in at(value, segments[1:]) if isinstance(text, str)]
