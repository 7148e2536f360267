"""The demo as it happens: what was said, what was proposed, what landed, what was refused."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.report.page import Page, bad, dim, good, name, strong
from fixloop.workspace.text import count

MOST_SHOWN = 10

Share = tuple[int, int]
"""(right, of)."""


def draw_start(page: Page, folder: Path) -> None:
    """Where it happens."""
    page.line(strong("The loop on Tidewater Bank"), ", a small bank whose support pipeline has a few faults.")
    page.fact("in", str(folder))


def draw_stage(page: Page, stage: str, result: Any) -> None:
    """One stage, as soon as it is done."""
    _STAGES[stage](page, result)


def draw_end(page: Page, folder: Path, command: str, before: Share, after: Share) -> None:
    """Before and after, and what to try now."""
    gained = after[0] - before[0]
    page.line(
        strong("Approval of unseen tickets: "),
        _share(before),
        " before, ",
        good(_share(after)),
        f" after ({gained:+d}).",
    )
    page.blank()
    page.next(
        f"cd {folder}", f"{command} hints", f"{command} show <id>", "git log -p -1", "git log fixloop/state"
    )


def _share(approval: Share) -> str:
    right, of = approval
    return f"{right} of {of} ({right / of:.0%})"


def _before(page: Page, approval: Share) -> None:
    page.line(
        strong("1  Today "), f"staff would accept {_share(approval)} of the proposals for unseen tickets."
    )


def _ingest(page: Page, result: Mapping[str, Any]) -> None:
    page.line(
        strong("2  ingest "),
        f"staff's words of six weeks: {result['stored']} stored, {result['duplicates']} duplicates; "
        "names and numbers replaced before anything is written.",
    )


def _propose(page: Page, result: tuple[str, Sequence[Hint]]) -> None:
    ended, hints = result
    page.line(strong("3  propose "), ended, hang=3)
    for hint in [hint for hint in hints if hint.step != "none"][:MOST_SHOWN]:
        _hint(page, hint)


def _hint(page: Page, hint: Hint) -> None:
    page.line(name(hint.id[:8]), " ", hint.summary, indent=3, hang=12)
    if hint.question:
        choices = " / ".join(f"{n} {choice.label}" for n, choice in enumerate(hint.question.choices, 1))
        page.line(dim("asks: "), choices, indent=12, hang=12)
    elif hint.measured:
        effect = (
            f"mends {hint.measured.fixed} of {hint.measured.evidence_of}, breaks {len(hint.measured.broken)}"
        )
        page.line(
            dim(f"{effect}, moves {hint.measured.moved} of {hint.measured.tickets_of} tickets"), indent=12
        )


def _approve(page: Page, hints: tuple[Hint, ...]) -> None:
    page.line(strong("4  approve "), f"two engineers read and approve {count(len(hints), 'fix', 'fixes')}.")


def _merge(page: Page, result: Mapping[str, Any]) -> None:
    page.line(strong("5  merge "), "each is rebuilt on the newest commit, and exactly that tree is judged:")
    for one in result["merged"]:
        page.line(good("merged  "), name(one["id"][:8]), f" as {one['commit'][:10]}", indent=3)
    for one in result["refused"]:
        page.line(
            bad("refused "), name(one["id"][:8]), f" {one['check']}: {one['detail']}", indent=3, hang=12
        )


def _bad_fix(page: Page, verdict: Verdict) -> None:
    page.line(
        strong("6  a bad fix "),
        "somebody lowers the fetch threshold on a branch, so that a record is always found:",
        hang=3,
    )
    for check in verdict.failures:
        page.line(bad("refused "), f"{check.id}: {check.detail}", indent=3, hang=12)
        for one in check.evidence[:3]:
            page.line(dim(one), indent=12, hang=14)
    if verdict.passed:
        page.line(bad("it passed: this should not happen"), indent=3)


def _after(page: Page, approval: Share) -> None:
    page.line(strong("7  Now "), f"staff would accept {_share(approval)}.")


def _log(page: Page, subjects: tuple[str, ...]) -> None:
    page.line(strong("8  git log"))
    for subject in subjects:
        page.exact(subject[: page.width - 3], indent=3)


_STAGES: Mapping[str, Callable[[Page, Any], None]] = {
    "before": _before,
    "ingest": _ingest,
    "propose": _propose,
    "approve": _approve,
    "merge": _merge,
    "bad_fix": _bad_fix,
    "after": _after,
    "log": _log,
}
