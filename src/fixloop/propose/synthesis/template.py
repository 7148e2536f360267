"""A template edit from a corrected reply: the difference, with its variables put back.

The difference is found in the template's `pieces`. What is no language's own (a number, a variable) is
changed in every language's text. A reply that is unlike every template becomes a new one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.failed import failed_template, missing_variable
from fixloop.propose.bench.situations import situation_of
from fixloop.propose.bench.wanted import Wanted, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.evidence.habits import Habits, long_numbers, words_before
from fixloop.propose.evidence.heard import names_said
from fixloop.propose.readings.actions import flat_branches
from fixloop.propose.synthesis.corrections import corrected_reply
from fixloop.propose.synthesis.guards import text_near_misses
from fixloop.propose.synthesis.pieces import EXPRESSION, TOKEN, Edit, Piece, align, cut, edit_of, restore
from fixloop.propose.words.ticket_values import every_value, in_words, values_of
from fixloop.workspace.model import Template, Workspace

LIKE_ENOUGH = 0.4
"""Below this share of common words a corrected reply is another reply, not this one corrected."""


MOST_CASES = 4


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """edit_template with the change most corrected replies ask for, in each language that shows one."""
    name = template_of(group.members[0].before)
    template = bench.workspace.templates.get(name)
    if template is None:
        return Unable("the reply's template is gone")
    group = Group(group.key, tuple(one for one in group.members if template_of(one.before) == name))
    asked = [(one, edit) for one in group.members for edit in _edits(bench.workspace, template, one)]
    asked = asked or _other_variable(bench.workspace, template, group.members)
    asked = asked or _other_number(bench.workspace, template, group.members)
    if not asked:
        return _new_template(bench, group, template)
    chosen: dict[str, list[tuple[Diagnosis, Edit]]] = {}
    for language in sorted({_language(bench.workspace, template, one) for one, _ in asked}):
        told = [(one, edit) for one, edit in asked if _language(bench.workspace, template, one) == language]
        counts = Counter((edit.was, edit.to) for _, edit in told)
        (was, to), _ = min(counts.items(), key=lambda item: (-item[1], item[0]))
        chosen[language] = [(one, edit) for one, edit in told if (edit.was, edit.to) == (was, to)]
    return _draft(bench, group, template, chosen)


def template_of(before: Proposal) -> str:
    """The template that was meant: the branch's own, also where it could not be rendered."""
    trail = before.trace.trail
    return (trail[-1].reply if trail else None) or before.reply.template


def _language(workspace: Workspace, template: Template, one: Diagnosis) -> str:
    """The language of the text that was rendered: the ticket's, else the workspace's, else the only one."""
    for language in (one.feedback.ticket.get("language"), workspace.config.language, ""):
        if language in template.texts:
            return str(language)
    return next(iter(template.texts))


def _edits(workspace: Workspace, template: Template, one: Diagnosis) -> Iterator[Edit]:
    """The change that one corrected reply (or what staff quote) asks for."""
    rendered = one.before.reply.text
    corrected = corrected_reply(one.feedback, rendered)
    source = template.texts[_language(workspace, template, one)]
    if template_of(one.before) != one.before.reply.template:
        found = _unrendered_edit(source, one)
        if found is not None:
            yield found
        return
    if not corrected or _alike(rendered, corrected) < LIKE_ENOUGH:
        return
    pieces = None if "{%" in source else align(source, rendered)
    # A text with blocks cannot be cut into pieces; its words can still be found in it.
    found = edit_of(pieces or [Piece(rendered, rendered)], corrected, values_of(one.before), source)
    if found is not None:
        yield found


def _unrendered_edit(source: str, one: Diagnosis) -> Edit | None:
    """Where the reply could not be rendered at all: the variable that gives what staff wrote in its place."""
    corrected = one.feedback.reply
    pieces = align(source, corrected.strip()) if corrected and "{%" not in source else None
    for piece in pieces or ():
        variable = every_value(one.before).get(piece.rendered)
        if (
            piece.source.startswith("{{")
            and variable not in (None, piece.source)
            and source.count(piece.source) == 1
        ):
            return Edit(piece.source, str(variable), "", piece.rendered)
    return None


def _other_variable(
    workspace: Workspace, template: Template, members: Sequence[Diagnosis]
) -> list[tuple[Diagnosis, Edit]]:
    """Where nobody wrote the reply: the variable whose value staff name, else the one other templates have.

    It must have a value for every one of the rejections.
    """
    habits = Habits.of(workspace)
    votes: Counter[tuple[str, str]] = Counter()
    for one in members:
        pieces = _pieces(template.texts[_language(workspace, template, one)], one.before)
        places = _expressions(pieces, missing_variable(one.before))
        odd = {at: usual for at in places if (usual := _usual_at(template.name, pieces, at, habits))}
        votes.update(
            _named(one, pieces, places, odd) or {(pieces[at].source, usual) for at, usual in odd.items()}
        )
    if not votes or ("{%" in "".join(template.texts.values())):
        return []
    was, to = min(votes, key=lambda pair: (-votes[pair], pair))
    found = [(one, _exchange(workspace, template, one, was, to)) for one in members]
    return [(one, edit) for one, edit in found if edit] if all(edit for _, edit in found) else []


def _other_number(
    workspace: Workspace, template: Template, members: Sequence[Diagnosis]
) -> list[tuple[Diagnosis, Edit]]:
    """Where nobody wrote the reply: the number that other templates say, where this one is a digit off."""
    habits = Habits.of(workspace)
    found = []
    for one in members:
        source, sent = template.texts[_language(workspace, template, one)], one.before.reply.text
        usual = {number: habits.usual_number(template.name, number) for number in long_numbers(source)}
        odd = [(was, to) for was, to in usual.items() if to and source.count(was) == 1 == sent.count(was)]
        found += [(one, Edit(was, to, was, to)) for was, to in odd if len(odd) == 1]
    return found if len(found) == len(members) else []


def _pieces(source: str, before: Proposal) -> list[Piece]:
    """The text in pieces: with what was sent, or with nothing in its variables where nothing could be."""
    if failed_template(before) is not None:
        return cut(source, [""] * len(EXPRESSION.findall(source)))
    return (align(source, before.reply.text) if before.reply.text else None) or []


def _expressions(pieces: Sequence[Piece], missing: str = "") -> list[int]:
    """Where the variables stand; of a text that could not be rendered, those that have no value."""
    return [
        at for at, piece in enumerate(pieces) if piece.source.startswith("{{") and missing in piece.source
    ]


def _named(
    one: Diagnosis, pieces: Sequence[Piece], places: Sequence[int], odd: Mapping[int, str]
) -> set[tuple[str, str]]:
    """The exchange of a variable for another that staff name and the reply does not say: value or column."""
    spoken, sent = f" {one.feedback.comment} ", one.before.reply.text
    values, called = values_of(one.before), names_said(one.feedback.comment)
    there = {_column(pieces[at].source) for at in places}
    said = [name for value, name in values.items() if in_words(value, spoken) and not in_words(value, sent)]
    named = {*said} or {name for name in values.values() if _column(name) in called - there}
    told = [at for at in places if len(pieces[at].rendered) >= 3 and in_words(pieces[at].rendered, spoken)]
    told = told or [at for at in places if _column(pieces[at].source) in called]
    likely = [at for at in odd if odd[at] in named]
    places = (told if len(told) == 1 else likely) or (places if len(places) == 1 else [])
    return {(pieces[places[0]].source, next(iter(named)))} if len(named) == 1 and len(places) == 1 else set()


def _column(variable: str) -> str:
    """The column or field that an expression says, as staff would call it."""
    return variable.strip("{} ").partition("|")[0].strip().rpartition(".")[2].casefold()


def _usual_at(name: str, pieces: Sequence[Piece], at: int, habits: Habits) -> str | None:
    """What other templates have where this one has something else."""
    return habits.usual(name, words_before(pieces[at - 1].source), pieces[at].source) if at else None


def _exchange(workspace: Workspace, template: Template, one: Diagnosis, was: str, to: str) -> Edit | None:
    """One variable for another, with as many words before it as name the place alone."""
    source, rendered = template.texts[_language(workspace, template, one)], one.before.reply.text
    pieces, failed = _pieces(source, one.before), failed_template(one.before) is not None
    places = [at for at in _expressions(pieces) if pieces[at].source == was]
    values = {variable: value for value, variable in every_value(one.before).items()}
    if len(places) != 1 or to not in values:
        return None
    piece, before = pieces[places[0]], pieces[places[0] - 1].source if places[0] else ""
    tokens = TOKEN.findall(before)
    for around in range(len(tokens) + 1):
        lead = "".join(tokens[len(tokens) - around :])
        if source.count(lead + was) != 1:
            continue
        if failed:
            return Edit(lead + was, lead + to, "", values[to])
        if rendered.count(lead + piece.rendered) == 1:
            return Edit(lead + was, lead + to, lead + piece.rendered, lead + values[to])
    return None


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio()


def _draft(
    bench: Workbench,
    group: Group,
    template: Template,
    chosen: Mapping[str, Sequence[tuple[Diagnosis, Edit]]],
) -> Draft:
    name, edits = template.name, {language: told[0][1] for language, told in chosen.items()}
    operations = [_operation(name, language, edit.was, edit.to) for language, edit in sorted(edits.items())]
    carried = _carried_over(template, edits)
    operations += [_operation(name, language, was, to) for language, (was, to) in sorted(carried.items())]
    left = sorted(set(template.texts) - set(edits) - set(carried) - {""})
    told = [pair for language in sorted(chosen) for pair in chosen[language]]
    leaves, edit = leaves_using(bench.workspace, name), told[0][1]
    evidence = tuple(one.feedback for one, _ in told)
    return Draft(
        step="template",
        kind="edit_template",
        target=f"workspace/templates.yaml#{name}",
        summary=_summary(name, edit)
        + (f" (used by {len(leaves)} leaves: {', '.join(leaves)})" if len(leaves) > 1 else ""),
        evidence=evidence,
        operations=tuple(operations),
        cases=_cases(chosen),
        near_misses=text_near_misses(bench, name, leaves, [_situation(bench, one) for one, _ in told]),
        wanted={one.feedback.id: _wanted(name, edit) for one, edit in told},
        idea={"template": name, "languages": sorted(chosen)},
        one_off=len({one.text_digest for one in evidence}) == 1,
        open_work=tuple(f"the {other} text of {name} {_what_is_left(edits)}" for other in left),
        confidence=group.confidence,
    )


def _summary(name: str, edit: Edit) -> str:
    """What is wrong with a template: words that it lacks, or that stand there instead of others."""
    before, _, after = edit.to.partition(edit.was)
    if edit.was in edit.to and not (before and after):
        return f"{name} lacks “{_short((before or after).strip())}”"
    return f"{name} is outdated: say “{_short(edit.to)}” instead of “{_short(edit.was)}”"


def _what_is_left(edits: Mapping[str, Edit]) -> str:
    """What may be wrong in a language's text that nobody has corrected."""
    added = all(edit.was in edit.to for edit in edits.values())
    return "does not say what is added here" if added else "may still say the old thing"


def _situation(bench: Workbench, one: Diagnosis) -> Any:
    return situation_of(bench.workspace, one.feedback, one.before)


def _operation(template: str, language: str, was: str, to: str) -> Operation:
    return Operation(
        "edit_template", {"template": template, "language": language or None, "was": was, "to": to}
    )


def _carried_over(template: Template, edits: Mapping[str, Edit]) -> dict[str, tuple[str, str]]:
    """The same change in other languages' texts, where it is no language's own: numbers and variables."""
    found: dict[str, tuple[str, str]] = {}
    for edit in edits.values():
        was, to = _core(edit.was, edit.to)
        if not was or any(char.isalpha() for char in EXPRESSION.sub("", was + to)):
            continue
        for language, text in template.texts.items():
            if language not in edits and text.count(was) == 1:
                found.setdefault(language, (was, to))
    return found


def _core(was: str, to: str) -> tuple[str, str]:
    """What differs, without the words and expressions that both begin or end with."""
    pattern = re.compile(rf"{EXPRESSION.pattern}|[\d ./-]*\d|\w+|\s+|[^\w\s]", re.S)
    a, b = pattern.findall(was), pattern.findall(to)
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return "".join(a).strip(), "".join(b).strip()


def _wanted(name: str, edit: Edit) -> Wanted:
    gone, new = edit.rendered_was.strip(), edit.rendered_to.strip()
    return Wanted(
        reply=name,
        contains=(new,) if new else (),
        excludes=(gone,) if gone and gone not in new else (),
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def _cases(chosen: Mapping[str, Sequence[tuple[Diagnosis, Edit]]]) -> tuple[JsonCase, ...]:
    """A third of the evidence of each language."""
    found: dict[str, JsonCase] = {}
    for told in chosen.values():
        for one, edit in told[: min(MOST_CASES, max(1, (len(told) + 2) // 3))]:
            case = _case(one, _wanted(template_of(one.before), edit))
            found.setdefault(repr(case), case)
    return tuple(found.values())


def _case(one: Diagnosis, wanted: Wanted) -> JsonCase:
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


# --- a reply that is unlike every template ----------------------------------------------------------------


def _new_template(bench: Workbench, group: Group, template: Template) -> Draft | Unable:
    """add_template and set_reply, where two or more staff wrote much the same, unlike what is there."""
    told = [one for one in group.members if one.feedback.reply and one.before.branch is not None]
    places = Counter((one.before.leaf, one.before.branch) for one in told)
    if not places:
        return Unable("no corrected reply shows which words should change")
    (leaf, branch), _ = min(places.items(), key=lambda item: (-item[1], item[0]))
    told = [one for one in told if (one.before.leaf, one.before.branch) == (leaf, branch)]
    replies = [one.feedback.reply or "" for one in told]
    near = [one for n, one in enumerate(told) if _alike(replies[n], replies[0]) >= LIKE_ENOUGH]
    if len({one.feedback.text_digest for one in near}) < 2:
        return Unable("one reply unlike every template: waiting for a second before a template is made of it")
    if not bench.workspace.plan_trees.get(leaf):
        return Unable("the leaf has no plan tree")
    return _new_template_draft(bench, group, template, near, str(branch))


def _new_template_draft(
    bench: Workbench, group: Group, template: Template, told: Sequence[Diagnosis], branch: str
) -> Draft:
    first = told[0]
    leaf, name = first.before.leaf, _free_name(bench.workspace, first.before.leaf)
    text = restore((first.feedback.reply or "").strip(), values_of(first.before))
    where = {"leaf": leaf, "branch": branch, "was": template.name, "to": name}
    evidence = tuple(one.feedback for one in told)
    operations = (
        Operation(
            "add_template", {"name": name, "description": f"Written by staff for {leaf}.", "text": text}
        ),
        Operation("set_reply", where),
    )
    wanted = {one.feedback.id: Wanted(leaf=leaf, reply=name, tools=tool_names(one.before)) for one in told}
    return Draft(
        step="template",
        kind="add_template",
        target=f"workspace/templates.yaml#{name}",
        summary=f"{leaf}/{branch}: staff write another reply than {template.name}: new template {name}",
        evidence=evidence,
        operations=operations,
        cases=tuple(_case(one, wanted[one.feedback.id]) for one in told[: max(1, len(told) // 3)]),
        near_misses=text_near_misses(bench, template.name, [leaf], [_situation(bench, one) for one in told]),
        wanted=wanted,
        idea={"leaf": leaf, "instead": template.name},
        open_work=(f"{name} has the one text that staff wrote; other languages have none",),
        confidence=group.confidence,
    )


def _free_name(workspace: Workspace, leaf: str) -> str:
    stem, number = f"{leaf}_reply", 1
    while (name := stem if number == 1 else f"{stem}_{number}") in workspace.templates:
        number += 1
    return name
