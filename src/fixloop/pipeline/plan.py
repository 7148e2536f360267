"""Step four: the first branch of the leaf's plan tree whose condition holds, its reply and its tool calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fixloop.pipeline.conditions import Compiled, compile_condition
from fixloop.pipeline.fixture import NOT_FORCED, Forced
from fixloop.pipeline.proposal import NO_REPLY, Reply, ToolCallMade
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.templates import CannotRender, render, resolve, text_of
from fixloop.workspace.model import Branch, Template, ToolCall, Workspace


@dataclass(frozen=True, slots=True)
class Planned:
    """What step four decided; `trail` are the branches that held, outermost first, `notes` the reasons."""

    branch: str | None
    reply: Reply
    tools: tuple[ToolCallMade, ...]
    needs_review: bool
    trail: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()


class _Compiled(NamedTuple):
    branch: Branch
    holds: Compiled | None
    below: "tuple[_Compiled, ...]"


class _Action(NamedTuple):
    """What to do: a template, its text if forced, the tools to call, and whether to ask for a review."""

    reply: str
    text: str | None
    tools: tuple[ToolCall, ...]
    review: bool


class Planner:
    """The plan trees, templates and tools of a workspace; a tree is compiled when it is first asked."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._trees: dict[str, tuple[_Compiled, ...]] = {}

    def plan(self, leaf: str, scope: Scope, forced: Forced = NOT_FORCED) -> Planned:
        """The answer for a leaf; never fails: what cannot be answered is handed over for review."""
        trail = self._forced_trail(leaf, forced.branch, scope) if forced.branch else self.trail(leaf, scope)
        if not trail and forced.reply is None:
            return self.hand_over(scope, _no_branch(leaf, leaf in self._workspace.plan_trees))
        try:
            return self._carried_out(_action(trail, forced), trail, scope)
        except CannotRender as error:
            return self.hand_over(scope, error.reason, trail)

    def hand_over(self, scope: Scope, reason: str, trail: tuple[Branch, ...] = ()) -> Planned:
        """The fallback: its reply, no tools, and a person to look at it."""
        name = self._workspace.config.fallback_reply
        notes = [f"fallback: {reason}", "review: every fallback is reviewed"]
        reply = NO_REPLY
        if name is not None:
            try:
                reply = Reply(name, self._text(name, None, scope))
            except CannotRender as error:
                reply = Reply(name, "")
                notes.append(error.reason)
        return Planned(_id_of(trail), reply, (), True, trail, tuple(notes))

    def _carried_out(self, action: _Action, trail: tuple[Branch, ...], scope: Scope) -> Planned:
        reply = Reply(action.reply, self._text(action.reply, action.text, scope))
        tools = tuple([_called(call, scope) for call in action.tools])
        effects = [call.name for call in tools if self._has_side_effects(call.name)]
        notes = [f"review: {name} has side effects" for name in effects]
        if action.review:
            notes.append("review: the branch asks for it")
        return Planned(_id_of(trail), reply, tools, bool(notes) or not trail, trail, tuple(notes))

    def _text(self, name: str, forced: str | None, scope: Scope) -> str:
        template: Template | None = self._workspace.templates.get(name)
        if forced is None and template is None:
            raise CannotRender(f"template {name} is not in workspace/templates.yaml")
        languages = (scope.ticket.language, self._workspace.config.language)
        source = text_of(template, languages) if forced is None and template else forced or ""
        try:
            return render(source, scope)
        except CannotRender as error:
            raise CannotRender(f"template {name}: {error.reason}", error.variable) from None

    def _has_side_effects(self, name: str) -> bool:
        tool = self._workspace.tools.get(name)
        # A tool nobody declared may do anything.
        return tool is None or tool.side_effects

    def trail(self, leaf: str, scope: Scope) -> tuple[Branch, ...]:
        """The branches that hold, outermost first, without rendering what they answer."""
        return _descend(self._tree(leaf), scope)

    def _forced_trail(self, leaf: str, wanted: str, scope: Scope) -> tuple[Branch, ...]:
        for trail, compiled in _each(self._tree(leaf), ()):
            if compiled.branch.id == wanted:
                return (*trail, compiled.branch, *_descend(compiled.below, scope))
        return ()

    def _tree(self, leaf: str) -> tuple[_Compiled, ...]:
        if leaf not in self._trees:
            tree = self._workspace.plan_trees.get(leaf)
            self._trees[leaf] = _compile(tree.branches) if tree else ()
        return self._trees[leaf]


def _compile(branches: Sequence[Branch]) -> tuple[_Compiled, ...]:
    return tuple(
        _Compiled(
            branch, None if branch.when is None else compile_condition(branch.when), _compile(branch.branches)
        )
        for branch in branches
    )


def _descend(branches: Sequence[_Compiled], scope: Scope) -> tuple[Branch, ...]:
    """The branches that hold, outermost first; () when none does, also below a branch that does."""
    for branch, holds, below in branches:
        if holds is None or holds(scope):
            if not below:
                return (branch,)
            inner = _descend(below, scope)
            return (branch, *inner) if inner else ()
    return ()


def _each(
    branches: Sequence[_Compiled], above: tuple[Branch, ...]
) -> Iterator[tuple[tuple[Branch, ...], _Compiled]]:
    for compiled in branches:
        yield above, compiled
        yield from _each(compiled.below, (*above, compiled.branch))


def _action(trail: Sequence[Branch], forced: Forced) -> _Action:
    last = trail[-1] if trail else Branch("")
    return _Action(
        forced.reply if forced.reply is not None else last.reply or "",
        forced.template_text,
        forced.tools if forced.tools is not None else last.tools,
        any(branch.review_always for branch in trail),
    )


def _id_of(trail: Sequence[Branch]) -> str | None:
    return trail[-1].id if trail else None


def _no_branch(leaf: str, has_tree: bool) -> str:
    return f"no branch of {leaf}'s plan tree holds" if has_tree else f"{leaf} has no plan tree"


def _called(call: ToolCall, scope: Scope) -> ToolCallMade:
    try:
        return ToolCallMade(call.name, resolve(call.args, scope))
    except CannotRender as error:
        raise CannotRender(f"tool {call.name}: {error.reason}", error.variable) from None
