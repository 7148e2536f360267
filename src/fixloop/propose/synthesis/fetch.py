"""Weights, threshold or a signal, so that the right record wins in every lookup that is known.

Each lookup becomes a matrix of records by signals (1 where the signal matched). The least change that wins
the evidence and keeps every fetch case and every accepted ticket is the optimum of an integer program
(`weights`). Where it has no solution no weights can do it: then a column that customers' values match, and
no signal looks at, becomes one; or it is said which evidence nothing tells apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.fetch import FetchedRecord, Fields
from fixloop.pipeline.rows import KEYS, values_at
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.situations import names_of
from fixloop.propose.bench.wanted import Wanted, record_ids
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.synthesis.guards import accepted_tickets
from fixloop.propose.synthesis.weights import Change, Lookup, chosen, smallest_change, wins
from fixloop.workspace.model import FetchRules, Signal

__all__ = ["Change", "Lookup", "lookup_of", "smallest_change", "synthesise", "wins"]

ENOUGH = 0.6
"""The least share of the evidence to win; the rest may be mistaken."""

MOST_RIVALS = 4
"""A case keeps this many records beside the right one: enough to lose against, few enough to read."""

MOST_ACCEPTED = 600
NEAR_MISSES = 4

Asked = list[tuple[Feedback, tuple[str, ...]]]


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """set_weight, set_threshold or add_signal so that the evidence and every known lookup come out right."""
    asked = _asked(bench, group)
    if not asked:
        return Unable("no rejection says which record it should have been")
    rules = bench.workspace.fetch
    found = [(one, _lookup(bench, rules, feedback, wanted)) for one in asked for feedback, wanted in [one]]
    told = [(one, lookup) for one, lookup in found if lookup is not None]
    if not told:
        return Unable("the record that was meant is none of the candidates: no value of the ticket names it")
    kept = list(_known_lookups(bench, rules, names_of(group.evidence)))
    change = smallest_change(rules, [lookup for _, lookup in told], kept, ENOUGH)
    if change is not None:
        won = [one for one, lookup in told if _is_won(rules, change, lookup)]
        lost = {feedback.id for (feedback, _), _ in told} - {feedback.id for feedback, _ in won}
        left = Group(group.key, tuple(one for one in group.members if one.feedback.id not in lost))
        return _draft(bench, left, rules, won, change)
    moving = _whatever_moves(bench, group, [lookup for _, lookup in told], kept)
    return moving or _with_signal(bench, group, [one for one, _ in told])


def _is_won(rules: FetchRules, change: Change, lookup: Lookup) -> bool:
    """Whether a lookup comes out right; where it does not, another record was meant or another fault."""
    return wins(lookup, *_under(rules, change), rules.margin)


def _under(rules: FetchRules, change: Change) -> tuple[list[float], float]:
    """The weights and the threshold after a change."""
    weights = [dict(change.weights).get(n, signal.weight) for n, signal in enumerate(rules.signals)]
    return weights, rules.threshold if change.threshold is None else change.threshold


def _whatever_moves(
    bench: Workbench, group: Group, told: Sequence[Lookup], kept: Sequence[Lookup]
) -> Draft | None:
    """Where nobody says a word: the change that one of them asks for and that moves most of the others.

    What record was meant is guessed then, lookup by lookup, and guesses may contradict each other. That what
    was selected is wrong is known of all.
    """
    if len(told) < 2 or not all(one.wordless for one in group.members):
        return None
    rules = bench.workspace.fetch
    changes = dict.fromkeys(smallest_change(rules, [one], kept) for one in told)
    found = [(change, _moved(bench, group, change)) for change in changes if change is not None]
    change, moved = max(found, key=lambda item: len(item[1]), default=(None, {}))
    if change is None or len(moved) < max(2, ENOUGH * len(group.members)):
        return None
    members = tuple(one for one in group.members if one.feedback.id in moved)
    asked = [(one.feedback, moved[one.feedback.id]) for one in members]
    return _draft(bench, Group(group.key, members), rules, asked, change)


def _moved(bench: Workbench, group: Group, change: Change) -> dict[str, tuple[str, ...]]:
    """The records that members get after a change, by feedback id, where they are others than today's."""
    rules = bench.workspace.fetch
    found = {}
    for one in group.members:
        lookup = _lookup(bench, rules, one.feedback, ())
        if lookup is None or not len(lookup.wanted):
            continue
        mask = chosen(lookup, *_under(rules, change), rules.margin)
        ids = [str(record.id) for record, is_in in zip(one.before.candidates, mask, strict=True) if is_in]
        if tuple(sorted(ids)) != record_ids(one.before):
            found[one.feedback.id] = tuple(sorted(ids))
    return found


# --- a signal more ----------------------------------------------------------------------------------------


def _with_signal(bench: Workbench, group: Group, asked: Asked) -> Draft | Unable:
    """A signal over a column that tells the wanted records from the others, with its weight."""
    rules = bench.workspace.fetch
    best: tuple[float, FetchRules, Change] | None = None
    for signal in _new_signals(bench, asked):
        more = replace(rules, signals=(*rules.signals, signal))
        evidence = [one for f, w in asked if (one := _lookup(bench, more, f, w)) is not None]
        kept = list(_known_lookups(bench, more, names_of(group.evidence)))
        present = [s.weight for s in more.signals]
        change = smallest_change(more, evidence, kept, ENOUGH, present)
        if change is None or not any(n == len(rules.signals) for n, _ in change.weights):
            continue
        size = _size(more, change)
        if best is None or size < best[0]:
            best = (size, more, change)
    if best is not None:
        return _draft(bench, group, best[1], asked, best[2])
    return Unable(_nothing_tells(bench, asked))


def _size(rules: FetchRules, change: Change) -> float:
    moved = sum(abs(value - rules.signals[n].weight) for n, value in change.weights)
    return 100.0 * len(change.weights) + moved + (100.0 if change.threshold is not None else 0.0)


def _new_signals(bench: Workbench, asked: Asked) -> list[Signal]:
    """Fields against columns that no signal compares, where the wanted record matches oftener than others."""
    rules = bench.workspace.fetch
    known = {signal.key for signal in rules.signals}
    found = []
    for name, source in sorted(rules.sources.items()):
        for column, kind in source.fields.items():
            for rule in bench.workspace.extraction:
                signal = Signal(rule.path, name, column, 0.0)
                scalar = kind in ("string", "number") and column != source.id
                if scalar and signal.key not in known and _tells(bench, signal, asked):
                    found.append(signal)
    return found


def _tells(bench: Workbench, signal: Signal, asked: Asked) -> bool:
    right = wrong = 0
    for feedback, wanted in asked:
        before = bench.before[feedback.id]
        for record in before.candidates:
            matched = _matches(signal, before.fields, record)
            right += matched and record.id in wanted
            wrong += matched and record.id not in wanted
    return right > wrong


def _nothing_tells(bench: Workbench, asked: Asked) -> str:
    """Which record is taken for which, and that nothing read from the ticket tells them apart."""
    feedback, wanted = asked[0]
    before = bench.before[feedback.id]
    meant = [one for one in before.candidates if one.id in wanted]
    rivals = [one for one in before.candidates if one.id not in wanted]
    same = [one for one in rivals if meant and set(one.matched) >= set(meant[0].matched)]
    proved = "no weights and no threshold select the right record in every case (proved)"
    if meant and same:
        shared = ", ".join(sorted({label.partition("=")[0] for label in meant[0].matched})) or "nothing"
        return f"{proved}: another record matches all that the right one does ({shared}); a signal is missing"
    return f"{proved}: the lookups contradict each other"


def _asked(bench: Workbench, group: Group) -> Asked:
    """(feedback, wanted record ids) of the members whose reading names the records."""
    found = []
    for member in group.members:
        reading = next((r for r in member.readings if r.key == group.key), None)
        read = reading.intervention.wanted.records if reading else None
        wanted = (member.feedback.expected or {}).get("records", read)
        if wanted is not None:
            found.append((member.feedback, tuple(sorted(str(one) for one in wanted))))
    return found


def _lookup(
    bench: Workbench, rules: FetchRules, feedback: Feedback, wanted: tuple[str, ...]
) -> Lookup | None:
    before = bench.before[feedback.id]
    return lookup_of(rules, before.fields, before.candidates, wanted)


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


def _known_lookups(bench: Workbench, rules: FetchRules, but: frozenset[str]) -> Iterator[Lookup]:
    """Every fetch and whole-ticket case that passes today, and every accepted ticket that finds anything."""
    for fields, rows, wanted in bench.passing_fetches:
        yield from _as_lookup(rules, fields, bench.pipeline.fetch(fields, rows).candidates, wanted)
    for case, proposal in bench.case_proposals:
        if "records" in case.expect:
            yield from _as_lookup(rules, proposal.fields, proposal.candidates, case.expect["records"])
    accepted = [item for item in accepted_tickets(bench) if item[1].candidates]
    for one, before in accepted[:MOST_ACCEPTED]:
        if one.text_digest not in but:
            yield from _as_lookup(rules, before.fields, before.candidates, record_ids(before))


def _as_lookup(
    rules: FetchRules, fields: Fields, candidates: Sequence[FetchedRecord], wanted: Iterable[str]
) -> Iterator[Lookup]:
    lookup = lookup_of(rules, fields, _unlike(rules, candidates, set(wanted)), wanted)
    if lookup is not None and len(lookup.wanted):
        yield lookup


def _unlike(
    rules: FetchRules, candidates: Sequence[FetchedRecord], wanted: set[str]
) -> Sequence[FetchedRecord]:
    """One record of those that match the same, where labels tell: of 200 namesakes one says all."""
    if len({signal.field for signal in rules.signals}) < len(rules.signals):
        return candidates
    kept: dict[tuple[Any, ...], FetchedRecord] = {}
    for one in candidates:
        labels = tuple(sorted(label.partition("=")[0] for label in one.matched))
        kept.setdefault((one.id if one.id in wanted else "", labels), one)
    return list(kept.values())


def _draft(bench: Workbench, group: Group, rules: FetchRules, asked: Asked, change: Change) -> Draft:
    """`rules` may have a signal more than the workspace."""
    known = {signal.key for signal in bench.workspace.fetch.signals}
    operations = []
    words = []
    for index, value in change.weights:
        signal = rules.signals[index]
        named: dict[str, Any] = {"field": signal.field, "source": signal.source, "match": signal.match}
        if signal.key not in known:
            operations.append(Operation("add_signal", {"signal": {**named, "weight": _plain(value)}}))
            words.append(
                f"{signal.field} counts {_plain(value)} where it equals {signal.source}.{signal.match}"
            )
            continue
        operations.append(
            Operation("set_weight", {"signal": named, "was": _plain(signal.weight), "to": _plain(value)})
        )
        words.append(f"{signal.field} weighs {_plain(value)} instead of {_plain(signal.weight)}")
    operations.sort(key=lambda operation: operation.op)
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


def _cases(bench: Workbench, asked: Asked) -> tuple[JsonCase, ...]:
    """A third of the lookups, each once."""
    found = {canonical_json(case): case for case in (_case(bench, one, wanted) for one, wanted in asked)}
    return tuple(found.values())[: max(1, (len(found) + 2) // 3)]


def _near_misses(bench: Workbench, group: Group) -> tuple[JsonCase, ...]:
    """Accepted tickets that must go on selecting what they select: those with the closest rivals first."""
    settled = [item for item in accepted_tickets(bench, group.evidence) if item[1].candidates]
    settled.sort(key=lambda item: (not item[1].records, item[1].trace.margin, item[0].id))
    chosen = settled[:NEAR_MISSES]
    if len(chosen) < NEAR_MISSES:
        chosen += [item for item in accepted_tickets(bench, group.evidence) if not item[1].candidates]
    cases = [_case(bench, one, record_ids(before)) for one, before in chosen[:NEAR_MISSES]]
    return tuple({canonical_json(case): case for case in cases}.values())
