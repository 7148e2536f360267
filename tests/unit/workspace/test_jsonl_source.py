import pytest

from fixloop.errors import BadInput, Place
from fixloop.workspace.jsonl_source import parse_jsonl, read_jsonl


def test_bom_carriage_returns_and_blank_lines_are_no_matter() -> None:
    data = b'\xef\xbb\xbf{"a": 1}\r\n\r\n  \n{"a": "\xc3\xa4"}\r\n'
    assert list(parse_jsonl("f.jsonl", data)) == [
        (Place("f.jsonl", 1, 1), {"a": 1}),
        (Place("f.jsonl", 4, 1), {"a": "ä"}),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"a": }', "not JSON"),
        (b'{"a": NaN}', "not a JSON number"),
        (b'{"a": 1, "a": 2}', "there twice"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"<<<<<<< HEAD", "not JSON"),
        (b'{"a": "\\ud800"}', "not readable"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_a_bad_line_hides_no_other(line: bytes, said: str) -> None:
    read = list(read_jsonl("f.jsonl", b'{"n": 1}\n' + line + b'\n{"n": 3}\n'))
    assert [entry.value for entry in read] == [{"n": 1}, None, {"n": 3}]
    assert read[1].problem is not None
    assert said in read[1].problem.message
    assert read[1].problem.place.line == 2


def test_parse_stops_at_the_first_bad_line() -> None:
    with pytest.raises(BadInput) as caught:
        list(parse_jsonl("f.jsonl", b"{}\n{"))
    assert str(caught.value).startswith("f.jsonl:2:2: not JSON")
