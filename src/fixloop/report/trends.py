"""The record over time: staff's words and decisions by period, and how merged fixes stood."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from fixloop.feedback.model import OUTCOMES, Feedback
from fixloop.hints.ledger import Event
from fixloop.report.dossier import Document

DECISIONS = ("proposed", "approved", "rejected", "deferred", "failed", "merged", "reverted")
"""The events that are counted, in the order in which a hint passes them."""

_DAYS, _WEEKS = 21, 210
MOST_PERIODS = 60


class Period(NamedTuple):
    """A day, a week (named by its Monday) or a month, and counts by word."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Series:
    """Counts over time: `unit` is day, week or month; periods without anything are there too."""

    unit: str
    words: tuple[str, ...]
    periods: tuple[Period, ...]


class MergedFix(NamedTuple):
    """One fix that landed, and how the base's cases stood with it."""

    hint: str
    at: str
    summary: str
    cases: int
    passed: int


def staff_words(feedback: Iterable[Feedback]) -> Series:
    """What staff said of proposals, by the time they said it."""
    return _series(((one.at, one.outcome) for one in feedback), OUTCOMES)


def decisions(events: Iterable[Event]) -> Series:
    """What became of hints, by the time of the event."""
    return _series(((one.at, one.event) for one in events if one.event in DECISIONS), DECISIONS)


def merged_fixes(
    events: Iterable[Event], verdicts: Mapping[str, Document], summaries: Mapping[str, str]
) -> tuple[MergedFix, ...]:
    """Every merge in order that has its verdict on record."""
    return tuple(
        MergedFix(event.hint, event.at[:10], summaries.get(event.hint, ""), *_counted(verdicts[event.tree]))
        for event in events
        if event.event == "merged" and event.tree in verdicts
    )


def _counted(document: Document) -> tuple[int, int]:
    suites = list(document.get("suites", {}).values())
    cases = sum(int(suite.get("aligned", 0)) for suite in suites)
    return cases, sum(int(suite.get("passed", {}).get("head", 0)) for suite in suites)


def _series(told: Iterable[tuple[str, str]], words: Sequence[str]) -> Series:
    found = [(day, word) for at, word in told if (day := _day(at)) is not None]
    if not found:
        return Series("day", tuple(words), ())
    days = [day for day, _ in found]
    unit = _unit(min(days), max(days))
    counts = Counter((_start(day, unit), word) for day, word in found)
    periods = list(_periods(_start(min(days), unit), max(days), unit))[-MOST_PERIODS:]
    used = tuple(word for word in words if any(counts[period, word] for period in periods))
    named = [Period(_name(one, unit), {word: counts[one, word] for word in used}) for one in periods]
    return Series(unit, used, tuple(named))


def _day(at: str) -> date | None:
    try:
        return date.fromisoformat(at[:10])
    except ValueError:
        return None


def _unit(first: date, last: date) -> str:
    span = (last - first).days
    if span <= _DAYS:
        return "day"
    return "week" if span <= _WEEKS else "month"


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _periods(first: date, last: date, unit: str) -> Iterator[date]:
    while first <= last:
        yield first
        if unit == "month":
            first = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            first += timedelta(days=7 if unit == "week" else 1)


def _name(day: date, unit: str) -> str:
    return day.isoformat()[:7] if unit == "month" else day.isoformat()
