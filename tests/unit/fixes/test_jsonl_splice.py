"""Laws of editing JSON Lines: whole lines, every other byte as it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.fixes.conflict import UnsafeEdit
from fixloop.fixes.jsonl_splice import append_lines, lines_where, remove_line, replace_line

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    escape, compact = draw(st.booleans()), draw(st.booleans())
    separators = (",", ":") if compact else (", ", ": ")
    rows = [
        json.dumps({"text": t}, ensure_ascii=escape, separators=separators)
        for t in draw(st.lists(TEXTS, max_size=4))
    ]
    rows = [row + draw(st.sampled_from(["", "", " ", newline])) for row in rows]
    body = newline.join(rows)
    tail = draw(st.sampled_from([newline, ""])) if rows else ""
    return (draw(st.sampled_from(["", "\ufeff"])) + body + tail).encode() if rows else b""


@given(files(), TEXTS)
def test_append_then_remove_gives_the_bytes_back(data: bytes, text: str) -> None:
    before = len(list(lines_where(data, "text", text)))
    after = append_lines(data, [{"text": text}])
    assert after.startswith(data)
    found = list(lines_where(after, "text", text))
    assert len(found) == before + 1
    if data:
        assert remove_line(after, found[-1]) == data or data.endswith((b" ", b"\r\n", b"\n"))


@given(files(), TEXTS)
def test_only_the_removed_line_is_missing(data: bytes, text: str) -> None:
    data = append_lines(data, [{"text": text}, {"text": text + "!"}])
    line = next(iter(lines_where(data, "text", text)))
    left = remove_line(data, line)
    gone = data[line.start : line.end]
    assert left == data.replace(gone, b"", 1) or line.end == len(data)
    assert list(lines_where(left, "text", text + "!"))


@given(files(), TEXTS)
def test_a_replaced_line_keeps_its_neighbours(data: bytes, text: str) -> None:
    data = append_lines(data, [{"text": text, "n": 1}])
    line = list(lines_where(data, "text", text))[-1]
    after = replace_line(data, line, {"text": text, "n": 2})
    assert after[: line.start] == data[: line.start]
    assert json.loads(after[line.start :]) == {"text": text, "n": 2}
    assert replace_line(after, list(lines_where(after, "text", text))[-1], {"text": text, "n": 1}) == data


def test_a_missing_final_line_break_stays_missing() -> None:
    assert append_lines(b'{"text": "a"}', [{"text": "b"}]) == b'{"text": "a"}\n{"text": "b"}'


def test_a_line_that_may_hold_the_text_must_be_readable() -> None:
    with pytest.raises(UnsafeEdit, match="not JSON"):
        list(lines_where(b'{"text": "a"\n', "text", "a"))
