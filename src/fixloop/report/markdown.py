"""A report as a comment on a pull request: the verdict first, the rest folded, nobody's text obeyed."""

import re
from collections.abc import Iterable, Iterator, Sequence

from fixloop.evals.compare import Comparison
from fixloop.evals.result import UNSCORED, CaseResult
from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, SKIP
from fixloop.report.cases import came_out, expected
from fixloop.report.dossier import HELD_OUT, Dossier, open_suites, told_evidence
from fixloop.report.summary import (
    OUTCOMES,
    WARNS,
    flat_metrics,
    moved_sentence,
    number_word,
    outcome_word,
    p_word,
    passing,
    status_of,
    verdict_sentence,
    verdict_word,
    wrong_results,
)
from fixloop.report.words import percent
from fixloop.workspace.text import count, escaped

MOST_LETTERS = 60_000
"""What a comment may hold, with room for what a bot puts around it."""

_SHOWN, _CUT = 20, 300
_MARKS = {PASS: "✅", FAIL: "❌", OVERRIDDEN: "⚠️", SKIP: "➖", WARNS: "⚠️"}
_WORDS = {"pass": "✅ Pass", "provisional": "✅ Pass, provisional", "fail": "❌ Fail"}


def render_markdown(dossier: Dossier, most: int = MOST_LETTERS) -> str:
    """The comment, at most `most` characters: blocks that do not fit are left out, and named at the end."""
    blocks = [(name, f"{text}\n") for name, text in _blocks(dossier) if text]
    head, rest = blocks[0][1], blocks[1:]
    kept, left_out, room = [head[:most]], [], most - len(head) - _NOTE
    for name, text in rest:
        if len(text) + 1 <= room:
            kept.append(text)
            room -= len(text) + 1
        else:
            left_out.append(name)
    if left_out:
        kept.append(
            f"Left out, since a comment may only be so long: {', '.join(left_out)}. The page has it all.\n"
        )
    return "\n".join(kept)


_NOTE = 400
"""Room kept for the word on what was left out."""


def _blocks(dossier: Dossier) -> Iterator[tuple[str, str]]:
    yield "verdict", _verdict(dossier)
    if dossier.verdict is not None:
        yield "refusals", "\n\n".join(_refusals(dossier))
    yield "suites", _suites(dossier)
    if dossier.hint is not None:
        yield "hint", _hint(dossier)
    if dossier.verdict is not None:
        yield "checks", _fold("Checks", _checks(dossier))
    yield "worse cases", _worse(dossier)
    yield "failures", _failures(dossier)
    if dossier.shift is not None and dossier.verdict is not None and dossier.shift.moves:
        yield "moved tickets", _moves(dossier)
    yield "metrics", _metrics(dossier)
    yield "guard", _guard(dossier)
    yield "branches that no case reaches", _uncovered(dossier)


def _verdict(dossier: Dossier) -> str:
    lines = [
        f"### {_WORDS[verdict_word(dossier)]}: {said(dossier.title)}",
        "",
        said(verdict_sentence(dossier), 1000),
    ]
    moved = moved_sentence(dossier)
    if moved:
        lines += ["", said(moved)]
    if dossier.verdict is not None:
        tree, base = dossier.verdict.tree[:12], dossier.verdict.base[:12]
        lines += ["", f"<sub>tree {code(tree)} on {code(base)}, lane {said(dossier.verdict.lane)}</sub>"]
    return "\n".join(lines)


def _refusals(dossier: Dossier) -> Iterator[str]:
    for check in dossier.verdict.failures if dossier.verdict else ():
        evidence = told_evidence(check)
        more = f"\n- and {len(evidence) - 5} more" if len(evidence) > 5 else ""
        listing = "".join(f"\n- {code(one)}" for one in evidence[:5])
        yield f"**{said(check.id)}** {said(check.detail, 1000)}{listing}{more}"


def _hint(dossier: Dossier) -> str:
    hint = dossier.hint
    if hint is None:
        return ""
    measured = hint.measured
    dry_run = (
        f" Its dry run: mends {measured.fixed} of {measured.evidence_of}, breaks {len(measured.broken)}, "
        f"moves {measured.moved} of {measured.tickets_of} tickets."
        if measured
        else ""
    )
    words = "\n".join(f"- {said(one.comment)}" for one in dossier.evidence[:_SHOWN] if one.comment)
    told = f"{said(hint.summary, 1000)}.{dry_run}"
    return f"**Why** {told}" + (
        f"\n\n{_fold(f'What staff said ({len(dossier.evidence)})', words)}" if words else ""
    )


def _checks(dossier: Dossier) -> str:
    checks = dossier.verdict.checks if dossier.verdict else ()
    rows = [
        (f"{_MARKS.get(status_of(one), '')} {status_of(one)}", said(one.id), said(one.detail))
        for one in checks
    ]
    return _table(("status", "check", "why"), rows)


# --- suites ---------------------------------------------------------------------------------------------


def _suites(dossier: Dossier) -> str:
    if dossier.suites or dossier.verdict is not None:
        rows = [_compared(one) for one in open_suites(dossier.suites).values()]
        head = ("suite", "outcome", "base, %", "result, %", "better", "worse", "p", "cases")
        return _table(head, rows, numbers=6) if rows else ""
    alone = []
    for name, suite in dossier.report.suites.items():
        if name != HELD_OUT:
            total, wrong = len(suite.results), len(wrong_results(suite))
            share = percent((total - wrong) / total) if total else "–"
            alone.append((said(name), f"{total - wrong} of {total}", share))
    return _table(("suite", "pass", "share"), alone, numbers=2) if alone else ""


def _compared(one: Comparison) -> tuple[str, ...]:
    extra = [f"{len(one.new)} new"] if one.new else []
    extra += [f"{len(one.missing)} missing"] if one.missing else []
    cases = f"{one.aligned}" + (f" ({', '.join(extra)})" if extra else "")
    return (
        said(one.suite),
        OUTCOMES.get(one.outcome, said(one.outcome)),
        passing(one, 0),
        passing(one, 1),
        str(len(one.gains)),
        f"**{len(one.regressions)}**" if one.regressions else "0",
        p_word(one),
        cases,
    )


def _worse(dossier: Dossier) -> str:
    lost = {case for one in open_suites(dossier.suites).values() for case in one.regressions}
    before = {result.id: outcome_word(result) for result in dossier.before or ()}
    rows = [
        (
            code(one.id),
            said(expected(one.expected)),
            said(_got(one)),
            before.get(one.id, ""),
            code(str(one.case.place)),
        )
        for name, suite in dossier.report.suites.items()
        if name != HELD_OUT
        for one in suite.results
        if one.id in lost
    ]
    table = _table(("case", "expected", "got", "before", "place"), rows[:_SHOWN], more=len(rows) - _SHOWN)
    return _fold(f"Cases that got worse ({len(rows)})", table) if rows else ""


def _failures(dossier: Dossier) -> str:
    if dossier.verdict is not None:
        return ""
    wrong = [
        one
        for name, suite in dossier.report.suites.items()
        if name != HELD_OUT
        for one in wrong_results(suite)
    ]
    rows = [
        (
            code(one.id),
            outcome_word(one),
            said(expected(one.expected)),
            said(_got(one)),
            code(str(one.case.place)),
        )
        for one in wrong[:_SHOWN]
    ]
    table = _table(("case", "outcome", "expected", "got", "place"), rows, more=len(wrong) - _SHOWN)
    return _fold(f"Cases that do not pass ({len(wrong)})", table) if rows else ""


def _got(result: CaseResult) -> str:
    return result.error if result.outcome == UNSCORED else came_out(result.got, result.step)


def _metrics(dossier: Dossier) -> str:
    before = dossier.before.suites if dossier.before else {}
    rows = []
    for name, suite in dossier.report.suites.items():
        old = dict(flat_metrics(before[name].metrics)) if name in before else {}
        for label, value in flat_metrics(suite.metrics):
            if name != HELD_OUT and " · " not in label:
                base = number_word(label, old[label]) if label in old else ""
                rows.append((said(name), said(label), base, number_word(label, value)))
    return _fold("Metrics", _table(("suite", "metric", "base", "result"), rows, numbers=2)) if rows else ""


# --- tickets and leaves ---------------------------------------------------------------------------------


def _moves(dossier: Dossier) -> str:
    shift = dossier.shift
    if shift is None:
        return ""
    ordered = sorted(shift.moves, key=lambda one: one.id in dossier.declared)
    rows = [
        (
            code(one.id),
            "yes" if one.id in dossier.declared else "**no**",
            one.step,
            code(one.source),
            code(one.target),
        )
        for one in ordered[:_SHOWN]
    ]
    divergence = f"The leaf distributions are {shift.divergence:.4f} bits apart (Jensen–Shannon, base 2)."
    table = _table(("ticket", "declared", "begins at", "from", "to"), rows, more=len(ordered) - _SHOWN)
    return _fold(f"Stored tickets that move ({len(ordered)})", f"{divergence}\n\n{table}")


def _guard(dossier: Dossier) -> str:
    """How many faults the cases catch, and those that nobody would notice."""
    guard = dossier.guard
    if guard is None or guard.total.effective is None:
        return ""
    total, found = guard.total, guard.survivors
    told = f"Guard strength {percent(total.effective or 0.0)}"
    caught = f"{total.killed} of {total.mutants - total.unseen} faults that show are caught"
    lines = [f"- {said(one.mutant.summary)} in {code(one.mutant.target)}" for one in found[:_SHOWN]]
    lines += [f"- and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    head = "Nobody would notice:" if lines else "Every fault that shows is noticed."
    return _fold(f"{told}: {caught}", "\n".join([head, "", *lines]))


def _uncovered(dossier: Dossier) -> str:
    found = dossier.coverage.uncovered if dossier.coverage else ()
    if not found:
        return ""
    lines = [
        f"- {code(str(one.place))} {said(one.leaf)}, branch {code(one.branch)}" for one in found[:_SHOWN]
    ]
    lines += [f"- and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    title = f"{count(len(found), 'answering branch', 'answering branches')} that no case reaches"
    return _fold(title, "\n".join(lines))


# --- words ----------------------------------------------------------------------------------------------


def said(text: object, most: int = _CUT) -> str:
    """Any text as words: no mark-up, mention, link or tag of it is obeyed, and no line of it ends.

    Marks are written as HTML entities, which no reader of markdown takes for mark-up. Names, issues and
    addresses are looked for in the finished page by some hosts, so these are parted by an unseen blank too.
    """
    shown = escaped(str(text))
    shown = shown if len(shown) <= most else shown[: most - 1] + "…"
    marked = _SPECIAL.sub(lambda found: f"&#{ord(found[1])};{_PART if found[1] in '@#' else ''}", shown)
    return _LINKED.sub(lambda found: f"{found[0]}{_PART}", _BEGINS.sub(_entity, marked))


_SPECIAL = re.compile(r"([\\`*\[\]<>#|~&@$^]|:(?=\S)|(?<![^\W_])_|_(?![^\W_]))")
_BEGINS = re.compile(r"(?<=^)\s*(?:[-+=]|\d+[.)])")
_LINKED = re.compile(r"(?i)\b(?:gh(?=-\d)|ww(?=w\.))")
_PART = "&#8203;"


def _entity(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}&#{ord(found[0][-1])};"


def code(text: object, most: int = _CUT) -> str:
    """Any text as code: `<code>` with entities, for a fence of backticks can be closed from within."""
    return f"<code>{said(text, most)}</code>"


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>" if body else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0, more: int = 0) -> str:
    """A table whose last `numbers` columns are numbers; cells are ready to stand there."""
    first_number = len(head) - numbers
    rule = ["---:" if at >= first_number else "---" for at in range(len(head))]
    lines = [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
    return "\n".join(lines) + (f"\n\nand {more} more" if more > 0 else "")
