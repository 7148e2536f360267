"""What replay works on instead of the live sources, and the single-step changes it can force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.pipeline.extraction import fields_from
from fixloop.pipeline.fetch import Fields
from fixloop.pipeline.ticket import Ticket
from fixloop.workspace.model import Row, ToolCall


@dataclass(frozen=True, slots=True)
class Fixture:
    """One ticket with what was extracted from it and the rows its lookups returned.

    Replay extracts again, so that a changed rule shows; the recorded `fields` stand in for words of the
    sources' vocabularies, whose rows may be gone, and are the answer themselves where an extraction engine is
    not deterministic. `rows` None means the live sources (a case without rows).
    """

    ticket: Ticket
    fields: Fields | None = None
    rows: Mapping[str, tuple[Row, ...]] | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields and rows, as `run --json` has them; the ticket is kept beside."""
        return {"fields": fields_json(self.fields or {}), "rows": rows_json(self.rows or {})}


@dataclass(frozen=True, slots=True)
class Forced:
    """Single-step interventions, None where nothing is forced; the steps below a forced one are replayed.

    `leaf` skips step one. `fields` replaces all extracted values. `records` selects by id among the
    candidates (`()` selects none; scores and margin stay what they are). `branch` is taken whether its
    condition holds or not; `reply`, `tools` and `template_text` replace what the branch says.
    """

    leaf: str | None = None
    fields: Mapping[str, Mapping[str, Sequence[str]]] | None = None
    records: tuple[str, ...] | None = None
    branch: str | None = None
    reply: str | None = None
    tools: tuple[ToolCall, ...] | None = None
    template_text: str | None = None


NOT_FORCED = Forced()


def parse_fixture(ticket: Ticket, value: Mapping[str, Any]) -> Fixture:
    """A fixture from the `fields` and `rows` of a recorded proposal; its other keys are ignored."""
    fields = value.get("fields")
    rows = value.get("rows")
    return Fixture(
        ticket,
        None if fields is None else fields_from(fields),
        None if rows is None else {source: tuple(found) for source, found in rows.items()},
    )


def fields_json(fields: Fields) -> dict[str, Any]:
    """Field values with lists for tuples."""
    return {group: {name: list(values) for name, values in found.items()} for group, found in fields.items()}


def rows_json(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Rows with lists for tuples."""
    return {source: list(found) for source, found in rows.items()}
