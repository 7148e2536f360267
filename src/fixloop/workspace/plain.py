"""What is plainly right, read without pydantic: importing it takes longer than reading one plan tree.

Nothing is said here of what is wrong, or only may be: that is left to the schema, whose word counts. What is
taken here the schema takes too, as the same values.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
LEAF_PATTERN = r"^(?:[a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$"
BRANCH_PATTERN = r"^(?:[a-z][a-z0-9_]*|b-[0-9a-f]{8})$"

T = TypeVar("T")


class PlainCall(NamedTuple):
    """As `schema.CallFile`."""

    name: str
    args: dict[str, Any]


class PlainBranch(NamedTuple):
    """As `schema.BranchFile`."""

    id: str | None
    when: Any
    reply: str | None
    tools: "list[PlainCall]"
    review: str | None
    branches: "list[PlainBranch]"


class PlainTree(NamedTuple):
    """As `schema.PlanTreeFile`."""

    leaf: str
    owner: str
    stability: str
    branches: list[PlainBranch]


class PlainExample(NamedTuple):
    """As `schema.ExampleLine`."""

    text: str
    source: str


class _NotPlain(Exception):
    """It may be wrong: the schema decides."""


def plain_tree(value: Any) -> PlainTree | None:
    """A plan tree file's value, or None where the schema has to look at it."""
    try:
        return _tree(value)
    except (_NotPlain, RecursionError):
        return None


def plain_example(line: bytes) -> PlainExample | None:
    """One line of examples, or None where the schema has to look at it."""
    try:
        value = json.loads(line.decode(), object_pairs_hook=_once)
        _must(type(value) is dict and value.keys() <= {"text", "source"})
        text, source = value.get("text"), value.get("source", "")
        _must(_is_text(text) and _is_text(source) and bool(text.strip()))
    except (_NotPlain, ValueError, RecursionError):
        return None
    return PlainExample(text, source)


def _tree(value: Any) -> PlainTree:
    _must(type(value) is dict and value.keys() <= {"leaf", "owner", "stability", "branches"})
    leaf, owner, stability = value.get("leaf"), value.get("owner", ""), value.get("stability", "open")
    _must(_matches(LEAF_PATTERN, leaf) and _is_text(owner))
    _must(stability in ("open", "guarded", "frozen"))
    branches = _list(value.get("branches"), _branch)
    _must(bool(branches))
    return PlainTree(leaf, owner, stability, branches)


def _branch(value: Any) -> PlainBranch:
    _must(type(value) is dict and value.keys() <= set(PlainBranch._fields))
    own_id, reply, review = value.get("id"), value.get("reply"), value.get("review")
    _must(own_id is None or _matches(BRANCH_PATTERN, own_id))
    _must(reply is None or _matches(ID_PATTERN, reply))
    _must(review in (None, "always"))
    tools, branches = _list(value.get("tools", []), _call), _list(value.get("branches", []), _branch)
    return PlainBranch(own_id, value.get("when"), reply, tools, review, branches)


def _call(value: Any) -> PlainCall:
    _must(type(value) is dict and value.keys() <= set(PlainCall._fields))
    name, args = value.get("name"), value.get("args")
    args = {} if args is None else args
    _must(_matches(ID_PATTERN, name) and type(args) is dict and all(map(_is_text, args)))
    return PlainCall(name, args)


def _list(value: Any, read: Callable[[Any], T]) -> list[T]:
    _must(type(value) is list)
    return [read(item) for item in value]


def _matches(pattern: str, value: Any) -> bool:
    return type(value) is str and re.fullmatch(pattern, value) is not None


def _is_text(value: Any) -> bool:
    # Printable leaves out lone surrogates, which pydantic refuses; a line's end is only unusual.
    return type(value) is str and value.isprintable()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    _must(len(value) == len(pairs))
    return value


def _must(holds: bool) -> None:
    if not holds:
        raise _NotPlain
