"""The page put together: one text without a script, whose policy forbids it to load anything at all."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fixloop import __version__
from fixloop.feedback.moves import Share, Shift
from fixloop.report.confusion import confused_pairs, heat_maps
from fixloop.report.dag import BARE, GUARDED, WEAK, GuardedLeaf, draw_dag, guarded_leaves
from fixloop.report.dossier import HELD_OUT, Dossier
from fixloop.report.html import views
from fixloop.report.html.charts import draw_calibration, draw_columns, draw_passing, draw_two_bars
from fixloop.report.summary import moved_sentence, verdict_sentence, verdict_word
from fixloop.report.svg import Drawn, picture, tag
from fixloop.report.trends import MergedFix, Series, decisions, merged_fixes, staff_words
from fixloop.report.words import percent
from fixloop.workspace.text import count, escaped

_HERE = Path(__file__).parent


def render_html(dossier: Dossier) -> str:
    """The whole page; equal dossiers give equal pages.

    Every text is escaped where it is put in: first what a terminal or a reader's eye might obey (control and
    bidirectional characters), then what a browser might.
    """
    style = _style()
    parts = {
        "page": dossier,
        "word": verdict_word(dossier),
        "sentence": verdict_sentence(dossier),
        "moved": moved_sentence(dossier),
        "verdict": dossier.verdict,
        "paired": dossier.before is not None,
        "style": Drawn(style),
        "style_hash": f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        "stamp": _stamp(verdict_word(dossier)),
        "facts": list(_facts(dossier)),
        "version": __version__,
    }
    sections = _sections(dossier)
    contents = [(id_, label) for id_, label, there in _CONTENTS if there(sections, dossier)]
    page = _environment().get_template("page.html").render(**parts, **sections, contents=contents)
    return page.lstrip() + "\n"


def _sections(dossier: Dossier) -> dict[str, Any]:
    verdict = dossier.verdict
    return {
        "changes": views.file_changes(dossier),
        "quotes": views.quotes(dossier.evidence),
        "checks": views.check_rows(verdict.checks) if verdict else (),
        "suites": views.suite_rows(dossier),
        "metrics": views.suite_metrics(dossier),
        "calibrations": _calibrations(dossier),
        "trends": list(_trends(dossier)),
        **_drift(dossier.shift, dossier.declared),
        **_guard(dossier),
        **_confusion(dossier),
    }


There = Callable[[Mapping[str, Any], Dossier], bool]
_CONTENTS: tuple[tuple[str, str, There], ...] = (
    ("change", "What changed", lambda parts, page: page.verdict is not None),
    ("checks", "Checks", lambda parts, page: page.verdict is not None),
    ("suites", "Suites", lambda parts, page: bool(parts["suites"])),
    ("drift", "Stored tickets", lambda parts, page: bool(parts["drift"])),
    ("guard", "Guard", lambda parts, page: bool(parts["dags"])),
    ("confusion", "Confusion", lambda parts, page: bool(parts["heats"])),
    ("metrics", "Metrics", lambda parts, page: bool(parts["metrics"])),
    ("trends", "Trends", lambda parts, page: bool(parts["trends"])),
)


# --- the top --------------------------------------------------------------------------------------------


def _facts(dossier: Dossier) -> Iterable[tuple[str, str]]:
    verdict = dossier.verdict
    if verdict is not None:
        yield "lane", verdict.lane
        failed, asked = len(verdict.failures), sum(one.status != "skip" for one in verdict.checks)
        yield "checks", f"{failed} of {asked} refuse" if failed else f"{asked} pass"
    if dossier.suites:
        suites = [one for name, one in dossier.suites.items() if name != HELD_OUT]
        gains, lost = sum(len(one.gains) for one in suites), sum(len(one.regressions) for one in suites)
        yield "cases", f"{sum(one.aligned for one in suites):,} compared"
        yield "moved", f"{gains} better, {lost} worse"
    elif verdict is None:
        yield "cases", f"{sum(len(one.results) for one in dossier.report.suites.values()):,}"
    if dossier.workspace is not None:
        yield "leaves", str(len(dossier.workspace.intents.leaves))
    if dossier.shift is not None:
        told = (
            f"{len(dossier.shift.moves)} of {dossier.shift.tickets} move"
            if verdict
            else dossier.shift.tickets
        )
        yield "stored tickets", str(told)
    if verdict is not None:
        yield "base", verdict.base[:12]
        yield "head", verdict.head[:12]


def _stamp(word: str) -> Drawn:
    """A shape a verdict: an octagon with a cross, a ring with a tick, broken where it is provisional."""
    if word == "fail":
        parts = [
            tag("path", d="M16 4h16l12 12v16L32 44H16L4 32V16z", class_="stamp"),
            tag("path", d="M17 17l14 14M31 17L17 31", class_="stamp"),
        ]
    else:
        ring = "stamp dashed" if word == "provisional" else "stamp"
        parts = [
            tag("circle", cx=24, cy=24, r=20, class_=ring),
            tag("path", d="M15 25l6 6 12-13", class_="stamp"),
        ]
    return picture(48, 48, f"verdict: {word}", *parts)


# --- sections that are drawn ----------------------------------------------------------------------------


def _drift(shift: Shift | None, declared: frozenset[str]) -> dict[str, Any]:
    most = max((max(one.before, one.after) for one in shift.shares), default=0) if shift else 0

    def bars(one: Share) -> Drawn:
        return draw_two_bars(one.before, one.after, most)

    return {"drift": shift, "declared": declared, "bars": bars}


def _guard(dossier: Dossier) -> dict[str, Any]:
    workspace, coverage, guard = dossier.workspace, dossier.coverage, dossier.guard
    if workspace is None or coverage is None:
        return {"dags": (), "measured": False}
    leaves = guarded_leaves(workspace, coverage, guard)
    return {
        "dags": draw_dag(workspace.intents, leaves),
        "guards": sorted(leaves.values(), key=lambda one: (_RANK[one.state], one.share, one.leaf)),
        "guard_sentence": _guard_sentence(list(leaves.values())),
        "wanted": percent(workspace.config.gate.min_guard_strength),
        "uncovered": coverage.uncovered,
        "measured": guard is not None,
        "total": guard.total if guard else None,
        "steps": views.step_scores(guard) if guard else (),
        "survivors": views.survivors(guard) if guard else (),
    }


_RANK = {BARE: 0, WEAK: 1, GUARDED: 2}


def _guard_sentence(guards: list[GuardedLeaf]) -> str:
    states = [one.state for one in guards]
    reached, branches = sum(one.reached for one in guards), sum(one.branches for one in guards)
    leaves = count(len(guards), "leaf", "leaves")
    told = (
        f"{states.count(GUARDED)} are guarded, {states.count(WEAK)} weakly, {states.count(BARE)} not at all"
    )
    answers = count(branches, "answering branch", "answering branches")
    return f"Of {leaves}, {told}; cases reach {reached} of {answers}."


def _confusion(dossier: Dossier) -> dict[str, Any]:
    suite = dossier.report.suites.get("intent")
    confusion = suite.metrics.get("confusion", {}) if suite else {}
    dag = dossier.workspace.intents if dossier.workspace else None
    return {"heats": heat_maps(confusion, dag), "pairs": confused_pairs(confusion)}


def _calibrations(dossier: Dossier) -> dict[str, Drawn]:
    """Suite to its reliability diagram, where a suite's metrics have calibration bins."""
    found = {}
    for name, suite in dossier.report.suites.items():
        calibration = suite.metrics.get("calibration")
        bins = calibration.get("bins") if isinstance(calibration, Mapping) else None
        if bins:
            found[name] = draw_calibration(
                bins, f"{name}: calibration in {len(bins)} bins, each told in the table"
            )
    return found


class _Trend(NamedTuple):
    caption: str
    drawing: Drawn
    words: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _trends(dossier: Dossier) -> Iterable[_Trend]:
    said = staff_words(dossier.feedback)
    if said.periods:
        yield _columns(said, f"What staff said of proposals, by {said.unit}")
    made = decisions(dossier.events)
    if made.periods:
        yield _columns(made, f"What became of hints, by {made.unit}")
    fixes = merged_fixes(dossier.events, dossier.verdicts, dossier.summaries)
    if fixes:
        yield _passing(fixes)


def _columns(series: Series, caption: str) -> _Trend:
    most = max(one.total for one in series.periods)
    title = f"{caption}: {count(len(series.periods), series.unit)}, at most {most} in one"
    rows = tuple(
        (one.name, *(str(one.counts[word]) for word in series.words), *_share(one.counts))
        for one in series.periods
    )
    columns = (series.unit, *series.words, *(("accepted, share",) if "accepted" in series.words else ()))
    return _Trend(caption, draw_columns(series, title), series.words, columns, rows)


def _share(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Approval of a period; empty where the counts are no words of staff."""
    if "accepted" not in counts:
        return ()
    total = sum(counts.values())
    return (percent(counts["accepted"] / total) if total else "–",)


def _passing(fixes: tuple[MergedFix, ...]) -> _Trend:
    caption = "The base’s cases that pass, merged fix by merged fix"
    shares = [percent(one.passed / one.cases) if one.cases else "–" for one in fixes]
    title = f"{caption}: {shares[0]} with the first of {len(fixes)}, {shares[-1]} with the last"
    rows = tuple(
        (str(number), one.at, one.summary, f"{one.cases:,}", share)
        for number, (one, share) in enumerate(zip(fixes, shares, strict=True), 1)
    )
    return _Trend(caption, draw_passing(fixes, title), (), ("fix", "merged", "what", "cases", "pass"), rows)


# --- jinja ----------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_said,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda value: "–" if value is None else percent(value)
    return environment


def _said(value: Any) -> Any:
    """Every text on its way into the page; what we drew ourselves is escaped already."""
    return value if hasattr(value, "__html__") else escaped(str(value))


@cache
def _style() -> str:
    return (_HERE / "style.css").read_text(encoding="utf-8")
