"""The queue of hints, and one hint with all that a person needs to decide on it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ledger import CLOSED, Event
from fixloop.hints.model import Hint, Measured, Question, instead_of_applying
from fixloop.pipeline.ticket import parse_ticket
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.bench.known_good import TARGET as KNOWN_GOOD
from fixloop.propose.offer.stakes import Guard, Stakes
from fixloop.queue.elsewhere import Elsewhere
from fixloop.queue.standing import NOWHERE, Standing
from fixloop.report.cases import draw_cases
from fixloop.report.diffs import draw_diff
from fixloop.report.page import Page, Part, bad, dim, good, name, strong, warn
from fixloop.report.words import A_REASON, listed, past_the_check
from fixloop.workspace.columns import NO_COLUMNS, Columns
from fixloop.workspace.text import count

_DECIDED = frozenset({"approved", "applied", "stale", "failed"})
_MOST = 5
_IDLE = 10
_QUOTED = 400

_STATUS_STYLES: Mapping[str, str] = {
    "approved": "good",
    "applied": "good",
    "merged": "good",
    "rejected": "dim",
    "superseded": "dim",
    "already_fixed": "dim",
    "failed": "bad",
    "conflict": "bad",
    "stale": "warn",
    "deferred": "warn",
}


def draw_hints(
    page: Page,
    hints: Sequence[Hint],
    statuses: Sequence[str],
    names: Sequence[str],
    stakes: Mapping[str, Stakes],
    chosen: Mapping[str, str],
) -> None:
    """Four lines a hint: what it is, says, would do and puts at stake; one where nothing is changed."""
    rows = list(zip(hints, statuses, names, strict=True))
    weighty = [hint.id for hint, status, _ in rows if hint.id in stakes and _moves_something(hint)]
    beside = _columns({key: stakes[key] for key in weighty})
    for hint, status, short in rows:
        if not _is_idle(hint, status):
            _draw_row(page, hint, status, short, chosen.get(hint.id))
            if hint.id in beside:
                page.line(dim(beside[hint.id]), indent=2)
            page.blank()
    idle = [(hint, short) for hint, status, short in rows if _is_idle(hint, status)]
    if idle:
        page.line(
            strong("without a fix"),
            dim(f" ({len(idle)}): close what needs none with fixloop reject ID --why CODE"),
        )
        page.table([(name(short), hint.summary) for hint, short in idle[:_IDLE]])
        if len(idle) > _IDLE:
            page.line(dim(f"and {len(idle) - _IDLE} more; --json has all of them"), indent=2)
        page.blank()


def draw_queue(
    page: Page,
    hints: Sequence[Hint],
    statuses: Sequence[str],
    names: Sequence[str],
    waiting: int,
    stakes: Mapping[str, Stakes],
    chosen: Mapping[str, str],
) -> None:
    """The queue, best first, and what to type about the best."""
    if not hints:
        page.line("no hint waits for anybody")
        page.next("fixloop propose", "fixloop hints --all")
        return
    draw_hints(page, hints, statuses, names, stakes, chosen)
    closed = len(hints) - waiting
    page.line(f"{waiting} open" + (f", {closed} closed" if closed else ""))
    page.next(f"fixloop show {names[0]}")


def draw_proposed(
    page: Page,
    hints: Sequence[Hint],
    statuses: Sequence[str],
    names: Sequence[str],
    dropped: Sequence[Dropped],
    ended: str,
    stakes: Mapping[str, Stakes],
    chosen: Mapping[str, str],
) -> None:
    """The hints of a run, the drafts that fell, and why the run ended."""
    draw_hints(page, hints, statuses, names, stakes, chosen)
    for one in dropped:
        page.line(dim("dropped  "), one.summary, hang=9)
        page.line(dim(one.reason), indent=9)
    page.blank()
    page.line(ended)
    page.next(f"fixloop show {names[0]}" if hints else "fixloop hints")


def draw_hint(
    page: Page,
    hint: Hint,
    status: str,
    evidence: Sequence[Feedback],
    diff: str,
    events: Sequence[Event],
    stakes: Stakes | None = None,
    onto: str = "HEAD",
    chosen_by: str | None = None,
    elsewhere: Elsewhere | None = None,
    standing: Standing = NOWHERE,
    columns: Columns = NO_COLUMNS,
) -> None:
    """One hint: what, why, the change, what it does, what spoke against it, and what to type next."""
    page.line(name(hint.id), "  ", _status(status))
    page.line(strong(hint.summary))
    page.blank()
    stake = _at_stake(stakes) if stakes and _moves_something(hint) else ()
    for label, parts in (*_facts(hint, chosen_by), *stake, *_needed_to_merge(standing, status)):
        page.fact(label, *parts, column=12)
    _draw_evidence(page, hint, evidence)
    if diff:
        _head(page, "the change")
        draw_diff(page, diff)
    _draw_added(page, hint)
    now = status not in CLOSED
    title = "cases that fail now and pass with it" if now else "its cases"
    draw_cases(page, title, hint.cases, hint.near_misses, columns)
    draw_cases(page, "near misses that must keep their answer", hint.near_misses, hint.cases, columns)
    _draw_alternatives(page, hint)
    if hint.question:
        _draw_question(page, hint.question)
    _draw_events(page, events)
    page.blank()
    if elsewhere is not None:
        page.line(warn(elsewhere.told))
    page.next(*([elsewhere.bring] if elsewhere else next_for(hint, status, events, onto, standing)))


def _draw_added(page: Page, hint: Hint) -> None:
    """The cases a hint adds, whole: whoever approves it vouches for what they expect."""
    added = [one.args["to"] for one in hint.operations if one.op == "add_case"]
    if added:
        from fixloop.fixes.case_file import render_cases

        page.exact(render_cases(added).decode().rstrip("\n"), indent=2)


def next_for(
    hint: Hint,
    status: str,
    events: Sequence[Event] = (),
    onto: str = "HEAD",
    standing: Standing = NOWHERE,
) -> list[str]:
    """The commands that make sense for a hint in this status."""
    merge = f"fixloop merge {hint.id}{A_REASON if standing.reason else ''}"
    if status in ("proposed", "deferred"):
        if hint.question:
            return [f"fixloop answer {hint.id} 1"]
        if not hint.operations:
            return instead_of_applying(hint)
        then = [merge] if standing.reason else []
        return [f"fixloop approve {hint.id}", *then, f"fixloop reject {hint.id} --why CODE"]
    refused_for = events[-1].data.get("check") if status == "failed" and events else ""
    if standing.people and status in _DECIDED:
        return [f"fixloop approve {hint.id} --as NAME"]
    if status in ("approved", "stale") or (standing.reason and refused_for == "lane"):
        return [merge]
    if refused_for in ("identity", "copying"):
        overruled = [f'{merge} --override copying --why "…"'] if refused_for == "copying" else []
        return [past_the_check(refused_for, hint.id), *overruled]
    if status in ("applied", "failed"):
        look = f"fixloop gate {onto} fixloop/fix/{hint.id}"
        return [look, merge] if standing.branch else [f"fixloop apply {hint.id}", look]
    return ["fixloop propose"] if status == "conflict" else ["fixloop hints"]


def effect(hint: Hint) -> list[Part]:
    """What the dry run counted, or what is asked."""
    if hint.question:
        return [warn(f"asks: {hint.question.text}")]
    if hint.step == "eval_data" and hint.operations and hint.measured is None:
        return [dim("changes no answer: changes what is asked")]
    if hint.is_unwritten:
        work = "no edit does it" if hint.kind == "spec" else listed(hint.open_work)
        return [warn(f"to be written: {work}" if work else "to be written")]
    if hint.measured is None or not hint.operations:
        return [dim("changes nothing")]
    return [*_measured(hint.measured)]


# --- the list -------------------------------------------------------------------------------------------


def _is_idle(hint: Hint, status: str) -> bool:
    return status == "proposed" and hint.step == "none"


def _moves_something(hint: Hint) -> bool:
    return hint.step != "none" and not hint.is_unwritten


def _draw_row(page: Page, hint: Hint, status: str, short: str, chosen_by: str | None) -> None:
    what = hint.step if hint.kind in ("none", hint.step) else f"{hint.step} · {hint.kind}"
    sure = (f"{label} {told[0]}" for label, told in _sureness(hint, chosen_by))
    told = " · ".join([what, _support(hint), *sure])
    page.line(name(short), "  ", _status(status), f"  {told}", hang=2)
    page.line(hint.summary, indent=2)
    page.line(*effect(hint), indent=2)


def _support(hint: Hint) -> str:
    """What it rests on; a case to be kept rests on what staff accepted, or on any ticket."""
    if hint.kind != "add_case":
        return count(hint.support, "rejection")
    if hint.target == KNOWN_GOOD:
        return count(hint.support, "accepted outcome")
    return f"{count(hint.support, 'piece')} of feedback"


def _sureness(hint: Hint, chosen_by: str | None) -> Iterator[tuple[str, list[Part]]]:
    """How sure it is that this is what staff meant; nothing where a person chose it, or accepted it."""
    if chosen_by is not None:
        yield "chosen by", [chosen_by]
    elif hint.kind != "add_case" or hint.target != KNOWN_GOOD:
        yield "confidence", [f"{hint.confidence:.2f}"]


def _status(status: str) -> Part:
    style = _STATUS_STYLES.get(status)
    return {"good": good, "bad": bad, "warn": warn, "dim": dim}[style](status) if style else status


def _measured(measured: Measured) -> Iterator[Part]:
    fixed = f"fixes {measured.fixed}/{measured.evidence_of}"
    yield good(fixed) if measured.fixed == measured.evidence_of else fixed
    yield f", moves {measured.moved:,} of {count(measured.tickets_of, 'ticket')}, "
    yield bad(f"breaks {len(measured.broken)}") if measured.broken else "breaks 0"


# --- what is at stake -----------------------------------------------------------------------------------

_OWNER = 22
"""The widest owner in a list: the others of a wide fix are counted."""


def _columns(stakes: Mapping[str, Stakes]) -> dict[str, str]:
    """A line each, in columns: owner, stability, churn, guard strength, leaves that move."""
    rows = {key: _cells_of(one) for key, one in stakes.items()}
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]
    return {
        key: "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for key, cells in rows.items()
    }


def _cells_of(one: Stakes) -> tuple[str, ...]:
    more = f" +{len(one.owners) - 1}" if len(one.owners) > 1 else ""
    owner = one.owners[0] if one.owners else "no owner"
    room = _OWNER - len(more)
    owner = owner if len(owner) <= room else owner[: room - 1] + "…"
    churn = f"churn {one.churn}/{one.commits}" if one.commits else "churn 0"
    return owner + more, one.stability, churn, _guard_cell(one.guard), _leaves_cell(len(one.leaves))


def _guard_cell(guard: Guard | None) -> str:
    if guard is None:
        return "guard ?"
    return f"guard {guard.strength:.2f}" if guard.measured else f"guard ~{guard.strength:.2f}"


def _leaves_cell(number: int) -> str:
    return f"{number} leaf moves" if number == 1 else f"{number} leaves move"


_MEANS = {"guarded": " (guarded: two people approve)", "frozen": " (frozen: nothing lands)"}


def _at_stake(stakes: Stakes) -> Iterator[tuple[str, list[Part]]]:
    owners = listed(stakes.owners) if stakes.owners else "none"
    yield "owner", [owners, warn(_MEANS.get(stakes.stability, ""))]
    yield "churn", [f"{stakes.churn} of the last {count(stakes.commits, 'commit')}"]
    if stakes.guard is not None:
        yield "guard", [*_guard_parts(stakes.guard, stakes.weakness)]
    leaves = count(len(stakes.leaves), "leaf", "leaves")
    yield "reach", [f"{stakes.moved:,} of {count(stakes.tickets, 'stored ticket')}, {leaves}"]


def _needed_to_merge(standing: Standing, status: str) -> Iterator[tuple[str, list[Part]]]:
    """What nobody sees in the change: who else has to approve it, and whether a reason is asked for."""
    if status in CLOSED:
        return
    if standing.people and status in _DECIDED:
        yield "to merge", [warn(f"{count(standing.people, 'more person', 'more people')} must approve")]
    if standing.reason:
        yield "to merge", [warn("changes what decides: a person lands it, and says why")]


def _guard_parts(guard: Guard, weakness: float) -> Iterator[Part]:
    shade = warn if weakness else good
    if guard.measured:
        yield shade(f"{guard.strength:.2f}")
        yield f" of the faults in {guard.leaf} are caught"
    else:
        yield shade(f"~{guard.strength:.2f}")
        yield f" of {guard.leaf} is asked about by cases"


# --- one hint -------------------------------------------------------------------------------------------


def _head(page: Page, text: str) -> None:
    page.blank()
    page.line(strong(text))


def _facts(hint: Hint, chosen_by: str | None) -> Iterator[tuple[str, list[Part]]]:
    if hint.operations:
        kinds = ", ".join(dict.fromkeys(operation.op for operation in hint.operations))
        yield "what", [kinds, dim(f" in {hint.target}, step {hint.step}")]
    else:
        yield "what", ["no change", dim(f"; about {hint.target}, step {hint.step}")]
    if not hint.question and not (hint.is_unwritten and hint.open_work):
        yield "effect", effect(hint)
    if hint.measured and hint.measured.broken:
        yield "breaks", [bad(listed(hint.measured.broken))]
    if hint.moves.at_most:
        moved = f"{listed(hint.moves.from_)} → {listed(hint.moves.to)}, at most {hint.moves.at_most}"
        yield "moves", [moved]
    yield from _sureness(hint, chosen_by)
    if hint.rubric:
        yield "rubric", [*_graded(hint.rubric)]
    if hint.one_off:
        yield "one-off", ["rests on a single rejection"]
    for label, ids in (
        ("needs", hint.needs),
        ("conflicts", hint.conflicts),
        ("supersedes", hint.supersedes),
    ):
        if ids:
            yield label, [listed(ids)]
    for work in hint.open_work:
        yield "left open", [warn(work)]


def _graded(rubric: Mapping[str, Any]) -> Iterator[Part]:
    """How ready it is, and what is missing."""
    yield (good if rubric.get("ready", True) else warn)(f"{rubric['score']:.2f}")
    for said in rubric["missing"]:
        yield f"; {said}"


def _draw_evidence(page: Page, hint: Hint, evidence: Sequence[Feedback]) -> None:
    _head(page, f"evidence ({hint.support})")
    for one in evidence[:_MOST]:
        said = " · ".join(part for part in (one.outcome, one.reason, one.reviewer, one.at[:10]) if part)
        page.line(name(one.id), f"  {said}", indent=2, hang=4)
        page.quote(_shortened(parse_ticket(dict(one.ticket)).customer_text), indent=4, style="dim")
        if one.comment:
            page.line("“", _shortened(one.comment), "”", indent=4, hang=5)
        for note in one.notes:
            page.line(strong("note "), _shortened(note), indent=4, hang=9)
    missing = hint.support - len(evidence)
    if len(evidence) > _MOST:
        page.line(dim(f"and {len(evidence) - _MOST} more; --json has all of them"), indent=2)
    if missing > 0:
        page.line(dim(f"{count(missing, 'piece')} of feedback is no longer on the record"), indent=2)


def _draw_alternatives(page: Page, hint: Hint) -> None:
    if hint.alternatives:
        _head(page, "other readings")
        rows = [(f"{one.confidence:.2f}", one.step, one.summary) for one in hint.alternatives]
        page.table(rows)


def _draw_question(page: Page, question: Question) -> None:
    _head(page, question.text)
    for number, choice in enumerate(question.choices, 1):
        leads = effect(choice.hint) if choice.hint else [dim("nothing is changed")]
        page.line(name(f"{number}  "), choice.label, indent=2, hang=5)
        page.line(*leads, indent=5)


def _draw_events(page: Page, events: Sequence[Event]) -> None:
    if not events:
        return
    _head(page, "history")
    rows: list[tuple[Part, ...]] = []
    for event in events:
        why = event.why or {}
        words = [why.get("code", ""), why.get("text", ""), str(event.data.get("detail", ""))]
        told = ": ".join(word for word in words if word)
        rows.append(
            (dim(event.at.replace("T", " ").rstrip("Z")), _status(event.event), f"{event.who} {told}".strip())
        )
    page.table(rows)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
