"""How far stated scores can be trusted: does a choice made with 0.8 come out right in 80 of 100 cases?"""

from collections.abc import Sequence
from math import fsum
from typing import Any

BINS = 10


def calibration(scores: Sequence[float], right: Sequence[bool], bins: int = BINS) -> dict[str, Any]:
    """Expected calibration error, Brier score, AUROC and the bins; empty without scores.

    The error is the mean gap between a bin's mean score and its share of right answers, weighted by its size
    (Naeini et al., AAAI 2015, with bins of equal mass as in Nguyen and O'Connor, EMNLP 2015). Equal scores
    are never parted, so no order of the cases shows.
    """
    if not scores:
        return {}
    ranked = sorted(zip(scores, map(bool, right), strict=True))
    found = [_bin(part) for part in _equal_mass(ranked, bins)]
    gaps = fsum(one["count"] * abs(one["score"] - one["right"]) for one in found)
    return {
        "error": round(gaps / len(scores), 6),
        "brier": round(fsum((s - r) ** 2 for s, r in ranked) / len(scores), 6),
        "auroc": _auroc(ranked),
        "bins": found,
    }


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """The chance that a right answer's score is above a wrong one's, ties half; None without both.

    By ranks: Mann and Whitney, Ann. Math. Stat. 18 (1947).
    """
    return _auroc(sorted(zip(scores, map(bool, right), strict=True)))


def _auroc(ranked: "Sequence[Scored]") -> float | None:
    hits = sum(one for _, one in ranked)
    misses = len(ranked) - hits
    if not hits or not misses:
        return None
    total, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        total += (start + end + 1) / 2 * sum(one for _, one in ranked[start:end])
        start = end
    return round((total - hits * (hits + 1) / 2) / (hits * misses), 6)


Scored = tuple[float, bool]


def _equal_mass(ranked: Sequence[Scored], bins: int) -> list[Sequence[Scored]]:
    """Runs of about equal length; a run ends only where the score changes."""
    parts: list[Sequence[Scored]] = []
    start = 0
    for number in range(1, bins + 1):
        end = max(start, round(number * len(ranked) / bins))
        while 0 < end < len(ranked) and ranked[end][0] == ranked[end - 1][0]:
            end += 1
        if end > start:
            parts.append(ranked[start:end])
        start = end
    return parts


def _bin(part: Sequence[Scored]) -> dict[str, Any]:
    return {
        "count": len(part),
        "from": part[0][0],
        "to": part[-1][0],
        "score": round(fsum(score for score, _ in part) / len(part), 6),
        "right": round(sum(right for _, right in part) / len(part), 6),
    }
