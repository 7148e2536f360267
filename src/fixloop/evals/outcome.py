"""Judging an outcome part by part, in the order of the steps, so that a failure names where it began."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from fixloop.evals.expect import (
    FieldValues,
    ReplyLike,
    ToolCallLike,
    fields_json,
    fields_meet,
    records_meet,
    reply_step,
    tools_meet,
)


class HasId(Protocol):
    """A record that was found."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


class Planned(Protocol):
    """What the last step answers."""

    @property
    def branch(self) -> str | None:
        """The branch's id."""
        ...

    @property
    def reply(self) -> ReplyLike | None:
        """The reply."""
        ...

    @property
    def tools(self) -> Sequence[ToolCallLike]:
        """The tool calls."""
        ...

    @property
    def needs_review(self) -> bool:
        """Whether a person must look at it."""
        ...


class Proposed(Planned, Protocol):
    """What all four steps answer."""

    @property
    def leaf(self) -> str:
        """The leaf."""
        ...

    @property
    def path(self) -> Sequence[str]:
        """The intents from the root's child down to the leaf."""
        ...

    @property
    def fields(self) -> FieldValues:
        """The extracted values."""
        ...

    @property
    def records(self) -> Sequence[HasId]:
        """The selected records."""
        ...


class Part(NamedTuple):
    """One part of an expectation: the step it went wrong at, or "" when it is right, and what came out."""

    name: str
    step: str
    got: Any


def proposed_parts(expect: Mapping[str, Any], got: Proposed, exact: bool = False) -> Iterator[Part]:
    """The parts of `expect` that the first three steps answer, then the plan's."""
    if "leaf" in expect:
        yield Part("leaf", "" if got.leaf == expect["leaf"] else "intent", got.leaf)
    if "path" in expect:
        path = list(got.path)
        yield Part("path", "" if path == expect["path"] else "intent", path)
    if "fields" in expect:
        right = fields_meet(expect["fields"], got.fields, exact)
        yield Part("fields", "" if right else "extraction", fields_json(got.fields))
    if "records" in expect:
        ids = [record.id for record in got.records]
        yield Part("records", "" if records_meet(expect["records"], ids) else "fetch", ids)
    yield from planned_parts(expect, got)


def planned_parts(expect: Mapping[str, Any], got: Planned) -> Iterator[Part]:
    """The parts of `expect` that the plan answers; a template's text comes last."""
    if "branch" in expect:
        yield Part("branch", "" if got.branch == expect["branch"] else "plan", got.branch)
    reply = Part("reply", reply_step(expect["reply"], got.reply), _reply(got)) if "reply" in expect else None
    if reply and reply.step != "template":
        yield reply
    if "tools" in expect:
        yield Part("tools", "" if tools_meet(expect["tools"], got.tools) else "plan", _tools(got))
    if "needs_review" in expect:
        right = got.needs_review is expect["needs_review"]
        yield Part("needs_review", "" if right else "plan", got.needs_review)
    if reply and reply.step == "template":
        yield reply


def first_wrong(parts: Sequence[Part]) -> str:
    """The step of the first part that is wrong, or "" when all are right."""
    return next((part.step for part in parts if part.step), "")


def _reply(got: Planned) -> Mapping[str, Any] | None:
    return None if got.reply is None else {"template": got.reply.template, "text": got.reply.text}


def _tools(got: Planned) -> list[dict[str, Any]]:
    return [{"name": call.name, "args": dict(call.args)} for call in got.tools]
