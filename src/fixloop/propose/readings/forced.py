"""Which changes are tried on one rejection, step by step and each with its share, and what they lead to.

The kinds of them are told in `interventions`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.fetch import FetchedRecord
from fixloop.pipeline.proposal import Proposal, Reply, ToolCallMade
from fixloop.propose.bench.failed import failed_template, meant_branch
from fixloop.propose.bench.wanted import Wanted, record_ids, tool_names
from fixloop.propose.readings.actions import Action, flat_branches
from fixloop.propose.readings.catalog import Catalog, usual_call
from fixloop.propose.readings.interventions import NEW_LEAF, Intervention, Outcome, Way
from fixloop.propose.words.spelt import Told
from fixloop.workspace.model import ToolCall, is_other


def interventions(
    feedback: Feedback,
    before: Proposal,
    catalog: Catalog,
    other_leaf_shares: Mapping[str, float],
    values: Iterable[Intervention] = (),
) -> list[Intervention]:
    """All of them for one rejection, "nothing" first.

    `other_leaf_shares` is the engine's opinion of the ticket over all leaves; the present one is left out.
    `values` are those of the extraction step (`unread`).
    """
    found = [Intervention("none", "none", "", Wanted(), None, 1.0)]
    found += _leaves(before, catalog, other_leaf_shares)
    found += values
    found += _records(before)
    found += _actions(feedback, before, catalog)
    template = failed_template(before) or before.reply.template
    if template in catalog.workspace.templates:
        target = f"workspace/templates.yaml#{template}"
        wanted = Wanted(leaf=before.leaf)
        found.append(
            Intervention("template", "edit_template", target, wanted, None, 1.0, correction=feedback.reply)
        )
    return found


def _leaves(before: Proposal, catalog: Catalog, shares: Mapping[str, float]) -> Iterator[Intervention]:
    """Another leaf, for every leaf there is, and a leaf there is not yet."""
    others = {leaf: share for leaf, share in shares.items() if leaf != before.leaf}
    floor = 0.3 / max(1, len(others))
    total = sum(others.values()) or 1.0
    for leaf, share in others.items():
        target = f"workspace/examples/{leaf}.jsonl"
        within = floor + 0.7 * share / total
        ways = tuple(_ways_to_leaf(before, catalog, leaf, target))
        wanted, forced = _to_leaf(leaf)
        if leaf in catalog.cut_off:
            target = f"workspace/intents.yaml#{catalog.cut_off[leaf]}"
            yield Intervention("intent", "add_edge", target, wanted, forced, within)
            continue
        yield Intervention("intent", "add_example", target, wanted, forced, within, ways=ways)
    yield from _new_leaves(before, catalog)


@lru_cache(maxsize=10_000)  # every rejection is tried on every leaf
def _to_leaf(leaf: str) -> tuple[Wanted, Forced]:
    return Wanted(leaf=leaf), Forced(leaf=leaf)


def _new_leaves(before: Proposal, catalog: Catalog) -> Iterator[Intervention]:
    """A leaf there is not yet, answered as nobody knows or by one of the templates that no tree uses."""
    # What an `other` could not answer may well be new; what a leaf answered seldom is.
    share = 1.0 if is_other(before.leaf) else 0.2
    yield replace(NEW_LEAF, share=share)
    for name in sorted(catalog.unused):
        action = Action(name)
        forced = Forced(branch=before.branch, reply=name, tools=())
        part = share / len(catalog.unused)
        yield replace(NEW_LEAF, wanted=Wanted(reply=name), forced=forced, share=part, action=action)


def _ways_to_leaf(before: Proposal, catalog: Catalog, leaf: str, target: str) -> Iterator[Way]:
    """How a leaf could become the answer, judged by how the text went down."""
    children = catalog.children
    if before.raw_leaf == leaf:
        level = "root" if before.leaf == "other" else before.leaf.removesuffix(".other")
        yield Way("set_threshold", f"workspace/intents.yaml#thresholds.{level}")
    if is_other(leaf):
        level = leaf.removesuffix(".other") if leaf != "other" else "root"
        yield Way("set_threshold", f"workspace/intents.yaml#thresholds.{level}")
    else:
        above = catalog.parents.get(leaf, ())
        gone_down = [one for one in before.path if one in children and one not in above]
        parents = gone_down if above else [*gone_down, *(one for one in children["root"] if one in children)]
        for parent in dict.fromkeys(parents):
            yield _edge(parent, leaf)
    yield _example(target)


@lru_cache(maxsize=10_000)
def _edge(parent: str, leaf: str) -> Way:
    return Way("add_edge", f"workspace/intents.yaml#{parent}", leaf)


@lru_cache(maxsize=10_000)
def _example(target: str) -> Way:
    return Way("add_example", target)


def _records(before: Proposal) -> Iterator[Intervention]:
    """Another, no, several, or one of several records, among the candidates of the fixture."""
    selected = record_ids(before)
    ranked = [str(record.id) for record in before.candidates]
    alike = _alike(before.candidates)
    shares: dict[tuple[str, ...], float] = {(): 1.0}
    for one in ranked[:MOST_CANDIDATES]:
        together = alike[one]
        shares[(one,)] = 1.0 if len(together) == 1 else ALONE_OF_ALIKE
        if 1 < len(together) <= MOST_CANDIDATES:
            shares[together] = 1.0
    for size in range(2, min(len(ranked), MOST_TOGETHER) + 1):
        shares.setdefault(tuple(sorted(ranked[:size])), 1.0)
    shares.pop(selected, None)
    for option, share in shares.items():
        part = share / len(shares)
        yield Intervention(
            "fetch",
            "set_weight",
            "workspace/fetch.yaml",
            Wanted(records=option),
            Forced(records=option),
            part if option else max(part, NO_RECORD),
        )


def _alike(candidates: Sequence[FetchedRecord]) -> dict[str, tuple[str, ...]]:
    """Each record's id with the ids of all that match what it matches, itself among them.

    No weight tells these apart: they are selected together or not at all.
    """
    found: dict[frozenset[str], list[str]] = {}
    for one in candidates:
        found.setdefault(_signals_of(one), []).append(str(one.id))
    return {key: tuple(sorted(ids)) for ids in found.values() for key in ids}


def _signals_of(record: FetchedRecord) -> frozenset[str]:
    return frozenset(label.partition("=")[0] for label in record.matched)


ALONE_OF_ALIKE = 0.3
"""What a record counts for by itself where others match the same: a signal that tells it is missing, too."""

NO_RECORD = 0.25
"""The share of "no record" at least: it is one answer however many records there are."""

MOST_CANDIDATES = 25
"""Records that may be meant; a fixture can hold more, of which none is told from the others."""

MOST_TOGETHER = 4
"""Records that may be meant together."""


def _actions(feedback: Feedback, before: Proposal, catalog: Catalog) -> Iterator[Intervention]:
    """Another reply with its tool calls: the tree's own, the present one changed, those of other trees."""
    if is_other(before.leaf) or before.leaf not in catalog.workspace.plan_trees:
        return
    present = present_action(before, catalog)
    own = {a.deed: a for a in catalog.own[before.leaf]}
    near = list(_changed_calls(present, catalog)) if present else []
    target = catalog.workspace.plan_trees[before.leaf].path
    now = (before.reply.template, tool_names(before))
    size = max(1, len(own) - 1)
    # What could not be carried out is not mended by asking for the same again.
    failed = present if meant_branch(before) is not None else None
    wished = [one for one in expected_actions(feedback, before, catalog) if one != present]
    for action in wished:
        yield _planned(before, target, action, SPELT_OUT)
    near = [action for action in near if action not in wished]
    own = {key: action for key, action in own.items() if action not in wished}
    foreign = {key: action for key, action in catalog.usual.items() if action not in wished}
    for key, action in own.items():
        if key != now and action != failed:
            yield _planned(before, target, action, 0.5 / size)
    told = {action.deed for action in near} | own.keys() | {now}
    left = {key: one for key, one in _left_behind(own.values(), catalog).items() if key not in told}
    for action in left.values():
        yield _planned(before, target, action, LEFT_BEHIND / len(left))
    foreign = {key: action for key, action in foreign.items() if key not in left}
    same = {now} | ({present.deed} if present else set())
    for action in near:
        # Other arguments of the branch's own calls, also of one that could not be made.
        if action.deed not in own.keys() - same:
            yield _planned(before, target, action, 0.3 / len(near))
    rest = {key: action for key, action in foreign.items() if key not in told}
    used = {key: max(1, catalog.trees.get(key, 1)) for key in rest}
    for key, action in rest.items():
        # What most trees have and this one lacks is likelier than what one other tree has.
        yield _planned(before, target, action, 0.4 * used[key] / sum(used.values()))


SPELT_OUT = 0.3
"""The share of an action that staff spell out whole: as much as of all that are near the present one."""


def _planned(before: Proposal, target: str, action: Action, share: float) -> Intervention:
    wanted = Wanted(leaf=before.leaf, reply=action.reply, tools=action.tool_names)
    forced = Forced(branch=before.branch, reply=action.reply, tools=action.tools)
    return Intervention("plan", "add_branch", target, wanted, forced, share, action)


def present_action(before: Proposal, catalog: Catalog) -> Action | None:
    """What the branch that answered says."""
    tree = catalog.workspace.plan_trees.get(before.leaf)
    for branch in flat_branches(tree.branches) if tree else ():
        if branch.id == before.branch and branch.reply:
            return Action(branch.reply, branch.tools)
    return None


LEFT_BEHIND, MOST_LEFT_BEHIND = 0.3, 12
"""The share of all actions with a tool that nothing calls, as much as of all near the present one; and how
many there may be: where there are more, tools are simply not in use."""


def _left_behind(own: Iterable[Action], catalog: Catalog) -> dict[tuple[str, tuple[str, ...]], Action]:
    """Tools that nothing calls, as this tree's branches would call them: a branch that went leaves its tool.

    With a reply that comes with tools here, and with the templates that no tree uses.
    """
    replies = dict.fromkeys([*(one.reply for one in own if one.tools), *sorted(catalog.unused)])
    calls = [call for tool in catalog.uncalled if (call := usual_call(tool, catalog))]
    found = [Action(reply, (call,)) for reply in replies for call in calls]
    return {one.deed: one for one in found} if len(found) <= MOST_LEFT_BEHIND else {}


def _changed_calls(present: Action, catalog: Catalog) -> Iterator[Action]:
    """The present action with one call less, one more, or one argument changed."""
    for n, call in enumerate(present.tools):
        rest = (*present.tools[:n], *present.tools[n + 1 :])
        yield Action(present.reply, rest)
        for other in catalog.other_arguments(call):
            yield Action(present.reply, (*present.tools[:n], other, *present.tools[n + 1 :]))
    called = set(present.tool_names)
    for tool in catalog.workspace.tools:
        call_of = usual_call(tool, catalog) if tool not in called else None
        if call_of:
            yield Action(present.reply, (*present.tools, call_of))


def expected_actions(feedback: Feedback, before: Proposal, catalog: Catalog) -> Iterator[Action]:
    """The action `expected` spells out; arguments it does not give come from the tool's other calls.

    Without a reply in it, the one that was given stays.
    """
    expected = feedback.expected or {}
    reply = expected.get("reply", before.reply.template)
    name = reply.get("template") if isinstance(reply, Mapping) else reply
    if name not in catalog.workspace.templates or "tools" not in expected:
        return
    named: list[Any] = list(expected["tools"])
    asked = [{"name": one} if isinstance(one, str) else one for one in named]
    given = Told.of(catalog.workspace, catalog.calls, feedback, before)
    calls = [_spelt_call(one, given, catalog) for one in asked if one["name"] in catalog.workspace.tools]
    yield Action(str(name), tuple(calls))


def _spelt_call(one: Mapping[str, Any], given: Told, catalog: Catalog) -> ToolCall:
    """A call that comes out with the arguments staff gave for one ticket, else as the tool is called."""
    usual = usual_call(one["name"], catalog) if one.get("args") is None else None
    return usual or given.call(one["name"], one.get("args") or {})


def replay_all(
    pipeline: Pipeline, feedback: Feedback, before: Proposal, found: Sequence[Intervention], whole: bool
) -> list[Outcome]:
    """What each intervention leads to, by replaying the steps below it on the fixture.

    Another action leads to its own words, so it is only rendered where those are asked about (`whole`).
    """
    fixture = feedback.fixture
    forced = [
        (one.fixture or fixture, one.forced) for one in found if one.forced and (whole or not _is_known(one))
    ]
    replayed = iter(pipeline.replay_many(forced))
    return [
        Outcome(
            one,
            before
            if one.forced is None
            else next(replayed)
            if whole or not _is_known(one)
            else _as_said(before, one),
        )
        for one in found
    ]


def _is_known(one: Intervention) -> bool:
    return one.action is not None


def _as_said(before: Proposal, one: Intervention) -> Proposal:
    """The proposal with another action, its text and arguments as written."""
    assert one.action is not None
    calls = tuple([ToolCallMade(call.name, call.args) for call in one.action.tools])
    return replace(before, reply=Reply(one.action.reply, ""), tools=calls)
