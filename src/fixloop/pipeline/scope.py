"""What conditions, templates and tool arguments see: one set of paths for all three."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from fixloop.pipeline.fetch import Fetched, Fields
from fixloop.pipeline.rows import MISSING, Missing, walk
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import Row


class Unavailable:
    """The type of UNAVAILABLE."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


UNAVAILABLE: Final = Unavailable()
"""A `record.` path while not exactly one record is selected."""

Getter = Callable[["Scope"], Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """One ticket at the plan step; `groups` are the declared field groups: a template may ask for any."""

    ticket: Ticket
    fields: Fields
    fetched: Fetched
    groups: Mapping[str, Mapping[str, Any]]

    @property
    def record(self) -> Row | None:
        """The record, when exactly one is selected."""
        records = self.fetched.records
        return records[0].row if len(records) == 1 else None

    def variables(self) -> dict[str, Any]:
        """The names a template may use; `record` only when there is exactly one."""
        found: dict[str, Any] = {
            "ticket": ticket_view(self.ticket),
            "fields": {**self.groups, **self.fields},
            "fetched": _fetched_view(self.fetched),
            "records": [record.row for record in self.fetched.records],
        }
        if self.record is not None:
            found["record"] = self.record
        return found


def ticket_view(ticket: Ticket) -> dict[str, Any]:
    """The ticket as paths see it; `text` is what the pipeline reads, also of a conversation."""
    return {**ticket.to_json(), "text": ticket.customer_text, "meta": ticket.meta}


def _fetched_view(fetched: Fetched) -> dict[str, Any]:
    return {"count": fetched.count, "top_score": fetched.top_score, "margin": fetched.margin}


@lru_cache(maxsize=4096)
def compile_path(path: str) -> Getter:
    """A function from a scope to the value at a path, MISSING, or UNAVAILABLE."""
    root, *segments = path.split(".")
    if root == "record":
        return _record_getter(segments)
    if root == "fields" and len(segments) == 2:
        return _field_getter(*segments)
    if root == "fetched" and len(segments) == 1 and segments[0] in ("count", "top_score", "margin"):
        name = segments[0]
        return lambda scope: getattr(scope.fetched, name)
    return _GETTERS.get(root, _nothing)(segments)


def _record_getter(segments: list[str]) -> Getter:
    def get(scope: Scope) -> Any:
        row = scope.record
        return UNAVAILABLE if row is None else walk(row, segments)

    return get


def _field_getter(group: str, name: str) -> Getter:
    def get(scope: Scope) -> Any:
        values = scope.fields.get(group)
        return (values.get(name) if values else None) or MISSING

    return get


def _ticket_getter(segments: list[str]) -> Getter:
    return lambda scope: walk(ticket_view(scope.ticket), segments)


def _fields_getter(segments: list[str]) -> Getter:
    return lambda scope: walk(scope.fields, segments)


def _records_getter(segments: list[str]) -> Getter:
    return lambda scope: walk([record.row for record in scope.fetched.records], segments)


def _nothing(segments: list[str]) -> Callable[[Scope], Missing]:
    return lambda scope: MISSING


_GETTERS: Mapping[str, Callable[[list[str]], Getter]] = {
    "ticket": _ticket_getter,
    "fields": _fields_getter,
    "records": _records_getter,
}
