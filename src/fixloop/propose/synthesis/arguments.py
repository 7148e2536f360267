"""What the calls of a wanted action are made with: as staff say, as here, as elsewhere.

Which tools are called is read from what staff say; with which arguments they seldom say. Other branches
call a tool for their own reasons, so a value is chosen among all that an argument has anywhere by staff's own
words, by those of leaf and reply, and by habit. What nothing but habit tells is a guess, and said to be one.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.evidence.kin import UNHEARD_OF, Kin, kin_of
from fixloop.propose.readings import tree_edits
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.tree_edits import Edit
from fixloop.propose.words.spelt import path_of, paths_given, required, untold
from fixloop.propose.words.words import read_comment, stems
from fixloop.workspace.model import PlanTree, ToolCall, Workspace

AT_HOME = 1.0
"""What a value counts for, in nats, that the tool has elsewhere in the same tree."""

SAID, DESCRIBED = 4.0, 2.0
"""What a value counts for all of whose words staff say, and one that leaf or reply are described with."""


def fitted(
    workspace: Workspace,
    tree: PlanTree,
    member: Diagnosis,
    action: Action,
    kin: Kin,
    said: frozenset[str] = frozenset(),
    of_one_branch: bool = True,
) -> Action:
    """The action with the arguments that suit this leaf, for tools that the branch does not call yet.

    `said` are the stems of what staff say. What they spell out stays. Where several branches answered, no
    branch's calls are what all who were rejected should get.
    """
    action = _with_calls_kept(workspace, member, action, kin) if of_one_branch else action
    called = {call.name for call in member.before.tools}
    if spells_out(member) or all(call.name in called for call in action.tools):
        return action
    suits = _Suits.of(workspace, tree, action, kin, said)
    given = paths_given(member.before)
    calls = [call if call.name in called else suits.call(call, given) for call in action.tools]
    return replace(action, tools=tuple(calls))


def words_of(members: Iterable[Diagnosis]) -> frozenset[str]:
    """The stems of what staff affirm."""
    return frozenset[str]().union(*(read_comment(one.feedback.comment).affirmed for one in members))


def _with_calls_kept(workspace: Workspace, member: Diagnosis, action: Action, kin: Kin) -> Action:
    """The action with the branch's own calls, where its text is one that no tree has.

    Nothing says what is called with such a text; who says of the text alone that it is wrong leaves the
    calls as they are, but for those that he speaks against or that `expected` does not have.
    """
    branch = kin.here.get((member.before.leaf, member.before.branch or ""))
    known = action.reply in kin.tools or action.tools
    if branch is None or known or "tools" in (member.feedback.expected or {}):
        return action
    against = read_comment(member.feedback.comment).negated
    calls = [call for call in branch.tools if not against & _called_by(workspace, call.name)]
    return replace(action, tools=tuple(calls))


def _called_by(workspace: Workspace, tool: str) -> frozenset[str]:
    """The words for a tool."""
    known = workspace.tools.get(tool)
    return stems(tool) | (stems(known.description) if known else frozenset())


def spells_out(member: Diagnosis) -> bool:
    """Whether staff gave the calls with their arguments."""
    return any(not isinstance(tool, str) for tool in (member.feedback.expected or {}).get("tools", ()))


# --- which value ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Suits:
    """What speaks for a value of an argument in one leaf's tree.

    `about` are the words of leaf and reply, `described` those of their descriptions, `own` the tree's calls.
    """

    workspace: Workspace
    kin: Kin
    said: frozenset[str]
    about: frozenset[str]
    described: frozenset[str]
    own: Sequence[ToolCall]

    @classmethod
    def of(
        cls, workspace: Workspace, tree: PlanTree, action: Action, kin: Kin, said: frozenset[str]
    ) -> "_Suits":
        intent, template = workspace.intents.intents.get(tree.leaf), workspace.templates.get(action.reply)
        told = " ".join(one.description for one in (intent, template) if one is not None)
        own = [call for _, branch in tree_edits.walk(tree.branches) for call in branch.tools]
        about = stems(tree.leaf) | stems(action.reply)
        return cls(workspace, kin, said, about, read_comment(told).affirmed, own)

    def call(self, call: ToolCall, given: frozenset[str]) -> ToolCall:
        """The call with each argument as it is likeliest here; one that is not given stays out.

        So does one that the tool can do without and that only what these tickets lack could give: no such
        call would come about.
        """
        needed = required(self.workspace, call.name)
        args: dict[str, Any] = {}
        for arg, present in call.args.items():
            every = [present, *self.listed(call.name, arg), *self.known(call.name, arg)]
            values = [one for one in every if not (path := path_of(one)) or path in given]
            values = values or (every if arg in needed else [])
            scores = [round(self._score(call.name, arg, value), 9) for value in values]
            args |= {arg: values[scores.index(max(scores))]} if values else {}
        return replace(call, args=args)

    def listed(self, tool: str, arg: str) -> Sequence[Any]:
        """The values that the tool lists for an argument."""
        known = self.workspace.tools.get(tool)
        found = known.args.get("properties", {}).get(arg, {}) if known else {}
        return tuple(found.get("enum", ()))

    def known(self, tool: str, arg: str) -> list[Any]:
        """The values that an argument has anywhere."""
        values = (json.loads(one) for one in self.kin.values.get((tool, arg), ()))
        return [value for value in values if value is not None]

    def told(self, tool: str, value: Any) -> float:
        """What words speak for a value, in nats."""
        words = _own_words(tool, value)
        if not words:
            return 0.0
        return (SAID * len(words & self.said) + DESCRIBED * len(words & self.described)) / len(words)

    def is_worded(self, tool: str, value: Any) -> bool:
        """Whether a word of staff, leaf, reply or their descriptions is the value's."""
        return bool(_own_words(tool, value) & (self.said | self.about | self.described))

    def is_at_home(self, tool: str, arg: str, value: Any) -> bool:
        """Whether another branch of the tree calls the tool so."""
        key = canonical_json(value)
        return any(canonical_json(one.args.get(arg)) == key for one in self.own if one.name == tool)

    def _score(self, tool: str, arg: str, value: Any) -> float:
        home = AT_HOME * self.is_at_home(tool, arg, value)
        about = self.about - stems(tool)
        return self.kin.usual(tool, arg, value, about) + home + self.told(tool, value)


def _own_words(tool: str, value: Any) -> frozenset[str]:
    """The words of a value that tell it from others: not those that the tool itself is called by."""
    plain = isinstance(value, str) and "{{" not in value
    return stems(value) - stems(tool) if plain else frozenset()


# --- what is missing --------------------------------------------------------------------------------------


def lacking(workspace: Workspace, action: Action) -> str:
    """What a call of an action cannot do without and nothing says, in words."""
    found = [(call.name, name) for call in action.tools for name in untold(workspace, call)]
    return "; ".join(
        f"nothing says where {tool} gets its {name} from: no column, no field, no other call"
        for tool, name in found
    )


def left_out(mended: Iterable[tuple[Diagnosis, Action]]) -> tuple[str, ...]:
    """The arguments that staff gave and that the calls are made without, in words."""
    found = set()
    for member, action in mended:
        calls = {call.name: call.args for call in action.tools}
        for one in (member.feedback.expected or {}).get("tools", ()):
            given = {} if isinstance(one, str) else one.get("args") or {}
            found |= {(one["name"], arg) for arg in given if arg not in calls.get(one["name"], {arg})}
    return tuple(
        f"{tool} is called without {arg}: nothing says where it comes from for other tickets"
        for tool, arg in sorted(found)
    )


@dataclass(frozen=True, slots=True)
class Guess:
    """One of several values that a tool lists, for which nothing but habit speaks: how sure, and in words."""

    share: float
    words: str


def guesses(bench: Workbench, tree: PlanTree, edit: Edit, members: Sequence[Diagnosis]) -> list[Guess]:
    """The values of new calls that nobody named, in no tree's or text's words."""
    if any(map(spells_out, members)):
        return []
    action = Action(edit.at.reply or "", edit.at.tools)
    suits = _Suits.of(bench.workspace, tree, action, kin_of(bench), words_of(members))
    return [guess for call in _new_calls(edit) for guess in _guesses_of(suits, call)]


def _new_calls(edit: Edit) -> Iterator[ToolCall]:
    """The calls that an edit adds."""
    for one in edit.operations:
        if one.op == "add_tool":
            yield ToolCall(one.args["tool"]["name"], one.args["tool"].get("args", {}))
        elif one.op == "add_branch":
            yield from edit.at.tools


def _guesses_of(suits: _Suits, call: ToolCall) -> Iterator[Guess]:
    for arg, value in call.args.items():
        listed = suits.listed(call.name, arg)
        if len(listed) < 2 or suits.is_at_home(call.name, arg, value) or suits.is_worded(call.name, value):
            continue
        counts = suits.kin.values.get((call.name, arg), Counter[str]())
        weights = {key: UNHEARD_OF + counts[key] for key in map(canonical_json, (*listed, value))}
        others = " or ".join(str(one) for one in listed if one != value)
        yield Guess(
            weights[canonical_json(value)] / sum(weights.values()),
            f"nobody has said which {arg} {call.name} is called with: {value} is a guess, it may be {others}",
        )
