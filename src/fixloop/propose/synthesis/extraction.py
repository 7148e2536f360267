"""The smallest change of a field's rule that reads what was missed, or no longer reads what should not be.

Tried in this order: look-alike spellings, a word of the vocabulary, a pattern (one mended, or one learnt). An
accepted ticket whose answer would change rules a change out; new values alone do not, for one too many costs
nothing. Personal values never become rules: a form stands for them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import Forced
from fixloop.pipeline.fixture import rows_json
from fixloop.pipeline.rows import values_at
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.reach import values_read
from fixloop.propose.bench.situations import names_of
from fixloop.propose.bench.wanted import Wanted, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention, Value
from fixloop.propose.readings.patterns import Missed, patterns_for
from fixloop.propose.synthesis.guards import accepted_tickets, extraction_near_misses
from fixloop.workspace.model import FieldRule
from fixloop.workspace.text import normalise, text_digest

CONFUSABLE = "confusable"
SPELLING, WORD = 0.8, 0.9
NEW_VALUE = 0.05
"""What each accepted ticket costs in which something more is found."""

DRAFTS = 4
MOST_CASES = 4
LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class _Asked:
    """One piece of evidence: the value, and the reading that asks for it."""

    feedback: Feedback
    value: Value
    reading: Intervention

    @property
    def text(self) -> str:
        """What the customer wrote."""
        return self.feedback.fixture.ticket.customer_text


@dataclass(frozen=True, slots=True)
class _Change:
    """Operations that make a rule of another, their size, and what they do in words."""

    operations: tuple[Operation, ...]
    rule: FieldRule
    size: float
    says: str


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """The smallest changes that read the missed values, the best first."""
    return _synthesise(bench, group, dropped=False)


def unread(bench: Workbench, group: Group) -> Draft | Unable:
    """The smallest changes that no longer read a value."""
    return _synthesise(bench, group, dropped=True)


def _synthesise(bench: Workbench, group: Group, *, dropped: bool) -> Draft | Unable:
    asked = _asked(group, dropped)
    if not asked:
        return Unable("nobody says which value it should have been")
    rule = next((one for one in bench.workspace.extraction if one.path == asked[0].value.path), None)
    if rule is None:
        return Unable(f"there is no field {asked[0].value.path}")
    if not dropped and not any(_matters(bench, one) for one in asked):
        return Unable(f"no answer would change if {asked[0].value.path} were read there")
    changes = _losing(rule) if dropped else _finding(bench, rule, asked)
    scored: list[tuple[float, int, _Change, list[_Asked]]] = []
    for change in changes:
        met = [one for one in asked if (one.value.text in _read(change.rule, one)) is not dropped]
        if 3 * len(met) >= 2 * len(asked):
            cost = change.size + NEW_VALUE * _more_found(bench, rule, change.rule) + len(asked) - len(met)
            scored.append((round(cost, 6), len(scored), change, met))
    if not scored:
        what = "leaves these values out" if dropped else "reads these values and not everything"
        return Unable(f"no change of a pattern, a vocabulary or spellings {what}")
    scored.sort(key=lambda item: item[:2])
    drafts = [_draft(bench, group, rule, change, met) for _, _, change, met in scored[:DRAFTS]]
    return replace(drafts[0], instead=tuple(drafts[1:]))


def _matters(bench: Workbench, one: _Asked) -> bool:
    """Whether anybody would see that the value is read.

    A value by which records are found is a surrogate here, and no record has it: it is taken on trust.
    """
    forced = one.reading.forced
    if one.value.path in bench.personal.matched_fields or forced is None:
        return True
    before = bench.before[one.feedback.id]
    fixture = one.reading.fixture or one.feedback.fixture
    return bench.pipeline.replay(fixture, replace(forced, leaf=before.leaf)).outcome != before.outcome


def _asked(group: Group, dropped: bool) -> list[_Asked]:
    found = []
    for member in group.members:
        readings = [r.intervention for r in member.readings if r.intervention.value is not None]
        mine = [one for one in readings if one.key == group.key] or [
            one for one in readings if one.place == group.key
        ]
        value = mine[0].value if mine else None
        if value is not None and value.dropped is dropped:
            found.append(_Asked(member.feedback, value, mine[0]))
    first = found[0].value.path if found else ""
    return [one for one in found if one.value.path == first]


# --- changes that find more -------------------------------------------------------------------------------


def _finding(bench: Workbench, rule: FieldRule, asked: Sequence[_Asked]) -> Iterator[_Change]:
    if rule.variants is None:
        to = replace(rule, variants=CONFUSABLE)
        operation = Operation("set_variants", {"field": rule.path, "was": None, "to": CONFUSABLE})
        yield _Change(
            (operation,), to, SPELLING, f"{rule.path} matches look-alike spellings too (0/O, 1/I, 5/S)"
        )
    yield from _words(bench, rule, asked)
    yield from _patterns(bench, rule, asked)


def _words(bench: Workbench, rule: FieldRule, asked: Sequence[_Asked]) -> Iterator[_Change]:
    """The missed words in the vocabulary, where the field has one, or no pattern either."""
    words = list({one.value.text.casefold(): one.value.text for one in asked}.values())
    wordy = all(
        word.replace(" ", "").replace("-", "").isalpha() and len(word) <= LONGEST_WORD for word in words
    )
    has_vocabulary = bool(rule.values or rule.values_from)
    if len(words) > 3 or not wordy or (rule.patterns and not has_vocabulary):
        return
    if rule.values_from is not None and rule.path in bench.personal.fields:
        return
    operations = tuple(Operation("add_value", {"field": rule.path, "value": word}) for word in words)
    to = replace(rule, values=(*rule.values, *words))
    quoted = ", ".join(f"“{word}”" for word in words)
    yield _Change(operations, to, WORD + 0.3 * (len(words) - 1), f"{rule.path} knows {quoted}")


def _patterns(bench: Workbench, rule: FieldRule, asked: Sequence[_Asked]) -> Iterator[_Change]:
    missed = [Missed(one.value.text, one.text) for one in asked if one.value.text in one.text]
    if not missed:
        return
    for found in patterns_for(missed, rule.patterns, _known_values(bench, rule)):
        add = Operation("add_pattern", {"field": rule.path, "pattern": found.pattern})
        kept = tuple(one for one in rule.patterns if one != found.instead)
        to = replace(rule, patterns=(*kept, found.pattern))
        if found.instead is None:
            yield _Change((add,), to, found.size, f"{rule.path} is read where {found.pattern} matches")
        else:
            gone = Operation("remove_pattern", {"field": rule.path, "pattern": found.instead})
            says = f"{rule.path} is read where {found.pattern} matches, not only where {found.instead} does"
            yield _Change((add, gone), to, found.size, says)


def _known_values(bench: Workbench, rule: FieldRule) -> Iterator[str]:
    """What this field's values look like: in the columns it is compared with, and as read elsewhere."""
    for signal in bench.workspace.fetch.signals:
        if signal.field == rule.path:
            for row in bench.workspace.records.get(signal.source, ())[:2000]:
                yield from (v for v in values_at(row, signal.match.split(".")) if isinstance(v, str))
    for _, before in accepted_tickets(bench):
        yield from before.fields.get(rule.group, {}).get(rule.name, ())


# --- changes that find less -------------------------------------------------------------------------------


def _losing(rule: FieldRule) -> Iterator[_Change]:
    if rule.variants is not None:
        operation = Operation("set_variants", {"field": rule.path, "was": rule.variants, "to": None})
        yield _Change(
            (operation,), replace(rule, variants=None), SPELLING, f"{rule.path} matches as spelled only"
        )
    for pattern in rule.patterns:
        gone = Operation("remove_pattern", {"field": rule.path, "pattern": pattern})
        kept = tuple(one for one in rule.patterns if one != pattern)
        yield _Change(
            (gone,), replace(rule, patterns=kept), 1.0, f"{rule.path} is not read where {pattern} matches"
        )


# --- what a rule reads ------------------------------------------------------------------------------------


def _read(rule: FieldRule, one: _Asked) -> tuple[str, ...]:
    """What a rule reads in the evidence, its vocabulary from the rows that the reading brings along."""
    fixture = one.reading.fixture or one.feedback.fixture
    return values_read(rule, one.text, fixture.rows or {})


def _more_found(bench: Workbench, before: FieldRule, after: FieldRule) -> int:
    """In how many accepted tickets the changed rule reads something else, but for values on record."""
    count = 0
    known = _on_record(bench, before)
    for one, _ in _accepted(bench):
        text, rows = one.fixture.ticket.customer_text, one.fixture.rows or {}
        changed = set(values_read(before, text, rows)) ^ set(values_read(after, text, rows))
        count += any(normalise(value) not in known for value in changed)
    return count


def _on_record(bench: Workbench, rule: FieldRule) -> frozenset[str]:
    """The values of the columns that a field is compared with: to read one of them is right."""
    signals = [one for one in bench.workspace.fetch.signals if one.field == rule.path]
    rows = ((one, row) for one in signals for row in bench.workspace.records.get(one.source, ()))
    found = (v for one, row in rows for v in values_at(row, one.match.split(".")))
    return frozenset(normalise(v) for v in found if isinstance(v, str))


def _accepted(bench: Workbench) -> Sequence[tuple[Feedback, Any]]:
    if "accepted tickets" not in bench.kept:
        bench.kept["accepted tickets"] = list(accepted_tickets(bench))
    found: list[tuple[Feedback, Any]] = bench.kept["accepted tickets"]
    return found


# --- the draft --------------------------------------------------------------------------------------------


def _draft(bench: Workbench, group: Group, rule: FieldRule, change: _Change, met: Sequence[_Asked]) -> Draft:
    main = change.operations[0]
    evidence = tuple(one.feedback for one in met)
    dropped = met[0].value.dropped
    return Draft(
        step="extraction",
        kind=main.op,
        target=f"workspace/extraction.yaml#{rule.path}",
        summary=change.says,
        evidence=evidence,
        operations=change.operations,
        cases=_dropped_cases(bench, met) if dropped else _cases(rule, met),
        near_misses=extraction_near_misses(bench, evidence, [rule.path]),
        wanted={one.feedback.id: _wanted(bench, one) for one in met},
        idea={"field": rule.path, "kind": main.op},
        one_off=len(names_of(evidence)) == 1,
        open_work=_to_look_at(main, rule),
        confidence=group.confidence,
    )


def _to_look_at(main: Operation, rule: FieldRule) -> tuple[str, ...]:
    if main.op != "add_value":
        return ()
    return (
        f"“{main.args['value']}” is a customer's word: it should be nobody's name to stand in {rule.path}",
    )


def _cases(rule: FieldRule, met: Sequence[_Asked]) -> tuple[JsonCase, ...]:
    """A third of the texts, each with the value that must be read."""
    found: dict[str, JsonCase] = {}
    for one in sorted(met, key=lambda one: text_digest(one.text)):
        case: dict[str, Any] = {
            "suite": "extraction",
            "text": one.text,
            "expect": {rule.group: {rule.name: [one.value.text]}},
        }
        if rule.values_from and one.reading.fixture is not None:
            case["rows"] = rows_json(one.reading.fixture.rows or {})
        found.setdefault(text_digest(one.text), case)
    return tuple(found.values())[: min(MOST_CASES, max(1, (len(found) + 2) // 3))]


def _dropped_cases(bench: Workbench, met: Sequence[_Asked]) -> tuple[JsonCase, ...]:
    """The whole ticket with the answer it gets without the value."""
    cases = []
    for one in sorted(met, key=lambda one: text_digest(one.text))[: max(1, (len(met) + 2) // 3)]:
        wanted, before = _wanted(bench, one), bench.before[one.feedback.id]
        cases.append(
            {
                "suite": "pipeline",
                "ticket": dict(one.feedback.ticket),
                "rows": rows_json(before.rows),
                "expect": {"leaf": before.leaf, **wanted.to_expect()},
            }
        )
    return tuple(cases[:MOST_CASES])


def _wanted(bench: Workbench, one: _Asked) -> Wanted:
    """The value itself; where one is left out, the answer that then comes."""
    value = one.value
    if not value.dropped:
        return Wanted(fields={value.group: {value.field: (value.text,)}})
    before = bench.before[one.feedback.id]
    forced = one.reading.forced or Forced()
    after = bench.pipeline.replay(one.feedback.fixture, replace(forced, leaf=before.leaf))
    return Wanted(
        records=tuple(record.id for record in after.records),
        reply=after.reply.template,
        tools=tool_names(after),
    )
