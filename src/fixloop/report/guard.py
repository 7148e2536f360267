"""Guard strength: a line a step, a line a leaf, and what nobody would notice with the case that would."""

from collections.abc import Sequence

from fixloop.fixes.case_file import render_cases
from fixloop.hints.model import Hint
from fixloop.mutants.report import GuardReport, Outcome, Score
from fixloop.report.page import Line, Page, Part, bad, dim, good, name, strong, warn
from fixloop.report.words import percent

_MOST = 40


def draw_guard(page: Page, report: GuardReport, least: float, survivors: bool = False) -> None:
    """The scores, the weakest leaf first; with `survivors` each of them and the case that would catch it."""
    if not report.outcomes:
        page.line("no fault to inject: nothing of the workspace answers here")
        return
    total = report.total
    page.line(
        strong("guard strength "),
        _share(total.effective, least),
        f": {total.killed:,} of {total.mutants - total.unseen:,} faults that show were caught",
    )
    page.line(dim(f"{total.unseen:,} of {total.mutants:,} show no difference on any stored ticket or case"))
    page.blank()
    _draw_scores(page, "step", [(step, score) for step, score in report.steps.items()], least)
    if report.leaves:
        page.blank()
        _draw_scores(page, "leaf", [(one.leaf, one.score) for one in report.leaves], least)
    page.blank()
    if survivors:
        _draw_survivors(page, report)
    elif report.survivors:
        page.line(f"{len(report.survivors)} survive: cases ran over them and asked nothing that they change")
        page.next("fixloop guard --survivors", "fixloop guard --propose")
    else:
        page.line(_nothing_survives(total))


def draw_case_hints(page: Page, hints: Sequence[Hint], names: Sequence[str]) -> None:
    """The cases that were put on the record."""
    page.blank()
    if not hints:
        page.line("no case to propose that is not on the record already")
        return
    page.line(strong(f"{len(hints)} cases proposed"))
    for hint, short in zip(hints, names, strict=True):
        page.line(name(short), "  ", hint.summary, indent=2, hang=4)
    page.next(f"fixloop show {names[0]}", f"fixloop approve {names[0]}")


def _draw_scores(page: Page, what: str, rows: Sequence[tuple[str, Score]], least: float) -> None:
    head: Line = (dim(what), dim("effective"), dim("raw"), dim("caught"), dim("unseen"), dim("cases"), "")
    lines = [_row(label, score, least) for label, score in rows]
    page.table([head, *lines], indent=0, right=(1, 2, 3, 4, 5))


def _row(label: str, score: Score, least: float) -> Line:
    return (
        label,
        _share(score.effective, least),
        _plain(score.raw),
        f"{score.killed}/{score.mutants}",
        str(score.unseen),
        str(score.cases),
        "",
    )


def _share(share: float | None, least: float) -> Part:
    if share is None:
        return dim("-")
    return good(percent(share)) if share >= least else bad(percent(share))


def _plain(share: float | None) -> str:
    return "-" if share is None else percent(share)


def _nothing_survives(total: Score) -> Part:
    if total.unseen == total.mutants:
        return warn("no fault shows: cases and stored tickets go past all of them")
    return good("every fault that shows is caught")


def _draw_survivors(page: Page, report: GuardReport) -> None:
    groups: dict[str, list[Outcome]] = {}
    for one in (*report.survivors, *(one for one in report.set_aside if one.killer)):
        key = str(one.killer.case["id"]) if one.killer else one.mutant.id
        groups.setdefault(key, []).append(one)
    if not groups:
        page.line(_nothing_survives(report.total))
        return
    for number, group in enumerate(groups.values()):
        if number == _MOST:
            page.line(dim(f"and {len(groups) - _MOST} more; --json has all of them"))
            return
        _draw_group(page, group)


def _draw_group(page: Page, group: Sequence[Outcome]) -> None:
    """The faults one case would catch, and that case as it would stand in a file."""
    page.line(name(group[0].mutant.target))
    for one in group:
        page.line(warn("nobody minds  " if one.survived else "nothing shows "), one.mutant.summary, hang=14)
    killer = group[0].killer
    if killer is None:
        page.line(dim(f"seen by {group[0].seen_by}; no case was found that would catch it"), indent=2)
    else:
        suite = killer.case["suite"]
        page.line(dim(f"evals/{suite}/: from {killer.origin}"), indent=2)
        page.exact(render_cases([killer.case]).decode().rstrip("\n"), indent=2)
    page.blank()
