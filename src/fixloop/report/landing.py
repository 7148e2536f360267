"""What became of hints: decided, put on branches, merged or refused; a line each and the next command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from fixloop.hints.shared import Change
from fixloop.queue.outcome import Landed, Refused
from fixloop.queue.prepare import Prepared
from fixloop.queue.standing import NOWHERE, Standing
from fixloop.queue.undo import Reverted
from fixloop.report.page import Page, Part, bad, dim, good, name, warn
from fixloop.report.words import A_REASON, past_the_check
from fixloop.workspace.text import count, shown


class Rival(Protocol):
    """Two approved hints that change the same."""

    @property
    def hint(self) -> str:
        """The one that was approved now."""
        ...

    @property
    def other(self) -> str:
        """The one that was approved before, or before it in one command."""
        ...

    @property
    def changes(self) -> Sequence[Change]:
        """What both change."""
        ...


def draw_decided(
    page: Page,
    status: str,
    ids: Sequence[str],
    unchanged: Sequence[str],
    standings: Mapping[str, Standing] = {},
    rivals: Sequence[Rival] = (),
) -> None:
    """The hints that have a status now; what a merge needs beside, and which do not go together."""
    for one in (*ids, *unchanged):
        page.line(name(one), "  ", dim(f"{status} already") if one in unchanged else good(status))
        _draw_needs(page, standings.get(one, NOWHERE))
    for rival in rivals:
        page.line(warn("not both "), *_rivalry(rival), hang=9)
    page.blank()
    left_out = {one.hint for one in rivals}
    after = [one for one in (*ids, *unchanged) if one not in left_out] or [one.other for one in rivals]
    page.next(*_instead_of_both(rivals), *_after(status, list(dict.fromkeys(after)), standings))


def _draw_needs(page: Page, standing: Standing) -> None:
    if standing.people:
        more = count(standing.people, "more person", "more people")
        page.line(warn(f"reaches a guarded leaf: {more} must approve"), indent=4, hang=6)
    if standing.reason:
        page.line(warn("changes what decides: a person lands it, and says why"), indent=4, hang=6)


def _rivalry(rival: Rival) -> Iterator[Part]:
    """What both change; what lands first leaves the other a conflict, or nothing to do."""
    first, *more = rival.changes
    yield name(rival.hint)
    yield " and "
    yield name(rival.other)
    yield ", also approved, " + ("change the same value: " if first.values else "make the same change: ")
    yield f"{first.op} {first.place}".rstrip()
    if first.values:
        yield f" to {' and to '.join(shown(value) for value in first.values)}"
    yield f" and {len(more)} more" if more else ""
    yield ". The one that lands first stays, the other is refused"


def _instead_of_both(rivals: Sequence[Rival]) -> list[str]:
    codes = {one.hint: "CODE" if any(each.values for each in one.changes) else "duplicate" for one in rivals}
    return [f"fixloop reject {hint} --why {code}" for hint, code in codes.items()]


def draw_applied(page: Page, prepared: Prepared, no_branch_free: str, onto: str = "HEAD") -> None:
    """The branches, and the hints that are on none."""
    applied, failed = prepared.applied, prepared.failed
    if not (applied or failed or prepared.waiting):
        page.line("no hint is approved: nothing to apply")
        page.next("fixloop hints")
        return
    page.table([(name(one.id), good(one.branch), dim(one.commit[:12])) for one in applied], indent=0)
    page.table([(name(one.id), bad(one.event), one.detail) for one in failed], indent=0)
    page.table([(name(one), dim("waits"), no_branch_free) for one in prepared.waiting], indent=0)
    page.blank()
    if any(one.event == "conflict" for one in failed):
        page.next("fixloop propose")
    elif prepared.waiting:
        page.next("fixloop merge --passing")
    elif applied:
        page.next(f"fixloop gate {onto} {applied[0].branch}", "fixloop merge --passing")


def draw_merged(page: Page, merged: Sequence[Landed], refused: Sequence[Refused], onto: str = "HEAD") -> None:
    """What landed and what did not, with the check that said no."""
    if not merged and not refused:
        page.line("no hint is approved: nothing to merge")
        page.next("fixloop hints")
        return
    page.table([(name(one.id), good("merged"), dim(one.commit[:12])) for one in merged], indent=0)
    needless = [one for one in refused if one.needless]
    page.table([(name(one.id), dim("nothing to do"), one.detail) for one in needless], indent=0)
    refused = [one for one in refused if not one.needless]
    page.table([(name(one.id), bad(f"refused by {one.check}"), one.detail) for one in refused], indent=0)
    page.blank()
    page.line(f"{len(merged)} merged, {len(refused)} refused")
    page.next(*dict.fromkeys(_after_merge(merged, refused, onto)))


def draw_reverted(page: Page, hint: str, done: Reverted | None, onto: str = "HEAD") -> None:
    """The commits, the cases that went, and what the gate says of the branch now."""
    if done is None:
        page.line(name(hint), "  ", dim("reverted already"))
        return
    page.line(name(hint), "  ", good("reverted"), "  ", dim(" ".join(one[:12] for one in done.commits)))
    if done.cases:
        page.line(f"its cases went with it: {', '.join(done.cases)}", indent=4, hang=6)
    for check in done.failed:
        page.line(bad(check.id), f"  {check.detail}", indent=4, hang=6)
    page.blank()
    page.next(_newest(max(1, len(done.commits)), onto), "fixloop propose")


def _after(status: str, ids: Sequence[str], standings: Mapping[str, Standing]) -> list[str]:
    if status == "approved":
        return [*_after_approving(ids, standings)]
    if status == "proposed":
        return [f"fixloop show {ids[0]}", f"fixloop approve {ids[0]}"]
    return ["fixloop hints"]


def _after_approving(ids: Sequence[str], standings: Mapping[str, Standing]) -> Iterator[str]:
    """A command for those that lack people, for those that may land, and for those that ask for a reason."""
    lacking = [one for one in ids if standings.get(one, NOWHERE).people]
    judging = [one for one in ids if standings.get(one, NOWHERE).reason and one not in lacking]
    free = [one for one in ids if one not in (*lacking, *judging)]
    if lacking:
        yield f"fixloop approve {' '.join(lacking)} --as NAME"
    if free:
        yield "fixloop merge " + (" ".join(free) if len(free) <= 2 else "--passing")
    if judging:
        yield f"fixloop merge {' '.join(judging)}{A_REASON}"


def _after_merge(merged: Sequence[Landed], refused: Sequence[Refused], onto: str) -> Iterator[str]:
    for one in refused:
        if one.mend:
            yield one.mend
        elif one.check == "conflict":
            yield "fixloop propose"
        elif one.asks_for_a_reason:
            yield f"fixloop merge {one.id}{A_REASON}"
        elif one.check not in ("checkout", "race"):
            yield past_the_check(one.check, one.id)
    yield _newest(len(merged), onto) if merged else "fixloop hints"


def _newest(count: int, onto: str) -> str:
    return f"git log -{count}" if onto == "HEAD" else f"git log -{count} {onto}"
