"""What a ticket says that extraction did not read, or read and should not have: one intervention a value.

A word of the text may be a value of a field when it is one that is known (in a record's column that a signal
compares with the field, in the field's own list, in a condition on it), when it looks like the values that
were read elsewhere, when one of the field's patterns nearly reads it, when staff quote it, and, of a field
that the leaf's tree asks about, when it is no plain word and nothing else has read it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.extraction import confusable_twins
from fixloop.pipeline.fetch import Fields, Rows
from fixloop.pipeline.fixture import Fixture
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.rows import values_at
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.readings.interventions import MOST_TROUBLE, Intervention, Value, Way
from fixloop.propose.readings.loosened import nearly_read
from fixloop.propose.readings.tree_edits import walk
from fixloop.propose.words.words import stems
from fixloop.workspace.model import (
    All,
    AnyOf,
    Branch,
    Condition,
    FieldRule,
    Not,
    PlanTree,
    Test,
    Workspace,
)
from fixloop.workspace.plan_tree import all_tests
from fixloop.workspace.text import normalise

_RUN = re.compile(r"\+?\d[\d ./-]*\d")
_TOKEN = re.compile(r"[^\s,;!?()\"“”„<>\[\]]+")
_LITERAL = re.compile(r"(?<![\\\[(?{*+\w])[A-Za-z]{2,}-?(?![\w*?+{])|(?<=\\b)[A-Za-z]{2,}-?")
MOST_VALUES = 12
"""Values that one ticket is tried with, likeliest first."""

MOST_COUNTED = 100
"""Tickets of a branch that are looked through for unread values."""

SURE, LIKELY, GUESS = 1.0, 0.5, 0.2
"""How far a source of values is trusted: named or known, of the form of values, a part of a pattern."""

_SHORTEST = 2


Place = tuple[str, str | None]
"""A leaf and the branch that answered."""

Answered = Mapping[Place, Sequence[tuple[str, Fields]]]
"""The texts that each branch answered, with what was read in them."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What could be a value of each field, worked out once.

    `known` are values by field and their normal form, `forms` how often a word of a form is a value of a
    field (0…1), `parts` the fixed parts of a field's patterns, `names` the stems of what a field is called,
    `asked` the fields that the tree of a leaf tests.
    """

    pipeline: Pipeline
    rules: Mapping[str, FieldRule]
    known: Mapping[str, Mapping[str, str]]
    forms: Mapping[str, Mapping[str, float]]
    parts: Mapping[str, tuple[str, ...]]
    names: Mapping[str, frozenset[str]]
    asked: Mapping[str, frozenset[str]]
    accepted: Answered
    rejected: Answered
    live: bool
    counted: dict[tuple[str, Place], tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, pipeline: Pipeline, feedback: Sequence[Feedback], before: Mapping[str, Proposal]) -> "Unread":
        """From a workspace and what its accepted tickets have been read as."""
        workspace = pipeline.workspace
        rules = {rule.path: rule for rule in workspace.extraction}
        known = {path: _known_values(workspace, rule) for path, rule in rules.items()}
        accepted = [
            (one, before[one.id]) for one in feedback if one.outcome == "accepted" and one.id in before
        ]
        rejected = [
            (one, before[one.id]) for one in feedback if one.outcome != "accepted" and one.id in before
        ]
        return cls(
            pipeline,
            rules,
            known,
            forms=_forms(rules, known, accepted),
            parts={path: _fixed_parts(rule) for path, rule in rules.items()},
            names={path: stems(path.replace(".", " ")) for path in rules},
            asked={leaf: _fields_asked(tree) for leaf, tree in workspace.plan_trees.items()},
            accepted=_by_branch(accepted),
            rejected=_by_branch(rejected),
            live=all(source.kind == "jsonl" for source in workspace.fetch.sources.values()),
        )

    def interventions(self, one: Feedback, before: Proposal) -> list[Intervention]:
        """A value more, for each that may be one, and a value less, for each that was read."""
        text = one.fixture.ticket.customer_text
        found = sorted(
            self._missing(one, before, text), key=lambda item: (-item[0], item[1].path, item[1].text)
        )
        kept: dict[tuple[str, str], tuple[float, Value]] = {}
        for share, value in found:
            kept.setdefault((value.path, value.text.casefold()), (share, value))
        chosen = list(kept.values())[:MOST_VALUES]
        added = [self._added(one, before, share, value, text) for share, value in chosen]
        return [*added, *self._dropped(before)]

    def _missing(self, one: Feedback, before: Proposal, text: str) -> Iterator[tuple[float, Value]]:
        yield from self._expected(one, before)
        quoted = {normalise(token) for token in _tokens(one.comment)}
        said = stems(one.comment)
        for path, rule in self.rules.items():
            named = bool(self.names[path] & said)
            for share, word in self._candidates(path, before.leaf, text, before.fields, quoted):
                key = normalise(word)
                own = share > 0 or _is_odd(word) or (stems(word) and not stems(word) & self.names[path])
                if key in quoted and named and own:
                    share = max(share, SURE)
                if share > 0:
                    yield share, Value(rule.group, rule.name, word)

    def _candidates(
        self, path: str, leaf: str, text: str, fields: Fields, quoted: Collection[str] = ()
    ) -> Iterator[tuple[float, str]]:
        """What may be a value of a field in a text and is not read as one; what is quoted at any rate."""
        rule = self.rules[path]
        read = {normalise(value) for value in fields.get(rule.group, {}).get(rule.name, ())}
        tokens = _tokens(text)
        for token in tokens:
            key = normalise(token)
            share, spelling = self._share(path, token, key)
            if normalise(spelling) not in read and (share > 0 or key in quoted):
                yield share, spelling
        nearly = {word for pattern in rule.patterns for word in nearly_read(pattern, text)}
        yield from ((LIKELY, word) for word in sorted(nearly) if normalise(word) not in read)
        if not read and path in self.asked.get(leaf, ()):
            yield from self._asked_for(path, text, tokens, fields)

    def _asked_for(
        self, path: str, text: str, tokens: Sequence[str], fields: Fields
    ) -> Iterator[tuple[float, str]]:
        """What a tree asks about: words that are not plain, else the name of a field that nothing finds."""
        rule = self.rules[path]
        blind = not (rule.patterns or rule.values or rule.values_from)
        taken = _taken(text, [v for found in fields.values() for values in found.values() for v in values])
        odd = [one for one in tokens if _is_odd(one) and not _is_part(one.casefold(), taken)]
        yield from ((LIKELY if blind else GUESS / len(odd), one) for one in odd)
        if blind and not odd:
            called = stems(rule.name.replace("_", " "))
            yield from ((LIKELY, one) for one in tokens if stems(one) & called)

    def _trouble(self, path: str, before: Proposal) -> float:
        """How many others with something unread for a field this branch answered wrongly, against rightly."""
        place = (before.leaf, before.branch)
        if (path, place) not in self.counted:
            self.counted[path, place] = (
                self._count(path, place, self.rejected),
                self._count(path, place, self.accepted),
            )
        rejected, accepted = self.counted[path, place]
        return max(-MOST_TROUBLE, min(MOST_TROUBLE, log((max(0, rejected - 1) + 0.5) / (accepted + 0.5))))

    def _count(self, path: str, place: Place, answered: Answered) -> int:
        told = answered.get(place, ())[:MOST_COUNTED]
        return sum(any(True for _ in self._candidates(path, place[0], text, read)) for text, read in told)

    def _share(self, path: str, token: str, key: str) -> tuple[float, str]:
        """How likely a word is a value of a field, and the spelling it would be read in."""
        known = self.known[path]
        if key in known:
            return SURE, token
        twin = (
            next((t for t in confusable_twins(token) if normalise(t) in known), None)
            if len(key) > 3
            else None
        )
        if twin is not None:
            return SURE, twin
        form = self.forms[path].get(form_of(token), 0.0)
        if form:
            return LIKELY * form, token
        return (GUESS if any(part in token for part in self.parts[path]) else 0.0), token

    def _expected(self, one: Feedback, before: Proposal) -> Iterator[tuple[float, Value]]:
        for group, fields in ((one.expected or {}).get("fields") or {}).items():
            for name, values in fields.items():
                read = set(before.fields.get(group, {}).get(name, ()))
                yield from ((2 * SURE, Value(group, name, str(v))) for v in values if str(v) not in read)

    def _added(self, one: Feedback, before: Proposal, share: float, value: Value, text: str) -> Intervention:
        fields = {group: dict(found) for group, found in before.fields.items()}
        group = fields.setdefault(value.group, {})
        group[value.field] = (*group.get(value.field, ()), value.text)
        fixture = self._with_rows(one.fixture, fields)
        target = f"workspace/extraction.yaml#{value.path}"
        ways = tuple(Way(kind, target, value.text) for kind in self._ways(value, text))
        forced = Forced(fields=fields)
        return Intervention(
            "extraction",
            "add_pattern",
            target,
            Wanted(),
            forced,
            share,
            value=value,
            ways=ways,
            fixture=fixture,
            trouble=self._trouble(value.path, before) if value.path in self.rules else 0.0,
        )

    def _ways(self, value: Value, text: str) -> Iterator[str]:
        rule = self.rules.get(value.path)
        if value.text not in text and (rule is None or rule.variants is None):
            yield "set_variants"
        if rule is not None and (rule.values or rule.values_from or not rule.patterns):
            yield "add_value"
        yield "add_pattern"

    def _with_rows(self, fixture: Fixture, fields: Fields) -> Fixture:
        """The fixture with the live rows that the values name: a record never found has none in it."""
        if not self.live:
            return fixture
        rows = self.pipeline.fetch(fields).rows
        return Fixture(fixture.ticket, fixture.fields, _joined(fixture.rows or {}, rows))

    def _dropped(self, before: Proposal) -> Iterator[Intervention]:
        """Without one value of a field, where a pattern or a variant read it: a listed word stays a word."""
        read = [
            (g, n, v)
            for g, fields in before.fields.items()
            for n, values in fields.items()
            for v in values
            if self._may_be_unread(f"{g}.{n}", v)
        ]
        for group, name, text in read[:MOST_VALUES]:
            left = tuple(one for one in before.fields[group][name] if one != text)
            fields = {**before.fields, group: {**before.fields[group], name: left}}
            value = Value(group, name, text, dropped=True)
            target = f"workspace/extraction.yaml#{value.path}"
            ways = tuple(Way(kind, target, text) for kind in ("remove_pattern", "set_variants"))
            forced = Forced(fields=fields)
            share = GUESS / len(read)
            yield Intervention(
                "extraction", "remove_pattern", target, Wanted(), forced, share, value=value, ways=ways
            )

    def _may_be_unread(self, path: str, text: str) -> bool:
        """Whether an operation could stop the field from reading this."""
        rule = self.rules.get(path)
        return rule is not None and bool(rule.patterns or rule.variants)


def _by_branch(told: Iterable[tuple[Feedback, Proposal]]) -> Answered:
    found = defaultdict[Place, list[tuple[str, Fields]]](list)
    for one, proposal in told:
        found[proposal.leaf, proposal.branch].append((one.fixture.ticket.customer_text, proposal.fields))
    return found


def _fields_asked(tree: PlanTree) -> frozenset[str]:
    """The fields that any branch of a tree tests."""
    tests = (test for _, branch in walk(tree.branches) for test in all_tests(branch.when))
    return frozenset(test.path.removeprefix("fields.") for test in tests if test.path.startswith("fields."))


def _is_odd(word: str) -> bool:
    """Whether a word is none of a language's: it has a digit, or the signs of an address."""
    return any(sign.isdigit() or sign in "@/" for sign in word)


def _taken(text: str, read: Iterable[str]) -> list[str]:
    """What was read, casefolded, with the numbers that it stands in: of "0160 77" perhaps all but the 0."""
    values = [value.casefold() for value in read]
    return [*values, *(run for run in _RUN.findall(text) if any(value in run for value in values))]


def _is_part(word: str, taken: Iterable[str]) -> bool:
    """Whether a word is of a value that was read, or holds one as its greater part: a 5 is in any number."""
    return any(word in one or (one in word and 2 * len(one) >= len(word)) for one in taken)


@lru_cache(maxsize=50_000)
def form_of(token: str) -> str:
    """The form of a word: `A` for a capital, `a` for another letter, `9` for a digit, other signs kept."""
    return "".join(
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign
        for sign in token
    )


def _tokens(text: str) -> tuple[str, ...]:
    """The words of a text, and pairs of capitalised ones: a name may be two words."""
    words = [token.strip(".:'’") for token in _TOKEN.findall(text)]
    words = [word for word in words if len(word) >= _SHORTEST]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a[0].isupper() and b[0].isupper()]
    return tuple(dict.fromkeys([*pairs, *words]))


def _known_values(workspace: Workspace, rule: FieldRule) -> dict[str, str]:
    found = list(rule.values)
    for signal in workspace.fetch.signals:
        if signal.field == rule.path:
            found += _column(workspace, signal.source, signal.match)
    if rule.values_from:
        source, _, column = rule.values_from.partition(".")
        found += _column(workspace, source, column)
    for tree in workspace.plan_trees.values():
        found += [v for branch in tree.branches for v in _constants(branch, f"fields.{rule.path}")]
    return {normalise(one): one for one in found if len(one) >= _SHORTEST}


def _column(workspace: Workspace, source: str, column: str) -> list[str]:
    path = column.split(".")
    return [
        str(v) for row in workspace.records.get(source, ()) for v in values_at(row, path) if v is not True
    ]


def _constants(branch: Branch, path: str) -> Iterator[str]:
    if branch.when is not None:
        yield from (str(value) for value in _compared(branch.when, path))
    for inner in branch.branches:
        yield from _constants(inner, path)


def _compared(condition: Condition, path: str) -> Iterator[Any]:
    if isinstance(condition, Test):
        if condition.path == path and not isinstance(condition.value, bool):
            yield from condition.value if isinstance(condition.value, list | tuple) else (condition.value,)
    elif isinstance(condition, Not):
        yield from _compared(condition.part, path)
    elif isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _compared(part, path)


def _forms(
    rules: Mapping[str, FieldRule],
    known: Mapping[str, Mapping[str, str]],
    accepted: Iterable[tuple[Feedback, Proposal]],
) -> dict[str, dict[str, float]]:
    """How often a word of a form is a value of each field; of forms with a digit, others look alike."""
    seen, read = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for one, proposal in accepted:
        seen.update(map(form_of, _tokens(one.fixture.ticket.customer_text)))
        for path, rule in rules.items():
            read[path].update(map(form_of, proposal.fields.get(rule.group, {}).get(rule.name, ())))
    found: dict[str, dict[str, float]] = {}
    for path in rules:
        named = Counter(form_of(value) for value in known[path].values())
        total = sum(named.values()) or 1
        forms = {f for f in (*read[path], *named) if "9" in f}
        shares = {f: max((read[path][f] + 0.5) / (seen[f] + 1), named[f] / total) for f in forms}
        found[path] = {form: min(1.0, share) for form, share in shares.items() if share >= 0.05}
    return found


def _fixed_parts(rule: FieldRule) -> tuple[str, ...]:
    """Runs of letters that a pattern has as they stand, such as `TWP-` of a reference."""
    parts = (part for pattern in rule.patterns if "(?i)" not in pattern for part in _LITERAL.findall(pattern))
    return tuple(sorted({part for part in parts if part.isupper() or "-" in part}))


def _joined(rows: Rows, more: Rows) -> dict[str, tuple[Any, ...]]:
    """The rows of both, each once."""
    found = {}
    for source in {**rows, **more}:
        distinct = {canonical_json(dict(row)): row for row in (*rows.get(source, ()), *more.get(source, ()))}
        found[source] = tuple(distinct.values())
    return found
