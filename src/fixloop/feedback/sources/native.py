"""fixloop's own feedback format: JSON Lines, one piece of feedback a line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from fixloop.errors import BadInput
from fixloop.feedback.incoming import BadRow, Incoming
from fixloop.feedback.lines import MOST_BYTES, Line, read_lines
from fixloop.feedback.model import Outcome, Reason
from fixloop.pipeline.ticket import parse_json_line, parse_ticket, sound_json
from fixloop.workspace.text import did_you_mean, named, shown

_LEAF = r"^[a-z][a-z0-9_]*(\.other)?$"


def _moment(text: str) -> str:
    """A moment as RFC 3339 in UTC; one without an offset is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no time such as 2026-11-20T09:12:00Z") from None
    return moment.isoformat().replace("+00:00", "Z")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


NonEmpty = Annotated[str, Field(min_length=1)]
Leaf = Annotated[str, Field(pattern=_LEAF)]
FieldValues = dict[str, dict[str, list[str]]]


class ReplyModel(_Strict):
    """An expected reply that says more than a template's name."""

    template: NonEmpty | None = None
    contains: list[NonEmpty] = []
    excludes: list[NonEmpty] = []
    text: str | None = None


class ToolModel(_Strict):
    """An expected tool call with some of its arguments."""

    name: NonEmpty
    args: dict[str, Any] = {}


class ExpectedModel(_Strict):
    """What should have happened, in the shape of a pipeline case's `expect`; names need not exist yet."""

    leaf: Leaf | None = None
    path: list[Leaf] | None = None
    fields: FieldValues | None = None
    records: list[NonEmpty] | None = None
    branch: NonEmpty | None = None
    reply: NonEmpty | ReplyModel | None = None
    tools: list[NonEmpty | ToolModel] | None = None
    needs_review: bool | None = None


class RecordedModel(_Strict):
    """A record that was selected."""

    id: str
    score: float = 0.0
    matched: list[str] = []


class SaidModel(_Strict):
    """The reply that was proposed."""

    template: str = ""
    text: str = ""


class ProposalModel(_Strict):
    """A line of `run --json`; what is left out is reproduced."""

    ticket_id: str | None = None
    workspace: str | None = None
    leaf: str | None = None
    path: list[str] | None = None
    scores: dict[str, float] | None = None
    fields: FieldValues | None = None
    rows: dict[str, list[dict[str, Any]]] | None = None
    records: list[RecordedModel] | None = None
    branch: str | None = None
    reply: SaidModel | None = None
    tools: list[ToolModel] | None = None
    needs_review: bool | None = None
    why: list[str] | None = None


class RowModel(_Strict):
    """A line of feedback; the ticket is checked by the pipeline's own reader."""

    ticket: dict[str, Any]
    outcome: Outcome
    comment: str | None = None
    reviewer: NonEmpty
    at: Annotated[str, AfterValidator(_moment)]
    reason: Reason | None = None
    expected: ExpectedModel | None = None
    reply: str | None = None
    proposal: ProposalModel | None = None


def read(stream: BinaryIO) -> Iterator[Incoming | BadRow]:
    """The rows of a stream; a bad one spoils no other."""
    return map(_read_line, read_lines(stream))


def _read_line(line: Line) -> Incoming | BadRow:
    raw = line.data.decode("utf-8", "backslashreplace")
    if line.cut:
        return BadRow(line.number, f"this line is longer than {MOST_BYTES // 2**20} MB", raw)
    try:
        return _read_row(line, raw)
    except BadInput as error:
        return BadRow(line.number, f"{error.message}; {error.mend}" if error.mend else error.message, raw)


def _read_row(line: Line, raw: str) -> Incoming:
    value = parse_json_line(line.data)
    if not isinstance(value, dict):
        raise BadInput(f"a row is a JSON object, not {shown(value)}", mend="write {ticket: …, outcome: …, …}")
    model = _checked(value, escaped=b"\\ud" in line.data.lower())
    ticket = parse_ticket(model.ticket)
    if model.proposal and model.proposal.ticket_id not in (None, ticket.id):
        raise BadInput(f"`proposal` is of ticket {shown(model.proposal.ticket_id)}, not {shown(ticket.id)}")
    return Incoming(
        line=line.number,
        ticket=ticket,
        outcome=model.outcome,
        raw=raw,
        comment=model.comment or "",
        reviewer=model.reviewer,
        at=model.at,
        reason=model.reason,
        expected=_said(model.expected),
        reply=model.reply,
        proposal=model.proposal.model_dump(exclude_unset=True) if model.proposal else None,
    )


def _said(model: BaseModel | None) -> dict[str, Any] | None:
    """What a person wrote: keys that were left out, or null, say nothing."""
    return model.model_dump(exclude_unset=True, exclude_none=True) or None if model else None


# --- what is wrong, in words ----------------------------------------------------------------------------


def _checked(value: Mapping[str, Any], escaped: bool) -> RowModel:
    """The row by its schema; only an `escaped` one can hold halves of surrogate pairs."""
    try:
        return RowModel.model_validate(sound_json(value) if escaped else value)
    except ValidationError as error:
        # Of a choice between a name and a mapping every part fails; the deepest says what was meant.
        worst = max(
            error.errors(include_url=False), key=lambda one: (one["type"] == "missing", len(one["loc"]))
        )
        raise _complaint(worst["type"], worst["loc"], worst["msg"], worst["input"]) from None
    except RecursionError:
        raise BadInput("this row is nested too deeply") from None


def _complaint(kind: str, loc: Sequence[str | int], said: str, got: Any) -> BadInput:
    where = [str(part) for part in loc if str(part) not in _CHOICES]
    if kind == "missing":
        return BadInput(f"there is no {named('.'.join(where))}")
    if kind == "extra_forbidden":
        return BadInput(f"there is no key {named('.'.join(where))}", mend=did_you_mean(where[-1], _KEYS))
    said = said.removeprefix("Value error, ")
    if kind in ("model_type", "dict_type"):
        said = "must be a mapping"
    if kind == "string_pattern_mismatch":
        said = "a leaf is named like account_locked or payments.other"
    return BadInput(f"{named('.'.join(where))}: {said[:1].lower()}{said[1:]}, got {shown(got)}")


_MODELS = (RowModel, ExpectedModel, ReplyModel, ToolModel, ProposalModel, RecordedModel, SaidModel)
_KEYS = frozenset(key for model in _MODELS for key in model.model_fields)
_CHOICES = frozenset({"constrained-str", "str", "ReplyModel", "ToolModel"})
