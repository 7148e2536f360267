"""How a plan would say what staff gave as an argument of a call, for one ticket.

What staff give is one customer's, and a plan is for everybody: a value that the ticket's record or fields
have becomes their path, said as other calls say it. What stands in the ticket's text, or is personal, is
never written as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.detectors import personal_values
from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import personal_rules, texts_in
from fixloop.feedback.spelling import canonical, has_digit
from fixloop.pipeline.conditions import typed_equal
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.rows import values_at
from fixloop.propose.words.ticket_values import in_words
from fixloop.workspace.model import ToolCall, Workspace

Calls = Mapping[str, Sequence[ToolCall]]
"""The distinct calls of each tool in a workspace, most used first."""

_PATH = re.compile(
    r"\{\{\s*(?:(record\.[\w.]+)|(fields\.[^\s.|{}]+\.[^\s.|{}]+)(?:\.0|\s*\|\s*first)?)\s*\}\}"
)
_MARK = re.compile(r"\w+(?:[\w.@+-]*\w)?")
_FEWEST_SIGNS = 4
"""Shorter values are alike by chance, however they are spelt."""


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket with what it gives: its text, and path to value of its record and fields."""

    workspace: Workspace
    calls: Calls
    text: str
    values: Mapping[str, Any]
    personal: frozenset[str]

    @classmethod
    def of(cls, workspace: Workspace, calls: Calls, feedback: Feedback, before: Proposal) -> "Told":
        """What one rejected ticket gives."""
        values = _values_by_path(before)
        text = feedback.fixture.ticket.customer_text
        return cls(workspace, calls, text, values, frozenset(_personal_signs(workspace, before)))

    def call(self, tool: str, args: Mapping[str, Any]) -> ToolCall:
        """A call that comes out with these arguments, without those that nothing here says.

        What the tool needs and staff did not give is said as elsewhere.
        """
        said: dict[str, Sequence[Any]]
        said = {name: self._written(tool, name, value) for name, value in args.items()}
        own = self.calls.get(tool, ())[:1]
        for name in required(self.workspace, tool):
            usual = [call.args[name] for call in own if name in call.args]
            said.setdefault(name, usual or usual_argument(self.workspace, self.calls, name))
        return ToolCall(tool, {name: found[0] for name, found in sorted(said.items()) if found})

    def _written(self, tool: str, arg: str, value: Any) -> Sequence[Any]:
        """How a plan would say a value: as other calls do, by a path, as it is; [] where nothing may."""
        elsewhere = [call.args[arg] for call in self.calls.get(tool, ()) if arg in call.args]
        listed = _is_listed(value, self._schema(tool, arg))
        same = [path for path, held in self.values.items() if _same(held, value)]
        known = [one for one in elsewhere if typed_equal(one, value) or path_of(one) in same]
        if known:
            return known[:1]
        if paths := _likeliest(arg, value, same, listed):
            return [as_said(paths[0], self.calls)]
        other = [one for one in elsewhere if isinstance(one, str) and "{{" in one and "record." not in one]
        if other:
            return other[:1]
        if listed or not self._is_somebodys(value):
            return [value]
        return [one for one in usual_argument(self.workspace, self.calls, arg) if path_of(one) in self.values]

    def _schema(self, tool: str, arg: str) -> Mapping[str, Any]:
        known = self.workspace.tools.get(tool)
        found = known.args.get("properties", {}).get(arg, {}) if known else {}
        return found if isinstance(found, Mapping) else {}

    def _is_somebodys(self, value: Any) -> bool:
        """Whether a value stands in the ticket's text, or is a person's."""
        if isinstance(value, bool) or value is None:
            return False
        if isinstance(value, int | float):
            return in_words(str(value), self.text)
        return any(self._is_of_customer(text) for text in texts_in(value))

    def _is_of_customer(self, text: str) -> bool:
        if in_words(text, self.text) or any(personal_values(text)):
            return True
        return any(map(self._is_own, (text, *_MARK.findall(text))))

    def _is_own(self, mark: str) -> bool:
        """Whether something is on a record that may be meant, or a number of the ticket, however spelt."""
        rules, signs = personal_rules(self.workspace), canonical(mark)
        if len(signs) < _FEWEST_SIGNS or signs in rules.kept_words | rules.ordinary:
            return False
        number = has_digit(signs) and signs in canonical(self.text)
        return number or signs in self.personal or signs in rules.on_record


def paths_given(before: Proposal) -> frozenset[str]:
    """The paths of a ticket's record and fields that have a value."""
    return frozenset(_values_by_path(before))


def _values_by_path(before: Proposal) -> dict[str, Any]:
    """Path to the value of a column or to the first of a field."""
    row = before.records[0].row if len(before.records) == 1 else {}
    values = {f"record.{column}": held for column, held in row.items() if held is not None}
    for group, fields in before.fields.items():
        values |= {f"fields.{group}.{name}": found[0] for name, found in fields.items() if found}
    return values


def usual_argument(workspace: Workspace, calls: Calls, arg: str) -> list[str]:
    """The path that an argument of a name is given by any tool's calls, else by its name; at most one.

    By its name: a column that is called so, or the only field.
    """
    said = Counter(
        path for found in calls.values() for call in found if (path := path_of(call.args.get(arg)))
    )
    if said:
        return [as_said(min(said, key=lambda path: (-said[path], path)), calls)]
    sources = workspace.fetch.sources.values()
    if any(arg in source.fields or arg == source.id for source in sources):
        return [f"{{{{ record.{arg} }}}}"]
    fields = [rule.path for rule in workspace.extraction if rule.path.rpartition(".")[2] == arg]
    return [as_said(f"fields.{fields[0]}", calls)] if len(fields) == 1 else []


def required(workspace: Workspace, tool: str) -> Sequence[str]:
    """The arguments that a tool cannot do without."""
    known = workspace.tools.get(tool)
    return tuple(known.args.get("required", ())) if known else ()


def untold(workspace: Workspace, call: ToolCall) -> list[str]:
    """The arguments that a call lacks and cannot do without, sorted."""
    return sorted(set(required(workspace, call.name)) - call.args.keys())


def path_of(value: Any) -> str:
    """The path that an argument is and nothing else, of a field's first value the field's; else ''."""
    found = _PATH.fullmatch(value) if isinstance(value, str) else None
    return (found[1] or found[2]) if found else ""


def as_said(path: str, calls: Calls) -> str:
    """A path as an argument, a field's first value in the way that this workspace's calls have it."""
    if path.startswith("record."):
        return f"{{{{ {path} }}}}"
    said = [one for found in calls.values() for call in found for one in call.args.values()]
    first = [one for one in said if isinstance(one, str) and path_of(one).startswith("fields.")]
    same = [one for one in first if path_of(one) == path]
    if same:
        return same[0]
    filtered = sum("|" in one for one in first)
    return f"{{{{ {path} | first }}}}" if 2 * filtered > len(first) else f"{{{{ {path}.0 }}}}"


def _likeliest(arg: str, value: Any, same: Sequence[str], listed: bool) -> list[str]:
    """The paths that a value may be meant by, that of the argument's own name first, then columns."""
    own = [path for path in same if path.rpartition(".")[2] == arg]
    if not isinstance(value, str):
        # Numbers are alike by chance, and what is extracted is a text.
        return [path for path in own if path.startswith("record.")]
    rest = [path for path in same if path not in own and (path.startswith("record.") or not listed)]
    return [*own, *sorted(rest, key=lambda path: (path.startswith("fields."), path))]


def _same(held: Any, value: Any) -> bool:
    """Whether a value is what a record or field has, as far as letters and digits tell."""
    if isinstance(held, bool | list | dict) or isinstance(value, bool | list | dict):
        return False
    if str(held) == str(value):
        return True
    signs = canonical(str(value))
    return len(signs) >= _FEWEST_SIGNS and has_digit(signs) and canonical(str(held)) == signs


def _is_listed(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a tool lists a value among those that it takes: then it is nobody's."""
    listed = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
    return any(typed_equal(value, one) for one in listed)


def _personal_signs(workspace: Workspace, before: Proposal) -> Iterator[str]:
    """The personal values of all records that the ticket could mean, however they are spelt."""
    rules = personal_rules(workspace)
    for source, rows in before.rows.items():
        for row in rows:
            for column in rules.columns.get(source, ()):
                for value in (*values_at(row, [column]), *texts_in(row.get(column))):
                    if isinstance(value, str) and len(signs := canonical(value)) >= _FEWEST_SIGNS:
                        yield signs
