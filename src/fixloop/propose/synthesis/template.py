"""A template edit from a corrected reply: the difference, with its variables put back.

A rendered reply is the template's pieces in order, literals as they stand and each `{{ … }}` as what it gave,
so a differing stretch of the reply names the pieces it came from. Templates with `{% … %}` blocks are left to
a person.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.diagnose import Diagnosis
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.interventions import flat_branches
from fixloop.propose.wanted import Wanted
from fixloop.propose.workbench import Workbench
from fixloop.workspace.model import Template, Workspace

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
LIKE_ENOUGH = 0.4
"""Below this share of common words a corrected reply is another reply, not this one corrected."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the template's source and what it rendered to."""

    source: str
    rendered: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in a template's source, and the same in the rendered reply."""

    was: str
    to: str
    rendered_was: str
    rendered_to: str


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """edit_template with the change most corrected replies ask for."""
    name = group.members[0].before.reply.template
    template = bench.workspace.templates.get(name)
    if template is None:
        return Unable("the reply's template is gone")
    asked = [(one, edit) for one in group.members for edit in _edits(bench.workspace, template, one)]
    if not asked:
        return Unable("no corrected reply shows which words should change")
    counts = Counter((_language(bench.workspace, template, one), edit.was, edit.to) for one, edit in asked)
    (language, was, to), _ = min(counts.items(), key=lambda item: (-item[1], item[0]))
    chosen = [
        (one, edit)
        for one, edit in asked
        if (edit.was, edit.to) == (was, to) and _language(bench.workspace, template, one) == language
    ]
    told = tuple(one for one in group.members if _language(bench.workspace, template, one) == language)
    return _draft(bench, Group(group.key, told), template, language, chosen)


def _language(workspace: Workspace, template: Template, one: Diagnosis) -> str:
    """The language of the text that was rendered: the ticket's, else the workspace's, else the only one."""
    for language in (one.feedback.ticket.get("language"), workspace.config.language, ""):
        if language in template.texts:
            return str(language)
    return next(iter(template.texts))


def _edits(workspace: Workspace, template: Template, one: Diagnosis) -> Iterator[Edit]:
    corrected = one.feedback.reply
    source = template.texts[_language(workspace, template, one)]
    if not corrected or "{%" in source:
        return
    pieces = align(source, one.before.reply.text)
    if pieces is None or _alike(one.before.reply.text, corrected) < LIKE_ENOUGH:
        return
    edit = edit_of(pieces, corrected, values_of(one.before))
    if edit is not None and source.count(edit.was) == 1:
        yield edit


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio()


def align(source: str, rendered: str) -> list[Piece] | None:
    """The template's literals and expressions with what each rendered to; None when that is ambiguous."""
    literals = _EXPRESSION.split(source)
    expressions = _EXPRESSION.findall(source)
    pattern = "(.*?)".join(
        re.escape(part.strip("\n") if n in (0, len(literals) - 1) else part)
        for n, part in enumerate(literals)
    )
    found = re.fullmatch(r"\s*" + pattern + r"\s*", rendered, re.S)
    if found is None:
        return None
    pieces = []
    for number, literal in enumerate(literals):
        pieces.append(Piece(literal, literal))
        if number < len(expressions):
            pieces.append(Piece(expressions[number], found.group(number + 1)))
    return pieces


def values_of(proposal: Proposal) -> dict[str, str]:
    """Rendered value to the path that gives it, for what a template could use here; longer values first."""
    found: dict[str, str] = {}
    if len(proposal.records) == 1:
        for column, value in sorted(proposal.records[0].row.items()):
            if isinstance(value, str) and len(value) >= 3:
                found.setdefault(value, f"{{{{ record.{column} }}}}")
    for group, fields in sorted(proposal.fields.items()):
        for name, values in sorted(fields.items()):
            if values and len(values[0]) >= 3:
                found.setdefault(values[0], f"{{{{ fields.{group}.{name} | first }}}}")
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def edit_of(pieces: Sequence[Piece], corrected: str, values: Mapping[str, str]) -> Edit | None:
    """The one stretch that differs, widened to whole pieces where it cuts into an expression."""
    rendered = "".join(piece.rendered for piece in pieces)
    a, b = _TOKEN.findall(rendered.strip()), _TOKEN.findall(corrected.strip())
    blocks = [
        block for block in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if block[0] != "equal"
    ]
    if not blocks:
        return None
    first, last = blocks[0], blocks[-1]
    lead = len(rendered) - len(rendered.lstrip())
    start = lead + sum(map(len, a[: first[1]]))
    end = lead + sum(map(len, a[: last[2]]))
    start, end, source = _widen(pieces, start, end)
    if not source.strip():
        return None
    prefix, suffix = rendered[lead:start], rendered[end:].rstrip()
    if not (corrected.strip().startswith(prefix) and corrected.strip().endswith(suffix)):
        return None
    to = corrected.strip()[len(prefix) : len(corrected.strip()) - len(suffix)]
    return (
        Edit(source, restore(to, values), rendered[start:end], to) if source != restore(to, values) else None
    )


def _widen(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int, str]:
    """Rendered offsets widened to whole expressions (and to a word where they are empty), with the source."""
    source, at, begin, stop = "", 0, start, end
    for piece in pieces:
        low, high = at, at + len(piece.rendered)
        at = high
        if high <= start and not (low == high == start):
            continue
        if low >= end:
            break
        if piece.source.startswith("{{"):
            begin, stop = min(begin, low), max(stop, high)
            source += piece.source
        else:
            source += piece.source[max(0, start - low) : max(0, end - low)]
    return begin, stop, source


def restore(text: str, values: Mapping[str, str]) -> str:
    """The text with values of this ticket put back as the variables they come from, braces made harmless."""
    found = text.replace("{{", "{ {").replace("{%", "{ %")
    for value, variable in values.items():
        found = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _: variable, found)  # noqa: B023
    return found


def _draft(
    bench: Workbench,
    group: Group,
    template: Template,
    language: str,
    chosen: Sequence[tuple[Diagnosis, Edit]],
) -> Draft:
    edit = chosen[0][1]
    operation = Operation(
        "edit_template",
        {"template": template.name, "language": language or None, "was": edit.was, "to": edit.to},
    )
    leaves = leaves_using(bench.workspace, template.name)
    others = sorted(set(template.texts) - {language, ""})
    return Draft(
        step="template",
        kind="edit_template",
        target=f"workspace/templates.yaml#{template.name}",
        summary=f"{template.name} is outdated: say “{_short(edit.to)}” instead of “{_short(edit.was)}”"
        + (f" (used by {len(leaves)} leaves: {', '.join(leaves)})" if len(leaves) > 1 else ""),
        evidence=group.evidence,
        operations=(operation,),
        cases=tuple(_case(one, edit) for one, edit in chosen[: max(1, (len(chosen) + 2) // 3)]),
        near_misses=(),
        wanted={one.feedback.id: _wanted(template.name, edit) for one, edit in chosen},
        idea={"template": template.name, "language": language},
        one_off=len({one.feedback.text_digest for one, _ in chosen}) == 1,
        open_work=tuple(
            f"the {other} text of {template.name} may still say the old thing" for other in others
        ),
        confidence=group.confidence,
    )


def _wanted(name: str, edit: Edit) -> Wanted:
    return Wanted(
        reply=name,
        contains=(edit.rendered_to.strip(),) if edit.rendered_to.strip() else (),
        excludes=(edit.rendered_was.strip(),)
        if edit.rendered_was.strip() and edit.rendered_was.strip() not in edit.rendered_to
        else (),
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def _case(one: Diagnosis, edit: Edit) -> JsonCase:
    wanted = _wanted(one.before.reply.template, edit)
    case: dict[str, Any] = {
        "suite": "plan",
        "leaf": one.before.leaf,
        "fields": {g: {n: list(v) for n, v in fields.items()} for g, fields in one.before.fields.items()},
        "records": [dict(record.row) for record in one.before.records],
        "expect": {"reply": wanted.to_expect()["reply"]},
    }
    if one.feedback.ticket.get("language"):
        case["ticket"] = dict(one.feedback.ticket)
    return case


def leaves_using(workspace: Workspace, template: str) -> list[str]:
    """The leaves whose trees answer with a template."""
    return sorted(
        leaf
        for leaf, tree in workspace.plan_trees.items()
        if any(branch.reply == template for branch in flat_branches(tree.branches))
    )
