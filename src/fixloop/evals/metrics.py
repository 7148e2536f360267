"""Metrics of each suite, over its scored cases: plain numbers of 6 digits, in an order that never changes.

An unscored case is no low score: it is counted apart and enters no rate. A rate over nothing is 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.evals.result import PASS, UNSCORED, CaseResult, Metrics
from fixloop.workspace.model import is_other

STEPS = ("intent", "extraction", "fetch", "plan", "template")
"""Where a case can first go wrong, in order."""


def metrics_of(suite: str, results: Sequence[CaseResult]) -> Metrics:
    """The metrics of one suite's results."""
    scored = [result for result in results if result.outcome != UNSCORED]
    return _SUITES[suite](scored)


class Tally(NamedTuple):
    """Hits, wrong answers and misses of one class or field."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0

    def to_json(self) -> dict[str, float]:
        """Precision, recall, F1 and how many there were to find."""
        precision = _rate(self.hits, self.hits + self.wrong)
        recall = _rate(self.hits, self.hits + self.missed)
        f1 = _rate(2 * self.hits, 2 * self.hits + self.wrong + self.missed)
        return {"precision": precision, "recall": recall, "f1": f1, "support": self.hits + self.missed}


def _rate(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return _rate(sum(values), len(values))


def _passed(results: Sequence[CaseResult]) -> float:
    return _rate(sum(result.outcome == PASS for result in results), len(results))


# --- intent ---------------------------------------------------------------------------------------------


class Choice(NamedTuple):
    """The leaf that is right and the one that was chosen."""

    expected: str
    got: str


def intent_metrics(results: Sequence[CaseResult]) -> Metrics:
    """After the thresholds, and before them under `raw`; `other` pools every level's `other`."""
    final = [Choice(result.expected, result.got) for result in results]
    raw = [Choice(result.expected, result.trace["raw"]) for result in results]
    classes = tallies(final)
    return {
        **_summary(final, classes),
        "raw": _summary(raw, tallies(raw)),
        "classes": {name: classes[name].to_json() for name in sorted(classes)},
        "confusion": _confusion(final),
    }


def tallies(choices: Iterable[Choice]) -> dict[str, Tally]:
    """One tally for each class that was expected or chosen."""
    hits: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    chosen: Counter[str] = Counter()
    for choice in choices:
        expected[choice.expected] += 1
        chosen[choice.got] += 1
        hits[choice.got] += choice.expected == choice.got
    names = expected.keys() | chosen.keys()
    return {name: Tally(hits[name], chosen[name] - hits[name], expected[name] - hits[name]) for name in names}


def _summary(choices: Sequence[Choice], classes: Mapping[str, Tally]) -> dict[str, Any]:
    named = [choice for choice in choices if not is_other(choice.expected)]
    pooled = tallies(
        Choice(*("other" if is_other(leaf) else "named" for leaf in choice)) for choice in choices
    )
    total = Tally(*(sum(column) for column in zip(*classes.values(), strict=True)))
    return {
        "accuracy": _rate(sum(choice.expected == choice.got for choice in choices), len(choices)),
        "in_scope_accuracy": _rate(sum(choice.expected == choice.got for choice in named), len(named)),
        "macro_f1": _mean([classes[name].to_json()["f1"] for name in sorted(classes)]),
        "micro_f1": total.to_json()["f1"],
        "other": pooled.get("other", Tally()).to_json(),
    }


def _confusion(choices: Iterable[Choice]) -> dict[str, dict[str, int]]:
    """Expected to chosen to count, most frequent first; only what occurred."""
    table: dict[str, Counter[str]] = {}
    for choice in choices:
        table.setdefault(choice.expected, Counter())[choice.got] += 1
    return {
        name: dict(sorted(table[name].items(), key=lambda item: (-item[1], item[0])))
        for name in sorted(table)
    }


# --- extraction -----------------------------------------------------------------------------------------


def extraction_metrics(results: Sequence[CaseResult]) -> Metrics:
    """Per field, over the cases that speak of it: those that expect a value, and all exact ones.

    A case that is not exact leaves its other fields open, so what was found there is neither right nor wrong.
    """
    fields: dict[str, Tally] = {}
    for result in results:
        for name, tally in _field_tallies(result).items():
            before = fields.get(name, Tally())
            fields[name] = Tally(*(a + b for a, b in zip(before, tally, strict=True)))
    total = Tally(*(sum(column) for column in zip(*fields.values(), strict=True)))
    summary = total.to_json()
    return {
        "passed": _passed(results),
        "precision": summary["precision"],
        "recall": summary["recall"],
        "fields": {name: fields[name].to_json() for name in sorted(fields)},
    }


def _field_tallies(result: CaseResult) -> dict[str, Tally]:
    expected, got = _flat(result.expected), _flat(result.got)
    names = expected.keys() | got.keys() if result.case.spec.get("exact") else expected.keys()
    return {name: _compared(expected.get(name, set()), got.get(name, set())) for name in names}


def _flat(fields: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, set[str]]:
    return {
        f"{group}.{name}": set(values) for group, below in fields.items() for name, values in below.items()
    }


def _compared(expected: set[str], got: set[str]) -> Tally:
    return Tally(len(expected & got), len(got - expected), len(expected - got))


# --- the other steps ------------------------------------------------------------------------------------


def fetch_metrics(results: Sequence[CaseResult]) -> Metrics:
    """How often exactly the right records were selected, and how clearly."""
    return {
        "right_records": _passed(results),
        "mean_top_score": _mean([result.trace["top_score"] for result in results]),
        "mean_margin": _mean([result.trace["margin"] for result in results]),
    }


def plan_metrics(results: Sequence[CaseResult]) -> Metrics:
    """How often each part is right, over the cases that expect something of it."""
    shares = {"passed": _passed(results)}
    for part in ("branch", "reply", "tools", "needs_review"):
        right = [result.trace[part] for result in results if part in result.trace]
        if right:
            shares[f"right_{part}"] = _rate(sum(right), len(right))
    return shares


def outcome_metrics(results: Sequence[CaseResult]) -> Metrics:
    """End to end, and how many cases first went wrong at each step."""
    wrong = Counter(result.step for result in results if result.step)
    return {"end_to_end": _passed(results), "first_wrong_step": {step: wrong[step] for step in STEPS}}


_SUITES: Mapping[str, Callable[[Sequence[CaseResult]], Metrics]] = {
    "intent": intent_metrics,
    "extraction": extraction_metrics,
    "fetch": fetch_metrics,
    "plan": plan_metrics,
    "pipeline": outcome_metrics,
    "fallback": outcome_metrics,
    "known_good": outcome_metrics,
}
