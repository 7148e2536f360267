"""What holds for any ticket: a fixture replays its proposal, a batch is its tickets one by one."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.fixture import Forced, parse_fixture
from fixloop.pipeline.proposal import outcome_of
from fixloop.pipeline.ticket import Ticket, parse_ticket, parse_ticket_line
from fixloop.workspace.model import FieldRule
from tests.unit.pipeline import bank

# The hard cases: pattern and vocabulary on one field, twins within a vocabulary, values that overlap.
PIPELINE: Pipeline = bank.pipeline(
    extraction=(
        *bank.rules(),
        FieldRule("twins", "number", values_from="accounts.account_number", variants="confusable"),
        FieldRule(
            "both", "name", (r"\b[A-Z][a-z]+\b",), ("sam",), "accounts.holders.given_name", "confusable"
        ),
        FieldRule("both", "town", (), ("New", "Riverton Bridge", "C++"), "accounts.branch"),
    )
)
WORDS = st.sampled_from(
    [
        *("KTRO5821", "KTR05821", "ktr05821", "KTR09999", "NSB01234", "nsbo1234", "ending", "4711", "0815"),
        *("locked", "access", "transfer", "Alex", "alex", "SAM", "Kim", "José", "jose\u0301", "C++", "C"),
        *(
            "Riverton",
            "riverton",
            "Bridge",
            "St.",
            "St",
            "Ives",
            "New",
            "York",
            "new-york",
            "ß",
            "ﬁ",
            "İ",
            "🦊",
        ),
        "\u0000",
    ]
)
TEXTS = st.lists(WORDS | st.text(max_size=4), max_size=14).map(" ".join)
TICKETS = st.builds(Ticket, st.just("T-1"), TEXTS, language=st.sampled_from([None, "de", "fr"]))


@given(TICKETS)
@settings(deadline=None)
def test_a_fixture_replays_the_proposal_it_came_with(ticket: Ticket) -> None:
    (proposal,) = PIPELINE.propose([ticket])
    assert PIPELINE.replay(proposal.fixture(ticket)) == proposal


@given(TICKETS)
@settings(deadline=None)
def test_a_fixture_survives_its_json(ticket: Ticket) -> None:
    (proposal,) = PIPELINE.propose([ticket])
    recorded = json.loads(json.dumps(proposal.to_json()))
    fixture = parse_fixture(parse_ticket(ticket.to_json()), recorded)
    assert PIPELINE.replay(fixture).outcome == proposal.outcome == outcome_of(recorded)


@given(st.lists(TICKETS, max_size=4))
@settings(deadline=None, max_examples=50)
def test_a_batch_is_its_tickets_one_by_one(tickets: list[Ticket]) -> None:
    assert PIPELINE.propose(tickets) == [proposal for one in tickets for proposal in PIPELINE.propose([one])]


@given(TICKETS)
@settings(deadline=None, max_examples=50)
def test_forcing_what_is_there_already_changes_nothing(ticket: Ticket) -> None:
    (proposal,) = PIPELINE.propose([ticket])
    selected = tuple(record.id for record in proposal.records)
    forced = Forced(fields=proposal.fields, records=selected, branch=proposal.branch)
    assert PIPELINE.replay(proposal.fixture(ticket), forced) == proposal


@given(st.text(max_size=200))
@settings(deadline=None)
def test_extraction_never_raises(text: str) -> None:
    fields = PIPELINE.extract(text)
    assert all(values for found in fields.values() for values in found.values())


@given(
    st.binary(max_size=60)
    | st.text(max_size=40).map(lambda text: json.dumps({"id": "T", "text": text}).encode())
)
def test_any_line_is_a_ticket_or_refused(line: bytes) -> None:
    from fixloop.errors import BadInput

    try:
        ticket = parse_ticket_line(line)
    except BadInput as error:
        assert error.mend
    else:
        ticket.customer_text.encode()
