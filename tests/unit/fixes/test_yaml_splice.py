"""Laws of editing YAML by splice, and the refusals."""

import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fixloop.fixes import values as plain
from fixloop.fixes.conflict import UnsafeEdit
from fixloop.fixes.yaml_splice import (
    add_key,
    delete,
    insert_item,
    move_item,
    read_value,
    replace_text,
    set_value,
)
from fixloop.fixes.yaml_style import inline
from fixloop.fixes.yaml_tree import find_node, parse_tree
from fixloop.workspace.yaml_source import BadYaml, parse_yaml
from tests.unit.fixes.awkward import all_paths, documents, keys, new_values, scalars, texts

P = "f.yaml"
often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def meaning(data: bytes) -> Any:
    return parse_yaml(P, data).value


def draw_path(data: st.DataObject, document: bytes, kind: type = object) -> tuple[str | int, ...]:
    value = meaning(document)
    paths = [p for p in all_paths(value) if isinstance(plain.look_up(value, p), kind)]
    assume(paths)
    return data.draw(st.sampled_from(paths))


def possible(edit: Callable[..., bytes], document: bytes, *args: Any) -> bytes:
    """An edit that may be refused for one known reason: a comment inside a `- key:` line's entry."""
    try:
        return edit(P, document, *args)
    except UnsafeEdit as error:
        assume("a comment stands between" not in error.why)
        raise


def around(document: bytes, path: tuple[str | int, ...]) -> tuple[bytes, bytes]:
    """The lines before and behind those of a value."""
    text = document.decode()
    bom = len(text) - len(text.removeprefix("\ufeff"))
    node = find_node(parse_tree(text[bom:]), path)
    first = text.rfind("\n", 0, node.start + bom) + 1
    last = node.end + bom if text[node.end + bom - 1] == "\n" else text.find("\n", node.end + bom) + 1
    return text[:first].encode(), text[last or len(text) :].encode()


@often
@given(documents(), new_values, st.data())
def test_set_means_the_new_value_and_nothing_else(document: bytes, new: Any, data: st.DataObject) -> None:
    path = draw_path(data, document)
    assume(path)
    after = set_value(P, document, path, new)
    assert plain.same(meaning(after), plain.put(meaning(document), path, new))
    assert set_value(P, after, path, new) == after


@often
@given(documents(), st.one_of(st.integers(), st.booleans()), st.data())
def test_a_scalar_set_touches_its_own_lines_only(document: bytes, new: Any, data: st.DataObject) -> None:
    path = draw_path(data, document, (str, int, float, bool, type(None)))  # type: ignore[arg-type]
    after = set_value(P, document, path, new)
    before, behind = around(document, path)
    assert after.startswith(before)
    assert after.endswith(behind)
    assert after[len(before) : len(after) - len(behind)].count(b"\n") <= 1


@often
@given(documents(), keys, new_values, st.data())
def test_a_key_added_and_deleted(document: bytes, key: str, new: Any, data: st.DataObject) -> None:
    path = draw_path(data, document, dict)
    mapping = plain.look_up(meaning(document), path)
    assume(key not in mapping)
    after = add_key(P, document, path, key, new, after=data.draw(st.sampled_from([None, "", *mapping])))
    assert plain.same(meaning(after), plain.put(meaning(document), [*path, key], new))
    assert plain.same(meaning(possible(delete, after, [*path, key])), meaning(document))


@often
@given(documents(), new_values, st.data())
def test_an_item_inserted_and_deleted(document: bytes, new: Any, data: st.DataObject) -> None:
    path = draw_path(data, document, list)
    items = plain.look_up(meaning(document), path)
    index = data.draw(st.integers(0, len(items)))
    after = insert_item(P, document, path, index, new)
    assert plain.same(meaning(after), plain.insert(meaning(document), path, index, new))
    assert plain.same(meaning(possible(delete, after, [*path, index])), meaning(document))


@often
@given(documents(), scalars, st.data())
def test_appended_and_deleted_gives_the_bytes_back(document: bytes, new: Any, data: st.DataObject) -> None:
    path = draw_path(data, document, list)
    node = find_node(parse_tree(document.decode().removeprefix("\ufeff")), path)
    assume(node.items and "\n" not in str(new))
    after = insert_item(P, document, path, len(node.items), new)
    before, behind = around(document, path)
    assert after.startswith(before)
    assert after.endswith(behind)
    assume(not node.flow)
    assert delete(P, after, [*path, len(node.items)]) == document


@often
@given(documents(), st.data())
def test_deleted_lines_are_its_own(document: bytes, data: st.DataObject) -> None:
    path = draw_path(data, document)
    assume(path)
    after = possible(delete, document, path)
    assert plain.same(meaning(after), plain.drop(meaning(document), path))
    assert document.count(b"#") >= after.count(b"#")


@often
@given(documents(), st.data())
def test_an_item_moved(document: bytes, data: st.DataObject) -> None:
    path = draw_path(data, document, list)
    items = plain.look_up(meaning(document), path)
    assume(len(items) > 1)
    source, goal = data.draw(st.integers(0, len(items) - 1)), data.draw(st.integers(0, len(items)))
    assume(goal not in (source, source + 1))
    moved = [item for index, item in enumerate(items) if index != source]
    moved.insert(goal - (goal > source), items[source])
    after = possible(move_item, document, [*path, source], path, goal)
    assert plain.same(meaning(after), plain.put(meaning(document), path, moved))


@often
@given(documents(), texts, st.data())
def test_words_replaced(document: bytes, to: str, data: st.DataObject) -> None:
    path = draw_path(data, document, str)
    text = plain.look_up(meaning(document), path)
    assume(text)
    start = data.draw(st.integers(0, len(text) - 1))
    was = text[start : data.draw(st.integers(start + 1, len(text)))]
    after = replace_text(P, document, path, was, to)
    assert plain.look_up(meaning(after), path) == text.replace(was, to, 1)


@often
@given(documents(), st.data())
def test_line_ends_stay_what_they_were(document: bytes, data: st.DataObject) -> None:
    path = draw_path(data, document, dict)
    assume("zz" not in plain.look_up(meaning(document), path))
    after = add_key(P, document, path, "zz", {"a": "one\ntwo\n", "b": [1]})
    assert after.endswith(b"\n") == document.endswith(b"\n")
    if b"\r\n" in document:
        assert b"\n" not in after.replace(b"\r\n", b"")
    else:
        assert b"\r" not in after


@pytest.mark.parametrize(
    ("document", "path", "why"),
    [
        (b"a: &x [1]\nb: *x\n", ("a", 0), "would not mean"),
        (b"a: &x {k: [1]}\nb: *x\n", ("b", "k"), "alias"),
        (b"a: &x 1\nb: *x\n", ("a",), "would not mean"),
    ],
)
def test_what_cannot_be_done_safely_is_refused(document: bytes, path: Any, why: str) -> None:
    with pytest.raises(UnsafeEdit, match=why) as raised:
        set_value(P, document, path, 2)
    assert "by hand" in str(raised.value)


@pytest.mark.parametrize(
    "document", [b"a: 1\na: 2\n", b"a: [\n", b"a: 1\n---\nb: 2\n", b"a: !mine 1\n", b"\xff"]
)
def test_what_cannot_be_read_is_not_edited(document: bytes) -> None:
    with pytest.raises(BadYaml):
        set_value(P, document, ("a",), 3)


def test_an_unused_anchor_and_a_used_one_elsewhere_stay() -> None:
    document = b"a: &x 1\nb: *x\nc: [*x, 2]\n"
    assert set_value(P, document, ("c", 1), 3) == b"a: &x 1\nb: *x\nc: [*x, 3]\n"


@pytest.mark.parametrize(
    "text", ["no", "y", "1:30", "2024-01-01", "007", "1_000", "0o7", "=", "~", "on", "1e3", "."]
)
def test_a_text_that_some_reader_would_misread_is_quoted(text: str) -> None:
    assert set_value(P, b"a: x\n", ("a",), text) == f'a: "{text}"\n'.encode()


@pytest.mark.parametrize("around", ["a{}", "a{}b", "{}a", "a {}", "a{} b", "a:{}", "a:{}b"])
def test_every_sign_is_read_back_as_it_was_written(around: str) -> None:
    for sign in string.printable:
        word = around.format(sign)
        for value in ({word: 1}, [word], {"k": word}):
            assert meaning(f"top: {inline(value)}\n".encode()) == {"top": value}, repr(word)


def test_numbers_read_as_numbers_in_yaml_1_1_too() -> None:
    assert set_value(P, b"a: x\n", ("a",), 1e-7) == b"a: 1.0e-07\n"
    for number in (float("nan"), float("inf")):
        with pytest.raises(UnsafeEdit, match="finite"):
            set_value(P, b"a: x\n", ("a",), number)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnsafeEdit, match="surrogate"):
        set_value(P, b"a: x\n", ("a",), "\ud800")


def test_reading_shares_one_value() -> None:
    assert read_value(P, b"a: 1\n") is read_value(P, b"a: 1\n")
