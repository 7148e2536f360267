"""A gate's verdict: the answer first, then what each check says and what shows it."""

from collections.abc import Mapping

from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, SKIP, Check, Verdict
from fixloop.report.evals import comparison_rows
from fixloop.report.page import Page, Part, bad, dim, good, name, strong, warn
from fixloop.report.words import past_the_check
from fixloop.workspace.text import count

_EVIDENCE = 8

_MARKS: Mapping[str, Part] = {
    PASS: good("pass"),
    FAIL: bad("FAIL"),
    SKIP: dim("skip"),
    OVERRIDDEN: warn("over"),
}


def draw_verdict(page: Page, verdict: Verdict, asked: str = "") -> None:
    """The verdict in one line, the checks, the suites; `asked` says how much of it was known before."""
    page.line(*_verdict(verdict))
    page.fact(
        "judged",
        "tree ",
        name(verdict.tree[:12]),
        dim(" = "),
        f"{verdict.head[:12]} into {verdict.base[:12]}",
    )
    page.fact("lane", verdict.lane, *([dim(" for "), name(verdict.hint)] if verdict.hint else []))
    if asked:
        page.fact("asked", asked)
    if verdict.provisional:
        page.fact("but", warn("provisional"), ": no held-out set was asked")
    page.blank()
    widest = max((len(check.id) for check in verdict.checks), default=0)
    for check in verdict.checks:
        _draw_check(page, check, widest)
    if verdict.suites:
        page.blank()
        page.table(comparison_rows(verdict.suites))
    page.blank()
    page.next(*_next(verdict))


def _next(verdict: Verdict) -> list[str]:
    if not verdict.hint:
        return []
    if verdict.passed:
        return [f"fixloop merge {verdict.hint}"]
    failed = [check.id for check in verdict.failures]
    return [past_the_check(failed[0] if len(failed) == 1 else "", verdict.hint)]


def _verdict(verdict: Verdict) -> list[Part]:
    failed = verdict.failures
    if failed:
        return [bad("FAIL"), ": ", ", ".join(check.id for check in failed)]
    overridden = sum(check.status == OVERRIDDEN for check in verdict.checks)
    more = f", {count(overridden, 'check')} overridden" if overridden else ""
    return [good("pass"), f": this tree may be merged{more}"]


def _draw_check(page: Page, check: Check, widest: int) -> None:
    mark = warn("warn") if check.warns else _MARKS.get(check.status, check.status)
    parts: list[Part] = [mark, "  ", strong(check.id.ljust(widest)), "  "]
    page.line(*parts, dim(check.detail) if check.status == SKIP else check.detail, indent=2, hang=10 + widest)
    for one in check.evidence[:_EVIDENCE]:
        page.line(one, indent=10 + widest, hang=12 + widest)
    if len(check.evidence) > _EVIDENCE:
        rest = len(check.evidence) - _EVIDENCE
        page.line(dim(f"and {rest} more; --json has all of them"), indent=10 + widest)
