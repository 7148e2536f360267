"""The smallest edit of a plan tree that answers the evidence as wanted and leaves right answers alone.

Every edit of one operation is tried, in memory, on everything that is known of the leaf: what a branch does,
order, conditions repaired, branches removed, a new branch. An edit stands only if no passing case and no
accepted ticket gets another answer; among those the smallest wins, where an edit that also mends other
rejections of the leaf counts as smaller.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, log, prod
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.hints.model import JsonCase
from fixloop.pipeline.compile import Forced
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.situations import (
    Ground,
    Situation,
    names_of,
    open_situations,
    settled_situations,
    situation_of,
)
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.evidence.kin import kin_of
from fixloop.propose.evidence.texts import astray
from fixloop.propose.readings import conditions, tree_edits
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.readings.tree_edits import Edit
from fixloop.propose.synthesis.arguments import fitted, guesses, lacking, left_out, spells_out, words_of
from fixloop.propose.synthesis.guards import plan_near_misses
from fixloop.propose.synthesis.plan_field import (
    UNMENDED,
    Field,
    breaks,
    enough_of,
    kept_by,
    mended_by,
    ranked_edits,
)
from fixloop.workspace.model import Condition, PlanTree, Test, Workspace
from fixloop.workspace.plan_tree import all_tests

REPEATED = 1.4
"""What it costs that a branch would answer as another one of its tree does: those would be one branch.
Not where both say the same already, for then it is likely that they call the same."""

DRAFTS = 3
EARLIER = 0.02
MOST_CASES = 5


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """The smallest edits that stand, the best of them first and the others in its place should it fall."""
    group = replace(group, members=tuple(sorted(group.members, key=lambda one: not spells_out(one))))
    field = _field(bench, group)
    if isinstance(field, Unable):
        return field
    said = conditions.said_of(member.feedback.comment for member in group.members)
    ranked = ranked_edits(bench, field, _edits(bench, field, said))
    if not ranked:
        enough = enough_of(field)
        found = conditions.pairs(bench, field.ground, field.evidence, enough, said)
        ranked = ranked_edits(bench, field, [*_additions(bench, field, found), *_two_edits(bench, field)])
    if not ranked:
        return Unable("no single change of the plan tree does it without changing answers that are right")
    sure = _sureness(field, ranked)
    drafts = [_draft(bench, group, field, edit, sure) for _, edit in ranked[:DRAFTS]]
    return replace(drafts[0], instead=tuple(drafts[1:]))


def _sureness(field: Field, ranked: Sequence[tuple[float, Edit]]) -> dict[tuple[str, str], float]:
    """How sure each kind of edit of each branch is among all that do the same for the evidence, 0…1."""
    mass: dict[tuple[str, str], float] = {}
    for cost, edit in ranked:
        key = (edit.kind, _target(field.tree, edit))
        mass[key] = max(mass.get(key, 0.0), exp(ranked[0][0] - cost))
    total = sum(mass.values())
    return {key: share / total for key, share in mass.items()}


def _field(bench: Workbench, group: Group) -> Field | Unable:
    leaf = group.members[0].before.leaf
    tree = bench.workspace.plan_trees.get(leaf)
    if tree is None:
        return Unable("the leaf has no plan tree")
    members = [m for m in group.members if m.before.leaf == leaf]
    asked = [(m, wanted_action(bench.workspace, tree, _reading(group, m))) for m in members]
    kin = kin_of(bench)
    said = words_of(group.members)
    one = len({_names(m.before) for m in members}) == 1
    told = [(m, fitted(bench.workspace, tree, m, a, kin, said, one)) for m, a in asked if a is not None]
    if not told:
        return Unable("nobody says what the plan should have done")
    whole = [(m, action) for m, action in told if not lacking(bench.workspace, action)]
    if not whole:
        return Unable(lacking(bench.workspace, told[0][1]))
    told = whole
    digests = names_of(member.feedback for member, _ in told)
    evidence = [situation_of(bench.workspace, m.feedback, m.before) for m, _ in told]
    settled = settled_situations(bench, leaf, digests)
    ground = Ground([*evidence, *settled, *open_situations(bench, leaf, digests)])
    exactly = all((m.before.reply.template, _names(m.before)) == (a.reply, a.tool_names) for m, a in told)
    wanted = tuple(action for _, action in told)
    bare = Field(tree, ground, wanted, (), exactly, 0, 0, 0, ())
    losses = tuple(_losses(bare, group, member, action) for member, action in told)
    return Field(
        tree,
        ground,
        wanted,
        losses,
        exactly,
        (1 << len(evidence)) - 1,
        ((1 << len(settled)) - 1) << len(evidence),
        ground.where(lambda one: one.strict),
        tuple(ground.answers(tree.branches)),
    )


def _losses(field: Field, group: Group, member: Any, wanted: Action) -> dict[Any, float]:
    """What other answers cost: their log odds against the wanted one, where only a place is asked for."""
    own = field.key(wanted)
    shares: dict[Any, float] = {}
    for reading in member.readings:
        action = reading.intervention.action
        if action is not None and reading.intervention.place == group.key:
            key = field.key(action)
            shares[key] = shares.get(key, 0.0) + reading.probability
    top = shares.get(own, 0.0)
    found = {key: log(top / share) for key, share in shares.items() if top > share > 0}
    return {**{key: loss for key, loss in found.items() if loss < UNMENDED}, own: 0.0}


def _names(before: Any) -> tuple[str, ...]:
    return tuple(sorted(tool.name for tool in before.tools))


def _reading(group: Group, member: Any) -> Intervention:
    """What one member asks for: the group's change, else its own best reading at the group's place."""
    asked: list[Intervention] = [reading.intervention for reading in member.readings]
    same = [one for one in asked if one.key == group.key] or [one for one in asked if one.place == group.key]
    return same[0] if same else asked[0]


def wanted_action(workspace: Workspace, tree: PlanTree, asked: Intervention) -> Action | None:
    """What the plan should have done, as far as the reading says it: an action, or a branch's."""
    if asked.action is not None:
        return asked.action
    forced = asked.forced
    if forced is None or (forced.branch is None and forced.reply is None):
        return None
    named = next((b for _, b in tree_edits.walk(tree.branches) if b.id == forced.branch), None)
    reply = forced.reply or (named.reply if named else None)
    tools = forced.tools if forced.tools is not None else (named.tools if named else ())
    return Action(reply, tools) if reply is not None else None


# --- candidates -------------------------------------------------------------------------------------------


def _edits(bench: Workbench, field: Field, said: frozenset[str]) -> Iterator[Edit]:
    tree, usual = field.tree, field.wanted[0]
    yield from _action_edits(bench, field)
    yield from tree_edits.move_edits(tree)
    values = conditions.plain_values(bench, field.ground.situations)
    elsewhere = conditions.counted_elsewhere(bench.workspace, tree.leaf, usual.reply)
    yield from tree_edits.condition_edits(tree, values, conditions.whole_conditions(bench, tree))
    yield from _stretched(bench, field, said)
    yield from tree_edits.removal_edits(tree)
    found = conditions.candidates(bench, field.ground, field.evidence, enough_of(field), said, elsewhere)
    yield from _additions(bench, field, found)


def _action_edits(bench: Workbench, field: Field) -> Iterator[Edit]:
    """The branches that answer evidence, doing what is wanted; calls that stay keep their arguments."""
    for path, branch in tree_edits.walk(field.tree.branches):
        reached = next((mask for one, mask in field.now if one is branch), 0) & field.evidence
        if not reached:
            continue
        asked = {field.key(one): one for n, one in reversed([*enumerate(field.wanted)]) if reached >> n & 1}
        for key in sorted(asked, key=repr):
            wanted = asked[key]
            if not field.exactly:
                own = {call.name: call for call in branch.tools}
                wanted = replace(wanted, tools=tuple(own.get(call.name, call) for call in wanted.tools))
            edit = tree_edits.action_edit(field.tree, path, wanted)
            if edit is not None:
                others = {
                    field.key(one) for _, one in tree_edits.walk(field.tree.branches) if one is not branch
                }
                another = key[0] != branch.reply
                more = REPEATED if another and key in others else 0.0
                less = astray(bench, field.tree.leaf, branch.reply) if another else 0.0
                yield replace(edit, size=edit.size + more - less)


def _stretched(bench: Workbench, field: Field, said: frozenset[str]) -> Iterator[Edit]:
    """Conditions with one test more: a wanted branch takes the evidence, or a wrong one lets it go."""
    enough = enough_of(field)
    shared = conditions.shared_tests(bench, field.ground, field.evidence, enough)[: conditions.MOST_TESTS]
    ground, evidence = field.ground, field.evidence
    sizes = {repr(t): conditions.stretch_size(bench, ground, t, evidence, said) for t in shared}
    wanted = {field.key(action) for action in field.wanted}
    answering = {id(branch) for branch, mask in field.now if mask & field.evidence}
    for path, branch in tree_edits.walk(field.tree.branches):
        if branch.when is None:
            continue
        if field.key(branch) in wanted:
            joined = [conditions.joined_size(branch.when, test, sizes[repr(test)]) for test in shared]
            tests = [(tree_edits.widened(branch.when, t), n) for t, n in zip(shared, joined, strict=True)]
        elif id(branch) in answering:
            turned = [(next(tree_edits.repairs(test, {}))[0], sizes[repr(test)]) for test in shared]
            tests = [(tree_edits.narrowed(branch.when, one), size) for one, size in turned]
        else:
            continue
        for condition, more in tests:
            if condition is not None:
                yield tree_edits.condition_edit(field.tree, path, condition, tree_edits.RANGED + more)


def _additions(bench: Workbench, field: Field, found: Sequence[conditions.Candidate]) -> Iterator[Edit]:
    """A new branch for each condition, where the evidence is answered now or where other trees have it."""
    for rank, one in enumerate(found):
        for path, more in _places(bench, field, one.condition):
            size = max(one.size, tree_edits.LEAST_ADDED + 0.01 * rank) + more
            yield tree_edits.addition_edit(field.tree, path, one.condition, field.wanted[0], size)


def _places(bench: Workbench, field: Field, condition: Condition) -> list[tuple[tree_edits.Path, float]]:
    """Before the first branch that answers evidence, or earlier: where others are rejected as well.

    Where other trees have such a condition before others of this tree, there is the likelier place.
    """
    answering = {id(branch) for branch, mask in field.now if mask & field.evidence}
    first = next((path for path, one in tree_edits.walk(field.tree.branches) if id(one) in answering), None)
    if first is None:
        return [((len(field.tree.branches),), 0.0)]
    after = conditions.after_elsewhere(bench, field.tree.leaf, condition)
    tops = field.tree.branches[: first[0] + 1]
    usual = next((n for n, one in enumerate(tops) if one.when is not None and repr(one.when) in after), None)
    places = [((n,), -0.1 if n == usual else EARLIER * (first[0] - n + 1)) for n in range(len(tops))]
    return [(first, 0.0), *(place for place in places if place[0] != first)]


def _two_edits(bench: Workbench, field: Field) -> Iterator[Edit]:
    """Two faults at once: an edit of order or conditions, and then another deed of the branch it leads to.

    Only first edits are gone on with that take nothing right away and lead the evidence somewhere else.
    """
    values = conditions.plain_values(bench, field.ground.situations)
    firsts = [
        *tree_edits.move_edits(field.tree),
        *tree_edits.condition_edits(field.tree, values, conditions.whole_conditions(bench, field.tree)),
        *tree_edits.removal_edits(field.tree),
    ]
    for first in firsts:
        after = tuple(field.ground.answers(first.branches))
        if breaks(field, after) or not field.evidence & ~kept_by(field, after):
            continue
        moved = replace(field, tree=replace(field.tree, branches=first.branches), now=after)
        for second in _action_edits(bench, moved):
            yield replace(
                second,
                kind=first.kind,
                operations=(*first.operations, *second.operations),
                size=first.size + second.size,
                says=f"{first.says}; and {second.says}",
                condition=first.condition,
            )


# --- the draft --------------------------------------------------------------------------------------------


def _draft(
    bench: Workbench, group: Group, field: Field, edit: Edit, sure: Mapping[tuple[str, str], float]
) -> Draft:
    after = field.ground.answers(edit.branches)
    members = _members(group, field)
    mended = [(n, members[n], action) for n, action in mended_by(field, after).items()]
    evidence = tuple(member.feedback for _, member, _ in mended)
    situations = [field.ground.situations[n] for n, _, _ in mended]
    guessed = guesses(bench, field.tree, edit, [member for _, member, _ in mended])
    return Draft(
        step="plan",
        kind=edit.kind,
        target=_target(field.tree, edit),
        summary=_summary(field, edit, [member for _, member, _ in mended]),
        evidence=evidence,
        operations=edit.operations,
        cases=_cases(bench, field, mended),
        near_misses=plan_near_misses(bench, field.tree, edit.branches, situations, edit.condition),
        wanted={m.feedback.id: _wanted(bench, field, m, action) for _, m, action in mended},
        idea=_idea(edit, mended[0][2]),
        one_off=len(names_of(evidence)) == 1,
        open_work=(
            *left_out([(member, action) for _, member, action in mended]),
            *(one.words for one in guessed),
        ),
        confidence=round(
            group.confidence
            * sure[edit.kind, _target(field.tree, edit)]
            * prod(one.share for one in guessed),
            6,
        ),
    )


def _members(group: Group, field: Field) -> list[Any]:
    names = {one.name for one in field.ground.situations}
    leaf = field.tree.leaf
    found = [m for m in group.members if m.before.leaf == leaf and m.feedback.id in names]
    return found[: len(field.wanted)]


def _target(tree: PlanTree, edit: Edit) -> str:
    name = edit.operations[0].args.get("branch")
    return f"{tree.path}#{name}" if isinstance(name, str) else tree.path


def _summary(field: Field, edit: Edit, members: Sequence[Any]) -> str:
    instead = sorted({member.before.reply.template for member in members} - {edit.at.reply})
    tail = f" instead of {', '.join(instead)}" if edit.kind == "add_branch" and instead else ""
    return f"{field.tree.leaf}: {edit.says}{tail}"


def _idea(edit: Edit, wanted: Action) -> dict[str, Any]:
    """The wanted outcome without literals."""
    paths = sorted({test.path for test in all_tests(edit.condition)})
    return {"reply": wanted.reply, "tools": list(wanted.tool_names), "paths": paths}


def _wanted(bench: Workbench, field: Field, member: Any, action: Action) -> Wanted:
    made = _made(bench, member, action) if field.exactly else None
    return Wanted(leaf=field.tree.leaf, reply=action.reply, tools=action.tool_names, calls=made)


def _made(bench: Workbench, member: Any, action: Action) -> tuple[dict[str, Any], ...]:
    """The calls with their arguments as they come out for this ticket."""
    forced = Forced(leaf=member.before.leaf, reply=action.reply, tools=action.tools)
    proposal = bench.pipeline.replay(member.feedback.fixture, forced)
    return tuple({"name": call.name, "args": dict(call.args)} for call in proposal.tools)


def _cases(bench: Workbench, field: Field, mended: Sequence[Any]) -> tuple[JsonCase, ...]:
    """A third of the evidence, each situation once, in the order of its texts' digests."""
    ordered = sorted(mended, key=lambda item: item[1].feedback.text_digest)
    looks = _looks_at_ticket(field.tree)
    found: dict[str, JsonCase] = {}
    for n, member, action in ordered:
        tools: list[Any] = list(action.tool_names)
        if field.exactly:
            tools = [dict(call) for call in _made(bench, member, action)]
        situation: Situation = field.ground.situations[n]
        case = situation.to_case({"reply": action.reply, "tools": tools}, looks)
        found.setdefault(canonical_json({**case, "ticket": None}), case)
    asked = min(MOST_CASES, max(1, (len(found) + 2) // 3))
    return tuple(found.values())[:asked]


def _looks_at_ticket(tree: PlanTree) -> bool:
    tests: Iterator[Test] = (t for _, b in tree_edits.walk(tree.branches) for t in all_tests(b.when))
    return any(test.path.startswith("ticket.") and test.path != "ticket.language" for test in tests)
