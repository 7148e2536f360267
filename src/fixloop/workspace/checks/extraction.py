"""Extraction rules: patterns that compile and cannot run for ever, vocabularies that exist."""

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fixloop.workspace.checks.ambiguity import is_ambiguous, parts_of
from fixloop.workspace.model import FieldRule, Problem
from fixloop.workspace.parts import Parts
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.text import did_you_mean, named, shown

MANY = 100
"""A repeat that may go on this often counts as unbounded."""


def check_extraction(parts: Parts) -> Iterator[Problem]:
    """Every pattern and every vocabulary."""
    problems = Problems()
    error, warning = (problems.report_on(parts.extraction.document, kind) for kind in ("error", "warning"))
    for rule in parts.extraction.value or ():
        for index, pattern in enumerate(rule.patterns):
            if complaint := pattern_complaint(pattern):
                key_path = ("groups", rule.group, rule.name, "patterns", index)
                error(key_path, f"the pattern {shown(pattern)} {complaint}", _mend(complaint))
        if rule.values_from:
            _check_vocabulary(rule, parts, error)
        elif not rule.patterns and not rule.values:
            mend = "give it `patterns:`, `values:` or `values_from:`"
            warning(("groups", rule.group, rule.name), f"nothing finds {named(rule.path)}", mend, on_key=True)
    yield from problems.found


def _check_vocabulary(rule: FieldRule, parts: Parts, report: Report) -> None:
    if parts.fetch.value is None or rule.values_from is None:
        return
    key_path = ("groups", rule.group, rule.name, "values_from")
    source_name, _, column_path = rule.values_from.partition(".")
    source = parts.fetch.value.sources.get(source_name)
    if source is None:
        mend = did_you_mean(
            source_name, parts.fetch.value.sources, otherwise="declare it in workspace/fetch.yaml"
        )
        report(key_path, f"there is no source {named(source_name)}", mend)
        return
    column = column_path.partition(".")[0]
    columns = {*source.fields, source.id}
    if column not in columns:
        report(key_path, f"{named(source_name)} has no column {named(column)}", did_you_mean(column, columns))
    elif "." in column_path and source.fields.get(column) not in ("list", "object"):
        report(
            key_path,
            f"{named(column)} is no list or object: there is nothing below it",
            f"write `{source_name}.{column}`",
        )


# --- patterns -------------------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def pattern_complaint(pattern: str) -> str:
    """Why a pattern cannot be used, as the end of a sentence; "" when it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            groups = re.compile(pattern).groups
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"does not compile: {error}"
    if groups > 1:
        return f"has {groups} groups; at most one may capture"
    if _nests_unbounded(parsed, inside=False):
        return "repeats something that repeats without limit, so a text could keep it busy for hours"
    if is_ambiguous(parsed, int(MANY)):
        return "repeats what can be read in two ways, so a text could keep it busy for hours"
    return ""


_parser: Any = re._parser  # type: ignore[attr-defined]


def _mend(complaint: str) -> str:
    if "groups" in complaint:
        return "write `(?:...)` for the groups that are not the value"
    if "two ways" in complaint:
        return "let one character decide: no two ways may begin alike, and none may go on as the next begins"
    if "repeats" in complaint:
        return "limit the inner or the outer repeat: `{1,40}`"
    return "patterns are Python's `re`; single quotes keep backslashes as they are"


def _nests_unbounded(items: Any, *, inside: bool) -> bool:
    """Whether an unbounded repeat stands inside another; `inside` one already."""
    for op, argument in items:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, repeated = argument
            unbounded = int(most) >= MANY
            if (unbounded and inside) or _nests_unbounded(repeated, inside=inside or unbounded):
                return True
        elif any(_nests_unbounded(part, inside=inside) for part in parts_of(name, argument)):
            return True
    return False
