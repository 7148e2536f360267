"""What counts as personal in a workspace: columns, fields, and the words that are nobody's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.detectors import personal_values
from fixloop.feedback.spelling import WORD, canonical, has_digit
from fixloop.pipeline.identity import once_for_these
from fixloop.pipeline.rows import values_at
from fixloop.workspace.model import All, AnyOf, Branch, Condition, FieldRule, Not, Source, Test, Workspace

_TEXT_TYPES = frozenset({"string", "list", "object"})
_LONG_NUMBER = 4
_COMMON = 3
"""A name that so many examples and templates write in lower case is an ordinary word, too."""

_ALSO_NAMES = """
will may mark grant rich frank rose hope grace joy faith art ray jack bill pat sue dick chase drew dawn penny
june april august summer dean earl guy gene max miles norm rob rusty sandy sonny stew wade young long short
small white black brown green gray grey king price bank post card best case cash close day early end field
first friend good house last late new old page paid park past pay place point read right rule sign wrong stay
street sure way week well wise word work year back can do an in on at ernst stark klein gross lang kurz jung
alt neu gut recht schwarz kaiser herr frau koch wolf stein berg bach feld wald winter sommer sonntag freitag
montag tag zeit geld konto karte bitte danke
"""
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WITH_DIGITS = re.compile(r"\w*\d(?:[\w.,:/-]*\w)?")


@dataclass(frozen=True)
class Personal:
    """The rules of one workspace.

    `columns` are by source; of those named in `numbers` also the numbers, of none what stands at a path in
    `kept_paths`. `fields` are by path; `matched_fields` are those that a signal holds against a
    personal column, `word_fields` those found by words of sources. `kept_words` are never replaced;
    `ordinary` ones only as a name is written. `kept_values` are the house's own numbers and addresses:
    a form alone makes them nobody's. `on_record` are the numbers in personal columns of all records at hand.
    """

    columns: Mapping[str, frozenset[str]]
    numbers: Mapping[str, frozenset[str]]
    kept_paths: Mapping[str, frozenset[str]]
    ids: bool
    fields: frozenset[str]
    matched_fields: frozenset[str]
    word_fields: frozenset[str]
    known_fields: frozenset[str]
    kept_words: frozenset[str]
    ordinary: frozenset[str]
    kept_values: frozenset[str]
    on_record: frozenset[str]

    def is_field(self, path: str) -> bool:
        """Whether the values of a field are personal; those of a field that no rule declares are."""
        return path in self.fields or path not in self.known_fields


@once_for_these(2)  # a gate asks three times of its base, and stored tickets once each
def personal_rules(workspace: Workspace) -> Personal:
    """What is personal in a workspace.

    A source's `personal` names its columns; without it those are all declared texts, lists and objects that
    no plan tree compares with a literal (of an object only the compared part stays), and the id. Fields are
    personal when patterns find them, or words of a personal column.
    """
    tests = list(_tests(workspace))
    compared = frozenset(_below_record(test.path) for test in tests if test.op != "exists")
    columns = {name: _columns(source, compared) for name, source in workspace.fetch.sources.items()}
    return Personal(
        columns=columns,
        numbers={name: _with_numbers(source) for name, source in workspace.fetch.sources.items()},
        kept_paths={
            name: compared if source.personal is None else frozenset()
            for name, source in workspace.fetch.sources.items()
        },
        ids=any(source.id in columns[name] for name, source in workspace.fetch.sources.items()),
        fields=frozenset(rule.path for rule in workspace.extraction if _is_personal(rule, columns)),
        matched_fields=frozenset(
            signal.field
            for signal in workspace.fetch.signals
            if _top(signal.match) in columns.get(signal.source, ())
        ),
        word_fields=frozenset(rule.path for rule in workspace.extraction if rule.values_from),
        known_fields=frozenset(rule.path for rule in workspace.extraction),
        kept_words=frozenset(_kept_words(workspace, columns, tests)),
        ordinary=frozenset(_ALSO_NAMES.split()) | frozenset(_ordinary_words(workspace)),
        kept_values=frozenset(_kept_values(workspace, columns, tests)),
        on_record=frozenset(_numbers_on_record(workspace, columns)),
    )


def texts_in(value: Any) -> Iterator[str]:
    """Every text inside a JSON value; keys are not values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)


# --- columns and fields ---------------------------------------------------------------------------------


def _columns(source: Source, compared: frozenset[str]) -> frozenset[str]:
    if source.personal is not None:
        return frozenset(source.personal)
    tops = compared | {_top(path) for path in compared}
    hidden = {
        column
        for column, kind in source.fields.items()
        if kind in _TEXT_TYPES and column not in (compared if kind == "object" else tops)
    }
    return frozenset(hidden | {source.id})


def _with_numbers(source: Source) -> frozenset[str]:
    """Whoever lists a column means all of it; by default numbers stay, but for an id."""
    return frozenset(source.personal if source.personal is not None else (source.id,))


def _is_personal(rule: FieldRule, columns: Mapping[str, frozenset[str]]) -> bool:
    return bool(rule.patterns) or (rule.values_from is not None and _is_from(rule.values_from, columns))


def _is_from(path: str, columns: Mapping[str, frozenset[str]]) -> bool:
    source, _, column = path.partition(".")
    return _top(column) in columns.get(source, ())


def _top(path: str) -> str:
    return path.partition(".")[0]


def _below_record(path: str) -> str:
    """The column path that a condition on `record.` or `records` reads, else nothing."""
    root, _, below = path.partition(".")
    return below if root in ("record", "records") else ""


def _tests(workspace: Workspace) -> Iterator[Test]:
    for tree in workspace.plan_trees.values():
        for branch in _branches(tree.branches):
            if branch.when is not None:
                yield from _tests_in(branch.when)


def _branches(branches: Iterable[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _branches(branch.branches)


def _tests_in(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from _tests_in(condition.part)
    elif isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _tests_in(part)


# --- words and values that are nobody's -----------------------------------------------------------------


def _kept_words(
    workspace: Workspace, columns: Mapping[str, frozenset[str]], tests: Iterable[Test]
) -> Iterator[str]:
    """Words of vocabularies that are not personal, literals of conditions, names of the workspace's parts."""
    for text in _vocabulary(workspace, columns):
        yield from map(canonical, WORD.findall(text))
    for test in tests:
        yield from map(canonical, texts_in(test.value))
    names = (workspace.intents.intents, workspace.templates, workspace.tools, workspace.intents.all_leaves)
    for name in (name for found in names for name in found):
        yield canonical(name)


def _vocabulary(workspace: Workspace, columns: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for rule in workspace.extraction:
        yield from rule.values
        if rule.values_from and not _is_from(rule.values_from, columns):
            source, _, column = rule.values_from.partition(".")
            segments = column.split(".")
            for row in workspace.records.get(source, ()):
                yield from (value for value in values_at(row, segments) if isinstance(value, str))


def _ordinary_words(workspace: Workspace) -> Iterator[str]:
    texts = [example.text for found in workspace.examples.values() for example in found]
    texts += [text for template in workspace.templates.values() for text in template.texts.values()]
    counted = Counter(word for text in texts for word in set(WORD.findall(text)) if word.islower())
    return (canonical(word) for word, number in counted.items() if number >= _COMMON)


def _kept_values(
    workspace: Workspace, columns: Mapping[str, frozenset[str]], tests: Iterable[Test]
) -> Iterator[str]:
    """What templates say, literals of conditions, and columns that are not personal."""
    for template in workspace.templates.values():
        for text in template.texts.values():
            plain = _CODE.sub(" ", text)
            yield from map(canonical, personal_values(plain))
            yield from map(canonical, _WITH_DIGITS.findall(plain))
    for test in tests:
        yield from map(canonical, texts_in(test.value))
    yield from set(_house_values(workspace, columns))


def _numbers_on_record(workspace: Workspace, columns: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """A customer's number stays personal where no pattern finds it: in lower case, mistyped O for 0."""
    for name in workspace.fetch.sources:
        for row in workspace.records.get(name, ()):
            for text in texts_in([row.get(column) for column in columns[name]]):
                if len(text) >= _LONG_NUMBER and any(map(str.isdigit, text)):
                    yield canonical(text)


def _house_values(workspace: Workspace, columns: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for name, source in workspace.fetch.sources.items():
        kept = [column for column in source.fields if column not in columns[name]]
        for row in workspace.records.get(name, ()):
            for column in kept:
                value = row.get(column)
                if isinstance(value, str) and (has_digit(signs := canonical(value)) or "@" in value):
                    yield signs
