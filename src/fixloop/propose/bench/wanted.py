"""What a piece of feedback asks for, as a predicate over proposals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fixloop.evals.expect import fields_meet, tools_meet
from fixloop.pipeline.fixture import fields_json
from fixloop.pipeline.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Wanted:
    """The outcome staff wanted; None means "no opinion". `contains`/`excludes` are on the rendered reply.

    `calls` are tool calls with the arguments that matter; `fields` are values that must be read.
    """

    leaf: str | None = None
    records: tuple[str, ...] | None = None
    reply: str | None = None
    tools: tuple[str, ...] | None = None
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    calls: tuple[Mapping[str, Any], ...] | None = None
    fields: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None

    def met_by(self, proposal: Proposal) -> bool:
        """Whether a proposal is what was wanted, in everything there is an opinion on."""
        text = proposal.reply.text
        return (
            (self.leaf is None or proposal.leaf == self.leaf)
            and (self.records is None or record_ids(proposal) == tuple(sorted(self.records)))
            and (self.reply is None or proposal.reply.template == self.reply)
            and (self.tools is None or tool_names(proposal) == tuple(sorted(self.tools)))
            and all(part in text for part in self.contains)
            and not any(part in text for part in self.excludes)
            and (self.calls is None or tools_meet(self.calls, proposal.tools))
            and (self.fields is None or fields_meet(self.fields, proposal.fields, exact=False))
        )

    def to_expect(self) -> dict[str, Any]:
        """The same as a pipeline case's `expect`."""
        reply: Any = self.reply
        if self.contains or self.excludes:
            reply = {"template": self.reply} if self.reply else {}
            reply |= {"contains": list(self.contains)} if self.contains else {}
            reply |= {"excludes": list(self.excludes)} if self.excludes else {}
        pairs = {
            "leaf": self.leaf,
            "records": list(self.records) if self.records is not None else None,
            "reply": reply,
            "tools": list(self.tools) if self.tools is not None else None,
            "fields": fields_json(self.fields) if self.fields is not None else None,
        }
        if self.calls is not None:
            pairs["tools"] = [dict(call) for call in self.calls]
        return {key: value for key, value in pairs.items() if value is not None}


def record_ids(proposal: Proposal) -> tuple[str, ...]:
    """The ids of the selected records, sorted."""
    return tuple(sorted(str(record.id) for record in proposal.records))


def tool_names(proposal: Proposal) -> tuple[str, ...]:
    """The names of the tools a proposal calls, sorted."""
    return tuple(sorted(tool.name for tool in proposal.tools))


def satisfied_share(expected: Mapping[str, Any], proposal: Proposal) -> float:
    """The share of an `expected` that a proposal satisfies, 0…1 (1 for an empty one)."""
    checks = [_holds(key, value, proposal) for key, value in expected.items()]
    return sum(checks) / len(checks) if checks else 1.0


def _holds(key: str, value: Any, proposal: Proposal) -> bool:
    if key == "leaf":
        return bool(proposal.leaf == value)
    if key == "records":
        return record_ids(proposal) == tuple(sorted(str(one) for one in value))
    if key == "reply":
        return _reply_holds(value, proposal)
    if key == "tools":
        return tools_meet(value, proposal.tools)
    if key == "fields":
        return all(
            set(values) <= set(proposal.fields.get(group, {}).get(name, ()))
            for group, fields in value.items()
            for name, values in fields.items()
        )
    return True


def _reply_holds(value: Any, proposal: Proposal) -> bool:
    if isinstance(value, str):
        return bool(proposal.reply.template == value)
    text = proposal.reply.text
    return (
        value.get("template") in (None, proposal.reply.template)
        and all(part in text for part in value.get("contains", ()))
        and not any(part in text for part in value.get("excludes", ()))
        and value.get("text") in (None, text)
    )
