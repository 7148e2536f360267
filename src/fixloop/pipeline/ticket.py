"""A ticket: what a customer sent, checked once where it comes in."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from fixloop.errors import BadInput
from fixloop.workspace.text import shown

_SIMPLE_KEYS = frozenset({"id", "text", "language", "at"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; `sender` is `customer` or `staff`."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment, already text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a customer sent: either `text` or `messages`, attachments, metadata."""

    id: str
    text: str | None = None
    messages: tuple[Message, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None
    at: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def customer_text(self) -> str:
        """What the pipeline reads: the customer's messages joined, then the attachments."""
        if self.text is not None and not self.attachments:
            return self.text
        parts = [self.text] if self.text is not None else []
        parts += [message.text for message in self.messages if message.sender == "customer"]
        parts += [attachment.text for attachment in self.attachments]
        return "\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The mapping it came from, without what is empty."""
        value: dict[str, Any] = {"id": self.id}
        value |= {
            key: getattr(self, key) for key in ("at", "language", "text") if getattr(self, key) is not None
        }
        if self.text is None:  # also where nobody has written yet: one of the two is needed
            value["messages"] = [{"from": one.sender, "text": one.text} for one in self.messages]
        if self.attachments:
            value["attachments"] = [{"name": one.name, "text": one.text} for one in self.attachments]
        if self.meta:
            value["meta"] = dict(self.meta)
        return value


def parse_ticket(value: Mapping[str, Any]) -> Ticket:
    """A ticket from a mapping; the common shape does not load the schema at all.

    Raises:
        BadInput: a key is unknown, missing or of another type; the message names it.
    """
    if isinstance(value, Mapping) and _is_simple(value):
        sound = {key: _sound_text(text) for key, text in value.items()}
        return Ticket(sound["id"], sound["text"], language=sound.get("language"), at=sound.get("at"))
    from pydantic import ValidationError

    from fixloop.pipeline.ticket_schema import TicketModel

    try:
        model = TicketModel.model_validate(sound_json(value))
    except ValidationError as error:
        raise _bad_ticket(value, error.errors()[0]) from None
    except RecursionError:
        raise BadInput("a ticket is nested too deeply", mend="flatten its `meta`") from None
    return Ticket(
        id=model.id,
        text=model.text,
        messages=tuple(Message(one.sender, one.text) for one in model.messages or ()),
        attachments=tuple(Attachment(one.name, one.text) for one in model.attachments),
        language=model.language,
        at=model.at,
        meta=model.meta,
    )


def parse_ticket_line(line: bytes) -> Ticket:
    """A ticket from one line of JSON.

    Raises:
        BadInput: the line is not JSON, or not a ticket.
    """
    return parse_ticket(parse_json_line(line))


def parse_json_line(line: bytes) -> Any:
    """The value of one line of JSON; numbers are finite, as JSON has them.

    Raises:
        BadInput: the line is not UTF-8, or not JSON.
    """
    try:
        return _DECODER.decode(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 at byte {error.start}", mend="save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not a line of JSON: {error}", mend="write one JSON object a line") from None


def _is_simple(value: Mapping[str, Any]) -> bool:
    if not (value.keys() <= _SIMPLE_KEYS and value.get("id") and "text" in value):
        return False
    return all(type(text) is str for text in value.values())


def _bad_ticket(value: Any, error: Mapping[str, Any]) -> BadInput:
    where = ".".join(str(part) for part in error["loc"] if part != "TicketModel")
    said = error["msg"].removeprefix("Value error, ")
    got = "" if error["type"] in ("missing", "value_error") else f", got {shown(error.get('input'))}"
    name = value.get("id") if isinstance(value, Mapping) else None
    of = f" {shown(name)}" if isinstance(name, str) else ""
    return BadInput(
        f"ticket{of}: {where + ': ' if where else ''}{said}{got}",
        mend="a ticket is {id, text | messages: [{from, text}], at?, language?, attachments?, meta?}",
    )


# --- text that cannot be written back as UTF-8 ----------------------------------------------------------


def sound_json(value: Any) -> Any:
    """The value with every text sound; JSON can smuggle in halves of surrogate pairs."""
    if isinstance(value, str):
        return _sound_text(value)
    if isinstance(value, Mapping):
        return {sound_json(key): sound_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [sound_json(part) for part in value]
    return value


def _sound_text(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
