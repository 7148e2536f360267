"""Every single-step change that could explain a rejection, and what the pipeline would answer with it.

An intervention is an *outcome* forced at one step: the ticket is that leaf's, a value is in the text, that
record is meant, this reply and these tools are right here, this text is out of date. Which operation brings
the outcome about for good (threshold, edge or example; a branch, its condition, place or reply) no single
replay tells, so it never splits an outcome's probability: an intervention carries its `options`, likeliest
first, and synthesis takes the first that stands. `kind` and `target` name the family, whichever option is
taken. A line a family: step, kind, target; what it carries; its options.

    intent      add_example     workspace/examples/<leaf>.jsonl
                `wanted.leaf`. set_threshold (the leaf was the best and was held back), add_edge (the text
                goes down a parent that does not lead to it), remove_example (`Way.text` lies in another leaf
                and is of this one), add_example
    intent      add_edge        workspace/intents.yaml#<intent>
                `wanted.leaf`, which no way from the root leads to: <intent> is where it is cut off. add_edge
    intent      set_threshold   workspace/intents.yaml#thresholds.<level>
                `wanted.leaf` was the best and was held back, and so were others at this level (`causes`)
    intent      add_leaf        workspace/intents.yaml
                a leaf there is not yet, answered by the fallback or (`action`) by a template that no tree
                uses: a leaf that went leaves its texts behind. add_leaf
    extraction  add_pattern     workspace/extraction.yaml#<group.field>
                `value`, and `wanted.records` where they are known. set_variants, add_value, add_pattern
    extraction  remove_pattern  workspace/extraction.yaml#<group.field>
                `value` with `dropped`. remove_pattern, set_variants
    fetch       set_weight      workspace/fetch.yaml
                `wanted.records`. set_weight, set_threshold, add_signal
    plan        add_branch      plan_trees/<leaf>.yaml
                `action`: reply, tools with their arguments. set_reply, add_tool, remove_tool, set_tool_arg,
                set_condition, move_branch, remove_branch, add_branch
    template    edit_template   workspace/templates.yaml#<name>
                `correction` where staff wrote the reply as it should be. edit_template
    eval_data   fix_case        evals/<suite>/#<id>
                a case that contradicts what several staff say, found where a fix falls for it alone
                (`contradicted`). fix_case, retire_case
    none        none            nothing is wrong, a one-off, or mended meanwhile
    none        several         several intents in one ticket, told by its parts (`several`)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.fetch import FetchedRecord
from fixloop.pipeline.fixture import Fixture
from fixloop.pipeline.proposal import Proposal, Reply, ToolCallMade
from fixloop.propose.bench.failed import failed_template, meant_branch
from fixloop.propose.bench.wanted import Wanted, record_ids, tool_names
from fixloop.propose.words.spelt import Told, required, usual_argument
from fixloop.workspace.model import Branch, IntentDag, PlanTree, ToolCall, Workspace, is_other


@dataclass(frozen=True, slots=True)
class Action:
    """What a branch does: a template and tool calls."""

    reply: str
    tools: tuple[ToolCall, ...] = ()

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """As a branch has it."""
        return {"reply": self.reply, "tools": [{"name": t.name, "args": dict(t.args)} for t in self.tools]}

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The tools' names, sorted."""
        return tuple(sorted(tool.name for tool in self.tools))

    @property
    def deed(self) -> tuple[str, tuple[str, ...]]:
        """Its reply and its tools' names: what it does, whatever it calls them with."""
        return self.reply, self.tool_names


@dataclass(frozen=True, slots=True)
class Way:
    """One operation that would bring an outcome about: its name, its target, and the text it is about."""

    kind: str
    target: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that should have been extracted (or, `dropped`, should not) and the text it was written as."""

    group: str
    field: str
    text: str
    dropped: bool = False

    @property
    def path(self) -> str:
        """`<group>.<field>`."""
        return f"{self.group}.{self.field}"


MOST_TROUBLE = 4.0
"""Log-odds beyond which more tickets of one sort say no more."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """One forced change; `share` is its part of its step's prior. The table above says what each kind has.

    `fixture` is what to replay on where it is not the rejection's own: with the rows that a value names.
    `trouble` is that of tickets with such a value unread at this branch: log-odds of rejected over accepted.
    """

    step: str
    kind: str
    target: str
    wanted: Wanted
    forced: Forced | None
    share: float
    action: Action | None = None
    value: Value | None = None
    correction: str | None = None
    ways: tuple[Way, ...] = ()
    fixture: Fixture | None = field(default=None, compare=False, repr=False)
    trouble: float = field(default=0.0, compare=False)

    @property
    def key(self) -> tuple[Any, ...]:
        """Two rejections with one key ask for the same change."""
        wanted = self.wanted
        if self.step in ("fetch", "template"):
            return (self.step, self.target)
        if self.kind == "add_leaf":
            return (self.step, self.kind, self.target, None, None, None, None)
        if self.step == "extraction" or self.kind in ("set_threshold", "add_edge"):
            return (self.step, self.kind, self.target)
        args = canonical_json(self.action.to_json()["tools"]) if self.action else None
        return (self.step, self.kind, self.target, wanted.leaf, wanted.reply, wanted.tools, args)

    @property
    def place(self) -> tuple[str, str]:
        """What one fault would be in: (step, target). One fault of a tree asks for several outcomes."""
        return (self.step, self.target)

    @property
    def options(self) -> tuple[Way, ...]:
        """The operations to try, likeliest first."""
        return self.ways or (Way(self.kind, self.target),)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An intervention and the proposal it leads to (the rejected one where nothing is forced)."""

    intervention: Intervention
    after: Proposal


def all_actions(workspace: Workspace) -> dict[str, tuple[Action, ...]]:
    """Leaf to the distinct actions of its tree, in order."""
    return {leaf: _tree_actions(tree) for leaf, tree in workspace.plan_trees.items()}


def flat_branches(branches: Sequence[Branch]) -> Iterator[Branch]:
    """Every answering branch, nested ones included, in order."""
    for branch in branches:
        if branch.branches:
            yield from flat_branches(branch.branches)
        else:
            yield branch


def decides(tree: PlanTree) -> bool:
    """Whether a tree ever answers in more than one way."""
    return len(list(flat_branches(tree.branches))) > 1


def usual_actions(actions: Mapping[str, Sequence[Action]]) -> dict[tuple[str, tuple[str, ...]], Action]:
    """Each (reply, tool names) with the arguments most trees give it, ties by their canonical form."""
    counts: dict[tuple[str, tuple[str, ...]], Counter[Action]] = {}
    for leaf in sorted(actions):
        for action in actions[leaf]:
            counts.setdefault(action.deed, Counter())[action] += 1
    return {
        key: min(found, key=lambda action: (-found[action], canonical_json(action.to_json())))
        for key, found in sorted(counts.items())
    }


def _tree_actions(tree: PlanTree) -> tuple[Action, ...]:
    found = (Action(branch.reply, branch.tools) for branch in flat_branches(tree.branches) if branch.reply)
    kept: dict[tuple[str, tuple[str, ...]], Action] = {}
    for action in found:
        kept.setdefault(action.deed, action)
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class Catalog:
    """What there is to force in a workspace, worked out once for all rejections.

    `own` are the actions of each leaf's tree, `usual` those of all trees by (reply, tool names), and every
    template that no tree uses; `calls` the distinct calls of each tool, most used first; `parents` of each
    leaf and `children` of each parent as the DAG has them; `trees` counts the trees with a key of `usual`
    that decide anything; `cut_off` are the leaves that no way from the root leads to, each with the intent at
    the top of what hangs loose.
    """

    workspace: Workspace
    own: Mapping[str, tuple[Action, ...]]
    usual: Mapping[tuple[str, tuple[str, ...]], Action]
    calls: Mapping[str, tuple[ToolCall, ...]]
    unused: frozenset[str]
    parents: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]
    trees: Mapping[tuple[str, tuple[str, ...]], int]
    cut_off: Mapping[str, str]

    @classmethod
    def of(cls, workspace: Workspace) -> "Catalog":
        """The catalog of a workspace."""
        own = all_actions(workspace)
        usual = usual_actions(own)
        used = {reply for reply, _ in usual} | {workspace.config.fallback_reply}
        unused = frozenset(name for name in workspace.templates if name not in used)
        spare: dict[tuple[str, tuple[str, ...]], Action] = {
            (name, ()): Action(name) for name in sorted(unused)
        }
        calls: dict[str, Counter[str]] = {}
        for actions in own.values():
            for action in actions:
                for call in action.tools:
                    calls.setdefault(call.name, Counter())[canonical_json(dict(call.args))] += 1
        return cls(
            workspace,
            own,
            {**usual, **spare},
            {name: _distinct_calls(name, counts) for name, counts in calls.items()},
            unused,
            {str(leaf): workspace.intents.parents_of(leaf) for leaf in workspace.intents.all_leaves},
            workspace.intents.children,
            Counter(
                action.deed
                for leaf, actions in own.items()
                if decides(workspace.plan_trees[leaf])
                for action in actions
            ),
            cut_off_leaves(workspace.intents),
        )

    def left_over(self, tool: str) -> float:
        """How much says of a tool that nothing calls it: one of several that nothing calls says less."""
        return 0.0 if tool in self.calls else 1 / len(self.uncalled)

    @property
    def uncalled(self) -> tuple[str, ...]:
        """The tools that nothing calls."""
        return tuple(tool for tool in self.workspace.tools if tool not in self.calls)

    def other_arguments(self, call: ToolCall) -> Iterator[ToolCall]:
        """The call with one argument as another call has it, as its schema allows, or from another column."""
        known = [one.args for one in self.calls.get(call.name, ())]
        schema = (
            self.workspace.tools[call.name].args.get("properties", {})
            if call.name in self.workspace.tools
            else {}
        )
        for arg in sorted({*call.args, *schema}):
            values = [args[arg] for args in known if arg in args]
            values += schema.get(arg, {}).get("enum", ())
            if arg in self._columns:
                values.append(f"{{{{ record.{arg} }}}}")
            present = canonical_json(call.args.get(arg))
            distinct = {canonical_json(value): value for value in values}
            for name in sorted(distinct):
                if name != present:
                    yield ToolCall(call.name, {**call.args, arg: distinct[name]})

    @property
    def _columns(self) -> frozenset[str]:
        sources = self.workspace.fetch.sources.values()
        return frozenset(column for source in sources for column in (*source.fields, source.id))


def cut_off_leaves(dag: IntentDag) -> dict[str, str]:
    """The leaves that no way from the root leads to, each with the topmost intent above it."""
    reached, waiting = set[str](), ["root"]
    while waiting:
        below = [one for one in dag.children.get(waiting.pop(), ()) if one not in reached]
        reached.update(below)
        waiting += below
    return {str(leaf): _topmost(dag, leaf) for leaf in dag.leaves if leaf not in reached}


def _topmost(dag: IntentDag, leaf: str) -> str:
    """The intent that has no parent any more, above a leaf that is cut off."""
    climbed = [leaf]
    while above := [one for one in dag.parents_of(climbed[-1]) if one not in climbed]:
        climbed.append(above[0])
    return climbed[-1]


def _distinct_calls(name: str, counts: Counter[str]) -> tuple[ToolCall, ...]:
    import json

    return tuple(
        ToolCall(name, json.loads(one)) for one in sorted(counts, key=lambda one: (-counts[one], one))
    )


def interventions(
    feedback: Feedback,
    before: Proposal,
    catalog: Catalog,
    other_leaf_shares: Mapping[str, float],
    values: Iterable[Intervention] = (),
) -> list[Intervention]:
    """All of them for one rejection, "nothing" first.

    `other_leaf_shares` is the engine's opinion of the ticket over all leaves; the present one is left out.
    `values` are those of the extraction step (`unread.unread_values`).
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


NEW_LEAF = Intervention("intent", "add_leaf", "workspace/intents.yaml", Wanted(), None, 1.0)
"""A leaf there is not yet."""


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
        yield Intervention(
            "fetch",
            "set_weight",
            "workspace/fetch.yaml",
            Wanted(records=option),
            Forced(records=option),
            share / len(shares),
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


def usual_call(tool: str, catalog: Catalog) -> ToolCall | None:
    """How the workspace calls a tool, else a call with what it cannot do without, as other tools get it."""
    if tool in catalog.calls:
        return catalog.calls[tool][0]
    workspace = catalog.workspace
    given = {name: usual_argument(workspace, catalog.calls, name) for name in required(workspace, tool)}
    return ToolCall(tool, {name: found[0] for name, found in given.items()}) if all(given.values()) else None


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
