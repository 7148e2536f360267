"""Whose value it is that a new text holds: one on record, or one that ingest put into a ticket."""

from collections.abc import Mapping
from typing import Any

import pytest

from fixloop.feedback.model import Feedback
from fixloop.gate.copied import Owners, masked, named_in, texts_between
from tests.support.worlds import build_workspace, minimal_world

TAUGHT = "workspace/examples/account_locked.jsonl"
TEMPLATES = "workspace/templates.yaml"
TEXT = "my account NSB01234 is locked again"
ROW = {"account_id": "a9", "account_number": "NSB01234"}


def ticket(**proposal: Any) -> Feedback:
    return Feedback("fb-1", "native", {"id": "T-1", "text": TEXT}, "rejected", proposal=proposal)


def named(stored: Feedback, files: Mapping[str, str]) -> list[str]:
    """Where the change that these files make would name somebody."""
    base, result = build_workspace(), build_workspace({**minimal_world(), **files})
    found = [
        [
            f"{one.said.where} {masked(one.value)}"
            for one in named_in(base, texts_between(base, result), Owners(base, [stored], index=index))
        ]
        for index in (False, True)
    ]
    assert found[0] == found[1]
    return found[0]


def taught(text: str) -> dict[str, str]:
    return {TAUGHT: minimal_world()[TAUGHT] + f'{{"text": "{text}"}}\n'}


@pytest.mark.parametrize(
    "proposal",
    [{"rows": {"accounts": [ROW]}}, {"fields": {"account": {"account_number": ["NSB01234"]}}}],
    ids=["row", "field"],
)
def test_a_redacted_ticket_may_be_taught_though_its_surrogate_is_somebodys_number(proposal: Any) -> None:
    """Where nearly all numbers are taken, nearly every surrogate is one that somebody has."""
    assert named(ticket(**proposal), taught(TEXT)) == []


@pytest.mark.parametrize(
    ("stored", "files"),
    [
        (ticket(), taught(TEXT)),
        (ticket(rows={"accounts": [{**ROW, "account_number": "KLM20418"}]}), taught(TEXT)),
        (ticket(rows={"accounts": [ROW]}), taught("NSB01234 is locked")),
        (ticket(rows={"accounts": [{**ROW, "branch": "NSB01234", "account_number": ""}]}), taught(TEXT)),
    ],
    ids=["no fixture", "another in the fixture", "another text", "no personal column"],
)
def test_a_number_on_record_is_not_taught(stored: Feedback, files: Mapping[str, str]) -> None:
    assert named(stored, files) == [f"{TAUGHT} ns…"]


def test_a_rejections_value_becomes_no_reply() -> None:
    """Neither the number on record nor the surrogate: a reply goes to everybody."""
    for number, row in (("NSB01234", ROW), ("ZZZ99999", {**ROW, "account_number": "ZZZ99999"})):
        said = minimal_world()[TEMPLATES].replace("of the payee.", f"of the payee, not {number}.")
        found = named(ticket(rows={"accounts": [row]}), {TEMPLATES: said})
        assert found == [f"{TEMPLATES}#transfer_help {masked(number.lower())}"]
