"""The schema of a ticket as it comes in; loaded only for a ticket that is more than id and text."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

NonEmpty = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


class MessageModel(_Strict):
    """One message; only the customer's are read by the pipeline."""

    sender: Literal["customer", "staff"] = Field(alias="from")
    text: str


class AttachmentModel(_Strict):
    """An attachment that somebody has turned into text already."""

    name: str
    text: str


class TicketModel(_Strict):
    """A ticket: exactly one of `text` and `messages`."""

    id: NonEmpty
    text: str | None = None
    messages: list[MessageModel] | None = None
    attachments: list[AttachmentModel] = []
    language: str | None = None
    at: str | None = None
    meta: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_body(self) -> "TicketModel":
        if (self.text is None) == (self.messages is None):
            raise ValueError("needs either `text` or `messages`, not both and not neither")
        return self
