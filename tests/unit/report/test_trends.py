"""The record over time, by days, weeks or months."""

from fixloop.feedback.model import Feedback
from fixloop.hints.ledger import Event
from fixloop.report.trends import MergedFix, Period, decisions, merged_fixes, staff_words


def said(day: str, outcome: str) -> Feedback:
    return Feedback("fb", "native", {}, outcome, at=f"{day}T09:00:00Z")


def test_days_without_a_word_are_there_too() -> None:
    series = staff_words([said("2026-11-03", "rejected"), said("2026-11-01", "accepted")])
    assert (series.unit, series.words) == ("day", ("accepted", "rejected"))
    assert series.periods == (
        Period("2026-11-01", {"accepted": 1, "rejected": 0}),
        Period("2026-11-02", {"accepted": 0, "rejected": 0}),
        Period("2026-11-03", {"accepted": 0, "rejected": 1}),
    )


def test_weeks_are_named_by_their_monday() -> None:
    series = staff_words([said("2026-10-07", "edited"), said("2026-11-08", "edited")])
    assert series.unit == "week"
    assert [one.name for one in series.periods] == [
        "2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02",
    ]  # fmt: skip
    assert [one.total for one in series.periods] == [1, 0, 0, 0, 1]


def test_a_long_record_is_told_by_months() -> None:
    series = staff_words([said("2026-01-31", "edited"), said("2026-12-01", "edited")])
    assert series.unit == "month"
    assert (series.periods[0].name, series.periods[-1].name, len(series.periods)) == (
        "2026-01",
        "2026-12",
        12,
    )


def test_a_time_nobody_can_read_is_left_out() -> None:
    assert staff_words([said("yesterday", "edited")]).periods == ()
    assert len(staff_words([said("yesterday", "edited"), said("2026-12-01", "edited")]).periods) == 1


def test_only_decisions_count() -> None:
    events = [Event("2026-11-01T08:00:00Z", "ann", name) for name in ("approved", "noted", "merged")]
    assert decisions(events).words == ("approved", "merged")


def test_a_merge_stands_with_its_verdict() -> None:
    events = [
        Event("2026-11-01T08:00:00Z", "ann", "merged", "h-1", tree="t1"),
        Event("2026-11-02T08:00:00Z", "ann", "merged", "h-2", tree="unknown"),
    ]
    verdicts = {"t1": {"suites": {"plan": {"aligned": 4, "passed": {"head": 3}}, "fetch": {"aligned": 2}}}}
    assert merged_fixes(events, verdicts, {"h-1": "says it"}) == (
        MergedFix("h-1", "2026-11-01", "says it", 6, 3),
    )
