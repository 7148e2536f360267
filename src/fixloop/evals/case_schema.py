"""The shape of a case, checked by hand.

Not pydantic, though files come in here: importing it costs more than reading 3,080 cases, a case has few
keys, and each wrong one deserves its own words. `faults_of` answers a right case in about a microsecond.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from fixloop.errors import BadInput
from fixloop.pipeline.ticket import parse_ticket
from fixloop.workspace.text import did_you_mean, named

_ID_LENGTH = 200


class Fault(NamedTuple):
    """What is wrong inside one case, and at which keys."""

    at: tuple[str | int, ...]
    message: str
    mend: str
    severity: str = "error"


Faults = tuple[Fault, ...]
Check = Callable[[Any], Faults]
FINE: Faults = ()


class Shape(NamedTuple):
    """The keys a mapping may have, each with its check, and those it must have."""

    keys: Mapping[str, Check]
    required: tuple[str, ...] = ()
    what: str = "a case"

    def faults(self, value: Any) -> Faults:
        """Everything wrong with a mapping of this shape; the empty tuple for a right one."""
        if type(value) is not dict:
            return (Fault((), f"{self.what} is a mapping, not {_kind(value)}", f"write {self._example()}"),)
        found: Faults = FINE
        for key, item in value.items():
            check = self.keys.get(key)
            wrong = check(item) if check else self._unknown(key)
            if wrong:
                found += tuple(Fault((key, *fault.at), *fault[1:]) for fault in wrong)
        for key in self.required:
            if key not in value:
                found += (
                    Fault(
                        (),
                        f"{self.what} has no {named(key)}",
                        f"add `{key}: …`; {self.what} is {self._example()}",
                    ),
                )
        return found

    def _unknown(self, key: Any) -> Faults:
        return (Fault((), f"{self.what} has no key {named(key)}", did_you_mean(key, self.keys)),)

    def _example(self) -> str:
        keys = self.required or tuple(self.keys)
        return "{" + ", ".join(f"{key}: …" for key in keys) + "}"


def faults_of(suite: str, spec: Any) -> Faults:
    """What is wrong with a case of a suite; empty when nothing is."""
    faults = _CASES[suite].faults(spec)
    return faults if faults or suite in _ANYTHING else _can_fail(suite, spec)


# --- single values --------------------------------------------------------------------------------------


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _wrong(wanted: str, value: Any) -> Faults:
    return (Fault((), f"this is {_kind(value)}, where {wanted} belongs", f"write {wanted}"),)


def _text(value: Any) -> Faults:
    if type(value) is str and value.strip():
        return FINE
    return _wrong("a text that is not empty", value)


def _any_text(value: Any) -> Faults:
    return FINE if type(value) is str else _wrong("a text", value)


def _boolean(value: Any) -> Faults:
    return FINE if type(value) is bool else _wrong("true or false", value)


def _number(value: Any) -> Faults:
    return FINE if type(value) in (int, float) else _wrong("a number", value)


def _mapping(value: Any) -> Faults:
    return FINE if type(value) is dict else _wrong("a mapping", value)


def _id(value: Any) -> Faults:
    """Ids are shown in terminals and pages, and compared by eye: printable, on one line, not endless."""
    if type(value) is not str or not value or len(value) > _ID_LENGTH:
        return _wrong(f"a text of 1 to {_ID_LENGTH} characters", value)
    if value.isprintable() and value == value.strip():
        return FINE
    return (Fault((), "an id has no invisible characters and no space around it", "retype it by hand"),)


_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.other)?")


def _leaf(value: Any) -> Faults:
    if type(value) is str and _NAME.fullmatch(value):
        return FINE
    return _wrong("a leaf's id, such as account_locked or payments.other", value)


def _list_of(check: Check, what: str) -> Check:
    def checked(value: Any) -> Faults:
        if type(value) is not list:
            return _wrong(f"a list of {what}", value)
        return tuple(Fault((index, *f.at), *f[1:]) for index, item in enumerate(value) for f in check(item))

    return checked


def _map_of(check: Check, what: str) -> Check:
    def checked(value: Any) -> Faults:
        if type(value) is not dict:
            return _wrong(f"a mapping of {what}", value)
        return tuple(Fault((key, *f.at), *f[1:]) for key, item in value.items() for f in check(item))

    return checked


def _either(check: Check, shape: Shape) -> Check:
    """A name, or a mapping that says more."""
    return lambda value: shape.faults(value) if type(value) is dict else check(value)


# --- the parts cases are made of ------------------------------------------------------------------------

_TEXTS = _list_of(_text, "texts")
_ROWS = _list_of(_mapping, "records")
_FIELDS = _map_of(_map_of(_TEXTS, "fields, each with its list of values"), "field groups")
_REPLY_SHAPE = Shape(
    {"template": _text, "contains": _TEXTS, "excludes": _TEXTS, "text": _any_text}, what="an expected reply"
)
_TOOL_SHAPE = Shape({"name": _text, "args": _mapping}, ("name",), "an expected tool call")
_REPLY = _either(_text, _REPLY_SHAPE)
_TOOLS = _list_of(_either(_text, _TOOL_SHAPE), "tools")

_ANSWER: Mapping[str, Check] = {"branch": _text, "reply": _REPLY, "tools": _TOOLS, "needs_review": _boolean}
_OUTCOME = Shape(
    {"leaf": _leaf, "path": _list_of(_leaf, "intents"), "fields": _FIELDS, "records": _TEXTS, **_ANSWER},
    what="an expected outcome",
)


def _ticket(value: Any) -> Faults:
    """A ticket is whatever the pipeline takes for one."""
    try:
        parse_ticket(value)
    except BadInput as error:
        return (Fault((), error.message, error.mend),)
    return FINE


def _part_of_ticket(value: Any) -> Faults:
    """A plan case says of its ticket only what conditions and templates read."""
    if type(value) is not dict:
        return _wrong("a mapping", value)
    return _ticket({"id": "-", **({} if "messages" in value else {"text": ""}), **value})


_COMMON: Mapping[str, Check] = {
    "id": _id,
    "rows": _map_of(_ROWS, "sources, each with its list of records"),
    "protect": _boolean,
    "note": _any_text,
    "source": _any_text,
}


def _case(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Shape:
    return Shape({**_COMMON, **required, **(optional or {})}, ("id", *required), "a case")


def _end_to_end() -> Shape:
    return _case({"ticket": _ticket, "expect": _OUTCOME.faults}, {"exact": _boolean})


_CASES: Mapping[str, Shape] = {
    "intent": _case({"text": _text, "expect": _leaf}),
    "extraction": _case({"text": _text, "expect": _FIELDS}, {"exact": _boolean}),
    "fetch": _case(
        {
            "fields": _FIELDS,
            "expect": Shape({"records": _TEXTS}, ("records",), "a fetch case's `expect`").faults,
        }
    ),
    "plan": _case(
        {"leaf": _leaf, "expect": Shape(_ANSWER, what="a plan case's `expect`").faults},
        {
            "fields": _FIELDS,
            "records": _ROWS,
            "ticket": _part_of_ticket,
            "fetched": Shape({"top_score": _number, "margin": _number}, what="`fetched`").faults,
        },
    ),
    "pipeline": _end_to_end(),
    "known_good": _end_to_end(),
    "fallback": _end_to_end(),
}

# --- a case that no pipeline can fail -------------------------------------------------------------------

_ANYTHING = frozenset({"intent", "fetch"})
"""Suites whose `expect` always says something."""


def _can_fail(suite: str, spec: Mapping[str, Any]) -> Faults:
    """A case that holds whatever comes out guards nothing, and counts as a pass for ever."""
    expect, exact = spec["expect"], spec.get("exact", False)
    fields = expect if suite == "extraction" else expect.get("fields", {})
    keyed = () if suite == "extraction" else ("expect",)
    if not expect and not (suite == "extraction" and exact):
        return (
            Fault(("expect",), "`expect` says nothing: this case can never fail", "say what should come out"),
        )
    empty = () if exact else tuple(_empty_values(fields))
    at = ("expect", "fields") if keyed else ("expect",)
    faults = tuple(
        Fault((*at, *path), "an empty list is met by any values", "add `exact: true`, or leave the field out")
        for path in empty
    )
    return faults + tuple(_empty_parts(expect) if suite != "extraction" else ())


def _empty_values(fields: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for group, below in fields.items():
        if not below:
            yield (group,)
        yield from ((group, name) for name, values in below.items() if not values)


def _empty_parts(expect: Mapping[str, Any]) -> Iterable[Fault]:
    reply = expect.get("reply")
    says = reply if isinstance(reply, str) else any(key in (reply or {}) for key in ("template", "text"))
    parts = reply if isinstance(reply, dict) else {}
    if reply is not None and not says and not parts.get("contains") and not parts.get("excludes"):
        yield Fault(("expect", "reply"), "this expected reply says nothing", "name a template or a text")
