"""Metrics of each suite, over its scored cases: plain numbers of 6 digits, in an order that never changes.

An unscored case is no low score: it is counted apart and enters no rate. A rate over nothing is 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.evals.calibration import calibration
from fixloop.evals.result import PASS, CaseResult, Metrics, Scored
from fixloop.workspace.model import is_other

RATES = ("precision", "recall", "f1")

PLAN_PARTS = ("branch", "reply", "tools", "arguments", "needs_review")

STEPS = ("intent", "extraction", "fetch", "plan", "template")
"""Where a case can first go wrong, in order."""


def metrics_of(suite: str, results: Sequence[CaseResult]) -> Metrics:
    """The metrics of one suite's results."""
    return _SUITES[suite](Scored(results))


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


def _sum(parts: Iterable[Tally]) -> Tally:
    return Tally(*(sum(column) for column in zip(*parts, strict=True)))


def _rate(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return _rate(sum(values), len(values))


def _passed(results: Sequence[CaseResult]) -> float:
    return _rate(sum(result.outcome == PASS for result in results), len(results))


# --- intent ---------------------------------------------------------------------------------------------


Choices = Mapping[tuple[str, str], int]
"""(right leaf, chosen leaf) to how often: all that intent metrics need, and far fewer than cases."""


def intent_metrics(results: Sequence[CaseResult]) -> Metrics:
    """After the thresholds, and before them under `raw`; `other` pools every level's `other`."""
    final = Counter((result.expected, result.got) for result in results)
    raw = Counter((result.expected, result.trace["raw"]) for result in results)
    classes = tallies(final)
    return {
        **_summary(final),
        "raw": _summary(raw),
        "calibration": _calibration(results),
        "classes": {name: classes[name].to_json() for name in sorted(classes)},
        "confusion": _confusion(final),
    }


def _calibration(results: Sequence[CaseResult]) -> dict[str, Any]:
    """How far the score of the raw choice can be trusted; empty where the engine gives none."""
    scores: list[float] = []
    right: list[bool] = []
    for one in results:
        if one.trace.get("score") is not None:
            scores.append(one.trace["score"])
            right.append(one.trace["raw"] == one.expected)
    return calibration(scores, right)


def tallies(choices: Choices) -> dict[str, Tally]:
    """One tally for each class that was right or chosen."""
    hits: Counter[str] = Counter()
    right: Counter[str] = Counter()
    chosen: Counter[str] = Counter()
    for (expected, got), count in choices.items():
        right[expected] += count
        chosen[got] += count
        hits[got] += count if expected == got else 0
    names = right.keys() | chosen.keys()
    return {name: Tally(hits[name], chosen[name] - hits[name], right[name] - hits[name]) for name in names}


def _summary(choices: Choices) -> dict[str, Any]:
    named = {pair: count for pair, count in choices.items() if not is_other(pair[0])}
    pooled: Counter[tuple[str, str]] = Counter()
    for (expected, got), count in choices.items():
        pooled[_pool(expected), _pool(got)] += count
    classes = tallies(choices)
    macro, micro = _macro(classes), _rates(_sum(classes.values()))
    return {
        "accuracy": _accuracy(choices),
        "in_scope_accuracy": _accuracy(named),
        "macro_f1": macro["f1"],
        "micro_f1": micro["f1"],
        "macro": macro,
        "micro": micro,
        "other": tallies(pooled).get("other", Tally()).to_json(),
    }


def _macro(classes: Mapping[str, Tally]) -> dict[str, float]:
    """Each rate's mean over the classes: a rare leaf counts as much as a frequent one."""
    rates = [_rates(classes[name]) for name in sorted(classes)]
    return {part: _mean([one[part] for one in rates]) for part in RATES}


def _rates(tally: Tally) -> dict[str, float]:
    found = tally.to_json()
    return {part: found[part] for part in RATES}


def _pool(leaf: str) -> str:
    return "other" if is_other(leaf) else "named"


def _accuracy(choices: Choices) -> float:
    return _rate(sum(n for (expected, got), n in choices.items() if expected == got), sum(choices.values()))


def _confusion(choices: Choices) -> dict[str, dict[str, int]]:
    """Right leaf to chosen leaf to count, most frequent first; only what occurred."""
    table: dict[str, dict[str, int]] = {}
    for (expected, got), count in sorted(
        choices.items(), key=lambda item: (item[0][0], -item[1], item[0][1])
    ):
        table.setdefault(expected, {})[got] = count
    return table


# --- extraction -----------------------------------------------------------------------------------------


def extraction_metrics(results: Sequence[CaseResult]) -> Metrics:
    """Per field, over the cases that speak of it: those that expect a value, and all exact ones.

    A case that is not exact leaves its other fields open, so what was found there is neither right nor wrong.
    """
    fields: dict[str, Tally] = {}
    groups: dict[str, Tally] = {}
    for result in results:
        for name, tally in _field_tallies(result).items():
            group = name.split(".")[0]
            fields[name] = _sum((fields.get(name, Tally()), tally))
            groups[group] = _sum((groups.get(group, Tally()), tally))
    total = _sum(fields.values())
    return {
        "passed": _passed(results),
        **_rates(total),
        "false_positives": total.wrong,
        "false_negatives": total.missed,
        # Meant to be near 1: a value too many costs a lookup, one too few costs the right record.
        "false_positive_share": _rate(total.wrong, total.wrong + total.missed),
        "groups": {name: groups[name].to_json() for name in sorted(groups)},
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
    """How often exactly the right records were selected, and how clearly.

    Margins are in weights: of the top score to the threshold, over the cases that found any record, and to
    the runner-up. `narrowest` are the smallest of the cases that rightly select one record.
    """
    over = [one.trace["over_threshold"] for one in results]
    chosen = [
        (one.trace["margin"], one.trace["over_threshold"])
        for one in results
        if one.outcome == PASS and len(one.expected["records"]) == 1
    ]
    return {
        "right_records": _passed(results),
        "mean_top_score": _mean([one.trace["top_score"] for one in results]),
        "mean_margin": _mean([one.trace["margin"] for one in results]),
        "mean_over_threshold": _mean([one for one in over if one is not None]),
        "narrowest": {
            "margin": min((margin for margin, _ in chosen), default=0.0),
            "over_threshold": min((above for _, above in chosen), default=0.0),
        },
    }


def plan_metrics(results: Sequence[CaseResult]) -> Metrics:
    """How often each part is right, over the cases that expect something of it.

    Arguments are counted over the cases that expect some, right tools or not.
    """
    shares = {"passed": _passed(results)}
    for part in PLAN_PARTS:
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
