import json
import subprocess
import sys

import pytest

from fixloop.errors import BadInput
from fixloop.pipeline.ticket import Attachment, Message, Ticket, parse_ticket, parse_ticket_line


def test_the_customer_s_messages_are_read_joined_then_attachments() -> None:
    ticket = parse_ticket(
        {
            "id": "T-1",
            "messages": [
                {"from": "customer", "text": "locked"},
                {"from": "staff", "text": "which one?"},
                {"from": "customer", "text": "KTR05821"},
            ],
            "attachments": [{"name": "a.txt", "text": "scan"}],
            "meta": {"tier": 2},
        }
    )
    assert ticket.customer_text == "locked\nKTR05821\nscan"
    assert ticket.meta == {"tier": 2}


@pytest.mark.parametrize(
    "ticket",
    [
        Ticket("T-1", "hello"),
        Ticket("T-1", "", language="de", at="2026-11-20T09:12:00Z"),
        Ticket("T-1"),
        Ticket("T-1", attachments=(Attachment("n", "t"),)),
        Ticket(
            "T-1", messages=(Message("customer", "x"),), attachments=(Attachment("n", "t"),), meta={"a": [1]}
        ),
    ],
)
def test_a_ticket_survives_its_json(ticket: Ticket) -> None:
    assert parse_ticket(ticket.to_json()) == ticket
    assert parse_ticket_line(json.dumps(ticket.to_json()).encode()) == ticket


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"text": "x"}, "id"),
        ({"id": 7, "text": "x"}, "id"),
        ({"id": "", "text": "x"}, "id"),
        ({"id": "T"}, "either `text` or `messages`"),
        ({"id": "T", "text": "x", "messages": []}, "either `text` or `messages`"),
        ({"id": "T", "text": "x", "colour": 1}, "colour"),
        ({"id": "T", "messages": [{"from": "robot", "text": "x"}]}, "messages.0.from"),
        ({"id": "T", "text": None, "messages": None}, "either `text` or `messages`"),
        ([1], "ticket"),
    ],
)
def test_a_bad_ticket_is_named(value: object, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_ticket(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line", [b"{", b"\xff", b"[" * 100_000, b'{"id": "T", "text": "x", "meta": {"a": NaN}}', b"3"]
)
def test_a_bad_line_is_refused(line: bytes) -> None:
    with pytest.raises(BadInput):
        parse_ticket_line(line)


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert parse_ticket_line(b'{"id": "T", "text": "a\\ud83d"}').text == "a\ufffd"
    assert parse_ticket_line(b'{"id": "T", "text": "\\ud83e\\udd8a"}').text == "🦊"


def test_a_plain_ticket_does_not_load_the_schema() -> None:
    code = (
        "import sys; from fixloop.pipeline.compile import compile_pipeline; "
        "from fixloop.pipeline.ticket import parse_ticket_line; "
        """parse_ticket_line(b'{"id": "T", "text": "x"}'); """
        "print({'pydantic', 'jinja2', 'numpy', 'sklearn'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
