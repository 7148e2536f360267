"""What an expectation asks of an answer. Comparisons are typed as JSON is: true is not 1, and 1 is 1.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fixloop.pipeline.conditions import typed_equal

if TYPE_CHECKING:
    from fixloop.pipeline.proposal import Reply, ToolCallMade

FieldValues = Mapping[str, Mapping[str, Sequence[str]]]


def fields_meet(expected: FieldValues, got: FieldValues, exact: bool) -> bool:
    """Every expected value was found; exact: and no other value, in any field."""
    wanted, found = _value_set(expected), _value_set(got)
    return wanted == found if exact else wanted <= found


def _value_set(fields: FieldValues) -> set[tuple[str, str, str]]:
    return {
        (group, name, value)
        for group, named in fields.items()
        for name, values in named.items()
        for value in values
    }


def records_meet(expected: Sequence[str], got: Sequence[str]) -> bool:
    """The selected set, in any order, none more and none less."""
    return set(expected) == set(got)


def reply_step(expected: Any, reply: Reply) -> str:
    """Where a reply went wrong: "plan" for another template, "template" for its text, "" when it is right.

    A text is compared whole but for the space around it: YAML's block scalars end in a line break.
    """
    wanted = {"template": expected} if isinstance(expected, str) else expected
    if wanted.get("template", reply.template) != reply.template:
        return "plan"
    text = reply.text
    if "text" in wanted and wanted["text"].strip() != text.strip():
        return "template"
    has_all = all(part in text for part in wanted.get("contains", ()))
    return "" if has_all and not any(part in text for part in wanted.get("excludes", ())) else "template"


def tools_meet(expected: Sequence[Any], got: Sequence[ToolCallMade]) -> bool:
    """Each call was expected and each expectation called, in any order; [] means no call at all.

    A pairing, not a count: `[refund, {name: refund, args: {amount: 5}}]` needs two calls, one of them of 5.
    """
    return len(expected) == len(got) and _can_pair([_callers(tool, got) for tool in expected])


def all_called(expected: Sequence[Any], got: Sequence[ToolCallMade]) -> bool:
    """Each expectation has a call of its own; calls beyond them are no matter."""
    return _can_pair([_callers(tool, got) for tool in expected])


def _callers(tool: Any, got: Sequence[ToolCallMade]) -> list[int]:
    """Which calls an expected tool (a name, or name and some arguments) would accept."""
    name, args = (tool, {}) if isinstance(tool, str) else (tool["name"], tool.get("args", {}))
    return [i for i, call in enumerate(got) if call.name == name and _has_args(args, call.args)]


def _has_args(expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return all(key in got and typed_equal(value, got[key]) for key, value in expected.items())


def _can_pair(choices: Sequence[Iterable[int]]) -> bool:
    """Whether everyone gets a choice of their own (augmenting paths: Kuhn, 1955)."""
    taken: dict[int, int] = {}

    def settle(one: int, tried: set[int]) -> bool:
        for choice in choices[one]:
            if choice not in tried:
                tried.add(choice)
                if choice not in taken or settle(taken[choice], tried):
                    taken[choice] = one
                    return True
        return False

    return all(settle(one, set()) for one in range(len(choices)))
