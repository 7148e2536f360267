"""Faults in extraction: a word nobody knows any more, a pattern that finds too much, or nothing."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from fixloop.mutants.mutant import Mutant, RuleEdit
from fixloop.workspace.checks.extraction import pattern_complaint
from fixloop.workspace.model import FieldRule, Workspace
from fixloop.workspace.text import shown

_PATH = "workspace/extraction.yaml"
_BOUND = re.compile(r"\\b|\((?:\?<!|\?!|\?<=|\?=)(?:[^()\\\[\]]|\\.|\[(?:[^\]\\]|\\.)*\])*\)")
_COUNT = re.compile(r"\{(\d+)(?:,(\d+))?\}")


def _mutant(operator: str, rule: FieldRule, summary: str, faulty: FieldRule) -> Mutant:
    return Mutant(operator, "extraction", "", f"{_PATH}#{rule.path}", summary, RuleEdit(faulty))


def _remove_value(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    for rule in workspace.extraction:
        for value in rule.values:
            left = tuple(one for one in rule.values if one != value)
            yield _mutant(
                "remove a vocabulary value",
                rule,
                f"{rule.path} does not know {shown(value)}",
                replace(rule, values=left),
            )


def _loosen_pattern(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    """A bound left out, or one character fewer asked for."""
    yield from _patterns(workspace, "loosen a pattern", "finds more with", _looser)


def _break_pattern(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    """One character more asked for, case that counts, or the whole pattern gone."""
    yield from _patterns(workspace, "break a pattern", "finds less with", _tighter)
    for rule in workspace.extraction:
        for index, pattern in enumerate(rule.patterns):
            left = (*rule.patterns[:index], *rule.patterns[index + 1 :])
            yield _mutant(
                "break a pattern", rule, f"{rule.path} lacks {shown(pattern)}", replace(rule, patterns=left)
            )


def _patterns(
    workspace: Workspace, operator: str, said: str, change: Callable[[str], Iterator[str]]
) -> Iterator[Mutant]:
    for rule in workspace.extraction:
        for index, pattern in enumerate(rule.patterns):
            for other in dict.fromkeys(change(pattern)):
                if other in rule.patterns or not other or pattern_complaint(other):
                    continue
                patterns = (*rule.patterns[:index], other, *rule.patterns[index + 1 :])
                summary = f"{rule.path} {said} {shown(other, 200)}"
                yield _mutant(operator, rule, summary, replace(rule, patterns=patterns))


def _looser(pattern: str) -> Iterator[str]:
    for bound in _BOUND.finditer(pattern):
        yield pattern[: bound.start()] + pattern[bound.end() :]
    for count in _counts(pattern):
        least = int(count[1])
        if least > 1:
            most = int(count[2] or count[1])
            yield f"{pattern[: count.start()]}{{{least - 1},{most}}}{pattern[count.end() :]}"


def _tighter(pattern: str) -> Iterator[str]:
    for count in _counts(pattern):
        least, most = int(count[1]), int(count[2] or count[1])
        if count[2] and most > least:
            yield f"{pattern[: count.start()]}{{{least + 1},{most}}}{pattern[count.end() :]}"
        elif not count[2]:
            yield f"{pattern[: count.start()]}{{{least + 1}}}{pattern[count.end() :]}"
    if "(?i)" in pattern:
        yield pattern.replace("(?i)", "")


def _counts(pattern: str) -> Iterator[re.Match[str]]:
    """The repeats that are counted; an escaped brace is none."""
    for count in _COUNT.finditer(pattern):
        if not pattern[: count.start()].endswith("\\"):
            yield count


def _switch_variants_off(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
    for rule in workspace.extraction:
        if rule.variants:
            yield _mutant(
                "switch variants off",
                rule,
                f"{rule.path} is taken as it is spelt",
                replace(rule, variants=None),
            )


OPERATORS = {
    "remove a vocabulary value": _remove_value,
    "loosen a pattern": _loosen_pattern,
    "break a pattern": _break_pattern,
    "switch variants off": _switch_variants_off,
}
