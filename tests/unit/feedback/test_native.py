import json
from io import BytesIO
from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.feedback.catalog import formats, reader_of
from fixloop.feedback.incoming import BadRow, Incoming
from fixloop.feedback.lines import MOST_BYTES, refuse_no_text
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import NoCache
from tests.support.worlds import build_workspace

GOOD: dict[str, Any] = {
    "ticket": {"id": "T-1", "text": "hello"},
    "outcome": "rejected",
    "reviewer": "staff-7",
    "at": "2026-11-20T09:12:00Z",
}


def read(*lines: bytes | dict[str, Any]) -> list[Incoming | BadRow]:
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(reader_of("native")(BytesIO(b"\n".join(data))))


def one(**more: Any) -> Incoming | BadRow:
    (found,) = read({**GOOD, **more})
    return found


def good(**more: Any) -> Incoming:
    found = one(**more)
    assert isinstance(found, Incoming), found
    return found


def complaint(**more: Any) -> str:
    found = one(**more)
    assert isinstance(found, BadRow)
    return found.message


def test_a_source_is_found_by_being_there() -> None:
    assert "native" in formats()
    with pytest.raises(BadInput, match="no feedback format `natve`"):
        reader_of("natve")


def test_a_row_with_everything() -> None:
    expected = {
        "leaf": "payment_holiday",
        "fields": {"account": {"account_number": ["KTR05821"]}},
        "records": ["a1"],
        "reply": {"template": "x", "contains": ["y"]},
        "tools": ["escalate", {"name": "t", "args": {"n": 1}}],
        "needs_review": True,
    }
    row = good(comment="c", reason="wrong_action", expected=expected, reply="r")
    assert (row.ticket, row.outcome, row.comment) == (Ticket("T-1", "hello"), "rejected", "c")
    assert (row.reason, row.reply, row.expected) == ("wrong_action", "r", expected)


def test_null_says_nothing() -> None:
    row = good(comment=None, reason=None, expected=None, reply=None, proposal=None)
    assert (row.comment, row.reason, row.expected, row.reply, row.proposal) == ("", None, None, None, None)
    assert good(expected={}).expected is None
    assert good(expected={"leaf": None}).expected is None


@pytest.mark.parametrize(
    "at, kept",
    [
        ("2026-11-20T10:12:00+01:00", "2026-11-20T09:12:00Z"),
        ("2026-11-20T09:12:00", "2026-11-20T09:12:00Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
    ],
)
def test_times_are_kept_in_utc(at: str, kept: str) -> None:
    assert good(at=at).at == kept


@pytest.mark.parametrize(
    "more, said",
    [
        ({"ticket": {"id": "", "text": "x"}}, 'ticket "": id'),
        ({"ticket": {"id": "T-1"}}, "needs either `text` or `messages`"),
        (
            {"outcome": "refused"},
            "`outcome`: input should be 'accepted', 'edited' or 'rejected', got \"refused\"",
        ),
        ({"reviewer": ""}, "`reviewer`"),
        ({"at": "yesterday"}, '`at`: is no time such as 2026-11-20T09:12:00Z, got "yesterday"'),
        ({"reason": "bad"}, "`reason`"),
        ({"coment": "x"}, "there is no key `coment`; did you mean `comment`?"),
        ({"expected": {"lef": "x"}}, "there is no key `expected.lef`; did you mean `leaf`?"),
        ({"expected": {"leaf": "Payment Holiday"}}, "`expected.leaf`: a leaf is named like"),
        (
            {"expected": {"reply": {"contain": ["x"]}}},
            "there is no key `expected.reply.contain`; did you mean",
        ),
        ({"expected": "escalate"}, '`expected`: must be a mapping, got "escalate"'),
        ({"expected": {"tools": "escalate"}}, "`expected.tools`"),
        ({"proposal": {"ticket_id": "T-2"}}, '`proposal` is of ticket "T-2", not "T-1"'),
        ({"proposal": {"rows": {"accounts": {}}}}, "`proposal.rows.accounts`"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(more: dict[str, Any], said: str) -> None:
    assert said in complaint(**more)


def test_what_is_missing_is_said() -> None:
    (found,) = read({key: value for key, value in GOOD.items() if key != "reviewer"})
    assert isinstance(found, BadRow) and found.message == "there is no `reviewer`"


def test_a_bad_line_spoils_no_other() -> None:
    lines = [
        json.dumps(GOOD).encode(),
        b"{",
        b"",
        b"[1]",
        b"\xff\xfe",
        b'{"a": NaN}',
        json.dumps(GOOD).encode(),
    ]
    found = read(*lines)
    assert [type(row) for row in found] == [Incoming, BadRow, BadRow, BadRow, BadRow, Incoming]
    assert [row.line for row in found] == [1, 2, 4, 5, 6, 7]
    assert [row.message.partition(";")[0][:28] for row in found if isinstance(row, BadRow)] == [
        "not a line of JSON: Expectin",
        "a row is a JSON object, not ",
        "not UTF-8 at byte 0",
        "not a line of JSON: NaN is n",
    ]


def test_a_gigantic_line_is_refused_and_the_next_one_read() -> None:
    found = read(b'{"x": "' + b"a" * (3 * MOST_BYTES) + b'"}', GOOD)
    assert [type(row) for row in found] == [BadRow, Incoming]
    assert isinstance(found[0], BadRow) and found[0].message == "this line is longer than 1 MB"
    assert len(found[0].raw) <= 1000
    assert found[1].line == 2


def test_line_ends_of_every_system_and_a_byte_order_mark() -> None:
    line = json.dumps(GOOD).encode()
    found = list(reader_of("native")(BytesIO(b"\xef\xbb\xbf" + line + b"\r\n" + line)))
    assert [type(row) for row in found] == [Incoming, Incoming]


def test_deep_nesting_and_halves_of_pairs_are_survived() -> None:
    deep = b'{"ticket": ' + b"[" * 90_000 + b"]" * 90_000 + b"}"
    half = json.dumps({**GOOD, "comment": "x"}).replace('"x"', '"\\ud83d"').encode()
    found = read(deep, half)
    assert isinstance(found[0], BadRow)
    assert isinstance(found[1], Incoming)
    found[1].comment.encode()


@pytest.mark.parametrize(
    "head, said",
    [
        ("hello".encode("utf-16"), "UTF-16"),
        ("hello".encode("utf-16-le"), "UTF-16"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "binary"),
    ],
)
def test_a_file_that_is_no_utf8_text_is_refused_whole(head: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        refuse_no_text(head)


def test_what_run_prints_is_taken_back() -> None:
    pipeline = compile_pipeline(build_workspace(), NoCache(), workspace_id="c0ffee")
    (proposal,) = pipeline.propose([Ticket("T-1", "hello KTR05821")])
    assert good(proposal=json.loads(json.dumps(proposal.to_json()))).proposal == proposal.to_json()
