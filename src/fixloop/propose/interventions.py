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
    intent      add_leaf        workspace/intents.yaml
                a leaf there is not yet. add_leaf
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
                a case that contradicts what several staff say. fix_case, retire_case
    none        none            nothing is wrong, a one-off, or mended meanwhile
    none        several         several intents in one ticket
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.wanted import Wanted, record_ids, tool_names
from fixloop.workspace.model import Branch, PlanTree, ToolCall, Workspace, is_other


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


@dataclass(frozen=True, slots=True)
class Intervention:
    """One forced change; `share` is its part of its step's prior. The table above says what each kind has."""

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

    @property
    def key(self) -> tuple[Any, ...]:
        """Two rejections with one key ask for the same change."""
        wanted = self.wanted
        if self.step in ("fetch", "template"):
            return (self.step, self.target)
        if self.step == "extraction":
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


def usual_actions(actions: Mapping[str, Sequence[Action]]) -> dict[tuple[str, tuple[str, ...]], Action]:
    """Each (reply, tool names) with the arguments most trees give it, ties by their canonical form."""
    counts: dict[tuple[str, tuple[str, ...]], Counter[Action]] = {}
    for leaf in sorted(actions):
        for action in actions[leaf]:
            counts.setdefault((action.reply, action.tool_names), Counter())[action] += 1
    return {
        key: min(found, key=lambda action: (-found[action], canonical_json(action.to_json())))
        for key, found in sorted(counts.items())
    }


def _tree_actions(tree: PlanTree) -> tuple[Action, ...]:
    found = (Action(branch.reply, branch.tools) for branch in flat_branches(tree.branches) if branch.reply)
    kept: dict[tuple[str, tuple[str, ...]], Action] = {}
    for action in found:
        kept.setdefault((action.reply, action.tool_names), action)
    return tuple(kept.values())


def interventions(
    feedback: Feedback, before: Proposal, workspace: Workspace, other_leaf_shares: dict[str, float]
) -> list[Intervention]:
    """All of them for one rejection, "nothing" first.

    `other_leaf_shares` is the engine's opinion of the ticket over all leaves; the present one is left out.
    """
    found = [Intervention("none", "none", "", Wanted(), None, 1.0)]
    found += _leaves(before, workspace, other_leaf_shares)
    found += _records(before)
    found += _actions(feedback, before, workspace)
    if before.reply.template in workspace.templates:
        target = f"workspace/templates.yaml#{before.reply.template}"
        found.append(Intervention("template", "edit_template", target, Wanted(leaf=before.leaf), None, 1.0))
    return found


def _leaves(before: Proposal, workspace: Workspace, shares: dict[str, float]) -> Iterator[Intervention]:
    """Another leaf, for every leaf there is, and a leaf there is not yet."""
    others = {leaf: share for leaf, share in shares.items() if leaf != before.leaf}
    floor = 0.3 / max(1, len(others))
    total = sum(others.values()) or 1.0
    for leaf, share in others.items():
        target = f"workspace/examples/{leaf}.jsonl"
        within = floor + 0.7 * share / total
        yield Intervention("intent", "add_example", target, Wanted(leaf=leaf), Forced(leaf=leaf), within)
    # What an `other` could not answer may well be new; what a leaf answered seldom is.
    yield Intervention(
        "intent", "add_leaf", "workspace/intents.yaml", Wanted(), None, 1.0 if is_other(before.leaf) else 0.2
    )


def _records(before: Proposal) -> Iterator[Intervention]:
    """Another, no, or one of several records, among the candidates of the fixture."""
    selected = record_ids(before)
    options: list[tuple[str, ...]] = [(str(record.id),) for record in before.candidates] + [()]
    options = [option for option in options if option != selected]
    for option in options:
        wanted = Wanted(records=option)
        yield Intervention(
            "fetch", "set_weight", "workspace/fetch.yaml", wanted, Forced(records=option), 1 / len(options)
        )


def _actions(feedback: Feedback, before: Proposal, workspace: Workspace) -> Iterator[Intervention]:
    """Another reply with its tool calls: the tree's own actions first, then those of every other tree."""
    if is_other(before.leaf) or before.leaf not in workspace.plan_trees:
        return
    present = (before.reply.template, tool_names(before))
    actions = all_actions(workspace)
    own = {(a.reply, a.tool_names): a for a in actions[before.leaf]}
    foreign = usual_actions(actions)
    foreign |= {
        (a.reply, a.tool_names): a for a in expected_actions(feedback, workspace, list(foreign.values()))
    }
    target = workspace.plan_trees[before.leaf].path
    for key, action in {**foreign, **own}.items():
        if key == present:
            continue
        share = 0.5 / max(1, len(own) - 1) if key in own else 0.5 / max(1, len(foreign))
        wanted = Wanted(leaf=before.leaf, reply=action.reply, tools=action.tool_names)
        forced = Forced(reply=action.reply, tools=action.tools)
        yield Intervention("plan", "add_branch", target, wanted, forced, share, action)


def expected_actions(feedback: Feedback, workspace: Workspace, known: Iterable[Action]) -> Iterator[Action]:
    """The action `expected` spells out; arguments come from the tool's other calls."""
    expected = feedback.expected or {}
    reply = expected.get("reply")
    name = reply.get("template") if isinstance(reply, Mapping) else reply
    if name not in workspace.templates or "tools" not in expected:
        return
    wanted = [tool if isinstance(tool, str) else tool["name"] for tool in expected["tools"]]
    calls = [usual_call(tool, workspace, known) for tool in wanted if tool in workspace.tools]
    yield Action(str(name), tuple(call for call in calls if call))


def usual_call(tool: str, workspace: Workspace, known: Iterable[Action]) -> ToolCall | None:
    """How the workspace calls a tool elsewhere, else with required arguments from like-named columns."""
    for action in known:
        for call in action.tools:
            if call.name == tool:
                return call
    columns = {
        column for source in workspace.fetch.sources.values() for column in (*source.fields, source.id)
    }
    required = workspace.tools[tool].args.get("required", [])
    if not set(required) <= columns:
        return None
    return ToolCall(tool, {name: f"{{{{ record.{name} }}}}" for name in required})


def replay_all(
    pipeline: Pipeline, feedback: Feedback, before: Proposal, found: Sequence[Intervention]
) -> list[Outcome]:
    """What each intervention leads to, by replaying the steps below it on the fixture."""
    fixture = feedback.fixture
    forced = [(fixture, one.forced) for one in found if one.forced is not None]
    replayed = iter(pipeline.replay_many(forced))
    return [Outcome(one, next(replayed) if one.forced is not None else before) for one in found]
