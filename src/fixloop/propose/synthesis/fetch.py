"""The smallest change of weights or threshold under which the right record wins in every fetch case.

Each lookup becomes a matrix of records by signals (1 where the signal matched); a weight vector wins a lookup
when exactly the wanted records stand at the maximum and the maximum reaches the threshold. Changes are tried
exhaustively in order of size: one weight, the threshold, one weight and the threshold, two weights; integers
0…10. The first that wins everything is the smallest, so nothing needs to be proved afterwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.fetch import FetchedRecord, Fields
from fixloop.pipeline.rows import KEYS, values_at
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.wanted import Wanted, record_ids
from fixloop.propose.workbench import Workbench
from fixloop.workspace.model import FetchRules, Signal

HIGHEST_WEIGHT = 10
MOST_RIVALS = 4
"""A case keeps this many records beside the right one: enough to lose against, few enough to read."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup to win: matched[record][signal] of 0/1, and which records must be selected."""

    matched: Any
    wanted: Any


@dataclass(frozen=True, slots=True)
class Change:
    """New values by signal index, and a new threshold or None."""

    weights: tuple[tuple[int, float], ...]
    threshold: float | None = None


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """set_weight or set_threshold so that every piece of evidence and every fetch case comes out right."""
    rules = bench.workspace.fetch
    asked = _asked(bench, group)
    if not asked:
        return Unable("no rejection says which record it should have been")
    evidence = [lookup for one, wanted in asked if (lookup := _lookup(bench, one, wanted)) is not None]
    kept = list(_case_lookups(bench))
    change = smallest_change(rules, evidence, kept)
    if change is None:
        return Unable(
            "no change of two weights or the threshold selects the right record in every fetch case"
        )
    return _draft(bench, group, asked, change)


def _asked(bench: Workbench, group: Group) -> list[tuple[Feedback, tuple[str, ...]]]:
    """(feedback, wanted record ids) of the members whose reading names the records."""
    found = []
    for member in group.members:
        reading = next(r for r in member.readings if r.key == group.key)
        wanted = (member.feedback.expected or {}).get("records", reading.intervention.wanted.records)
        if wanted is not None:
            found.append((member.feedback, tuple(sorted(str(one) for one in wanted))))
    return found


def _lookup(bench: Workbench, feedback: Feedback, wanted: tuple[str, ...]) -> Lookup | None:
    before = bench.before[feedback.id]
    return lookup_of(bench.workspace.fetch, before.fields, before.candidates, wanted)


def lookup_of(
    rules: FetchRules, fields: Fields, candidates: Sequence[FetchedRecord], wanted: Iterable[str]
) -> Lookup | None:
    """A lookup from its candidates; None when a wanted record is not among them."""
    import numpy as np

    ids = [str(candidate.id) for candidate in candidates]
    chosen = set(wanted)
    if not chosen <= set(ids):
        return None
    matched = np.array([[_matches(s, fields, one) for s in rules.signals] for one in candidates], dtype=float)
    return Lookup(matched, np.array([one in chosen for one in ids], dtype=bool))


def _matches(signal: Signal, fields: Fields, record: FetchedRecord) -> bool:
    """Whether a signal counts for a record: once, whichever value and row it is."""
    group, _, name = signal.field.partition(".")
    key = KEYS[signal.compare]
    asked = {key(value) for value in fields.get(group, {}).get(name, ())} - {""}
    path = signal.match.split(".")
    rows = record.record.rows.get(signal.source, ())
    return any(key(value) in asked for row in rows for value in values_at(row, path))


def _case_lookups(bench: Workbench) -> Iterator[Lookup]:
    """Every fetch case that passes today; a failing one cannot be broken."""
    for fields, rows, wanted in bench.passing_fetches:
        fetched = bench.pipeline.fetch(fields, rows)
        lookup = lookup_of(bench.workspace.fetch, fields, fetched.candidates, wanted)
        if lookup is not None and len(lookup.wanted):
            yield lookup


def smallest_change(rules: FetchRules, evidence: Sequence[Lookup], kept: Sequence[Lookup]) -> Change | None:
    """The first change, smallest first, that wins all of the evidence and keeps every case."""
    import numpy as np

    present = np.array([signal.weight for signal in rules.signals], dtype=float)
    if all(wins(lookup, present, rules.threshold, rules.margin) for lookup in evidence):
        return None
    for change in _changes(present, rules.threshold):
        weights = present.copy()
        for index, value in change.weights:
            weights[index] = value
        threshold = rules.threshold if change.threshold is None else change.threshold
        if all(wins(lookup, weights, threshold, rules.margin) for lookup in (*evidence, *kept)):
            return change
    return None


def wins(lookup: Lookup, weights: Any, threshold: float, margin: float = 0.0) -> bool:
    """Whether exactly the wanted records are selected: the best at or above the threshold, with its ties."""
    if not len(lookup.wanted):
        return True
    scores = lookup.matched @ weights
    top = scores.max()
    if top < threshold or top <= 0:
        return not lookup.wanted.any()
    close = (scores >= top - 1e-9) | (scores > top - margin + 1e-9)
    return bool(((close & (scores >= threshold - 1e-9)) == lookup.wanted).all())


def _changes(present: Any, threshold: float) -> Iterator[Change]:
    """Candidate changes: fewer numbers first, then the smaller sum of differences, lower before higher."""
    values = range(HIGHEST_WEIGHT + 1)
    singles = [Change(((n, float(v)),)) for n in range(len(present)) for v in values if v != present[n]]
    bars = [Change((), float(v)) for v in values if v > 0 and v != threshold]
    mixed = [Change(one.weights, bar.threshold) for one, bar in product(singles, bars)]
    pairs = [
        Change(((a, float(x)), (b, float(y))))
        for a, b in combinations(range(len(present)), 2)
        for x, y in product(values, values)
        if x != present[a] and y != present[b]
    ]

    def size(change: Change) -> tuple[float, float]:
        # Of two equal changes the one that lowers comes first: a signal that misled should say less.
        steps = [value - float(present[n]) for n, value in change.weights]
        steps += [change.threshold - threshold] if change.threshold is not None else []
        return sum(map(abs, steps)), sum(steps)

    for layer in ([*singles, *bars], [*mixed, *pairs]):
        yield from sorted(layer, key=size)


def _draft(
    bench: Workbench, group: Group, asked: list[tuple[Feedback, tuple[str, ...]]], change: Change
) -> Draft:
    rules = bench.workspace.fetch
    operations = []
    words = []
    for index, value in change.weights:
        signal = rules.signals[index]
        named = {"field": signal.field, "source": signal.source, "match": signal.match}
        operations.append(
            Operation("set_weight", {"signal": named, "was": _plain(signal.weight), "to": _plain(value)})
        )
        words.append(f"{signal.field} weighs {_plain(value)} instead of {_plain(signal.weight)}")
    if change.threshold is not None:
        bar = {"at": "fetch", "was": _plain(rules.threshold), "to": _plain(change.threshold)}
        operations.append(Operation("set_threshold", bar))
        words.append(f"the threshold is {_plain(change.threshold)} instead of {_plain(rules.threshold)}")
    return Draft(
        step="fetch",
        kind=operations[0].op,
        target=_target(operations[0]),
        summary=f"The wrong record is selected: right in all cases when {' and '.join(words)}",
        evidence=group.evidence,
        operations=tuple(operations),
        cases=_cases(bench, asked),
        near_misses=_near_misses(bench, group),
        wanted={one.id: Wanted(records=wanted) for one, wanted in asked},
        idea={"operations": [operation.op for operation in operations]},
        one_off=len(asked) == 1,
        confidence=group.confidence,
    )


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _target(operation: Operation) -> str:
    signal = operation.args.get("signal")
    return f"workspace/fetch.yaml#{signal['field']}" if signal else "workspace/fetch.yaml#threshold"


def _case(bench: Workbench, feedback: Feedback, wanted: tuple[str, ...]) -> JsonCase:
    """The lookup as a case, with the rows of the wanted records and of the strongest others."""
    before = bench.before[feedback.id]
    rivals = [one for one in before.candidates if one.id not in wanted][:MOST_RIVALS]
    kept = [one for one in before.candidates if one.id in wanted or one in rivals]
    rows: dict[str, list[dict[str, Any]]] = {}
    for record in kept:
        for source, found in record.record.rows.items():
            rows.setdefault(source, []).extend(map(dict, found))
    fields = {
        group: {name: list(values) for name, values in one.items()} for group, one in before.fields.items()
    }
    return {"suite": "fetch", "fields": fields, "rows": rows, "expect": {"records": list(wanted)}}


def _cases(bench: Workbench, asked: list[tuple[Feedback, tuple[str, ...]]]) -> tuple[JsonCase, ...]:
    """A third of the lookups, each once."""
    found = {canonical_json(case): case for case in (_case(bench, one, wanted) for one, wanted in asked)}
    return tuple(found.values())[: max(1, (len(found) + 2) // 3)]


def _near_misses(bench: Workbench, group: Group) -> tuple[JsonCase, ...]:
    """Accepted tickets that select a record today and must go on selecting it."""
    evidence = {one.id for one in group.evidence}
    settled = [
        one
        for one in bench.stored
        if one.outcome == "accepted" and one.id not in evidence and bench.before[one.id].records
    ]
    return tuple(_case(bench, one, record_ids(bench.before[one.id])) for one in settled[:3])
