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

from dataclasses import dataclass, field
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.pipeline.compile import Forced
from fixloop.pipeline.fixture import Fixture
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.readings.actions import Action


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


NEW_LEAF = Intervention("intent", "add_leaf", "workspace/intents.yaml", Wanted(), None, 1.0)
"""A leaf there is not yet."""
