from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fixloop.errors import Place
from fixloop.workspace.yaml_source import BadYaml, parse_yaml, read_yaml, reads_as_string


def value_of(text: str) -> Any:
    return parse_yaml("f.yaml", text.encode()).value


@pytest.mark.parametrize(
    "text", ["no", "on", "1:30", "2024-01-01", "007", "1_000", "=", "-", "0b1", "1e", "+", "."]
)
def test_what_looks_odd_stays_a_string(text: str) -> None:
    assert value_of(f"a: {text}" if text != "-" else "a: '-'") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
    ],
)
def test_the_core_schema(text: str, value: object) -> None:
    read = value_of(f"a: {text}")["a"]
    assert (read, type(read)) == (value, type(value))


def test_every_value_has_a_place() -> None:
    document = parse_yaml("f.yaml", b"branches:\n  - when: {a: 1}\n    reply: x\n")
    assert document.place("branches", 0, "when", "a") == Place("f.yaml", 2, 15)
    assert document.key_place("branches", 0, "reply") == Place("f.yaml", 3, 5)
    assert document.place("branches", 0, "nowhere", "deep") == Place("f.yaml", 2, 5)
    assert document.places[("branches", 0, "reply")] == Place("f.yaml", 3, 12)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a second time"),
        ("a: 1\n2: x\n", 2, "a key must be a string"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: 1\nb: !thing x\n", 2, "the tag"),
        ("a: .nan\n", 1, "not a number"),
        ("a: 1e999\n", 1, "too large"),
        ("a: " + "9" * 5000, 1, "too large"),
        ("a: 1\n---\nb: 2\n", 2, "second YAML document"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n", 2, "merge conflict"),
        ("a: &x [*x]\n", 1, "inside its own anchor"),
        ("base: &b {a: 1}\nc:\n  <<: *b\n", 3, "merge keys"),
        ("a: \x07\n", 1, "control character"),
        ("a: [1,\nb: 2\n", 3, "begun in line 1"),
        ("[" * 5000, 1, "nested deeper"),
        ("- " * 500, 1, "nested deeper"),
        ("- " * 500_000, 1, "nested deeper"),
        ("a:\n" + "? " * 500_000, 2, "nested deeper"),
    ],
)
def test_what_could_mislead_is_refused_at_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BadYaml) as caught:
        value_of(text)
    assert said in caught.value.problems[0].message
    assert (caught.value.place or Place("")).line == line


def test_bytes_that_are_not_utf8_are_refused() -> None:
    assert "not UTF-8" in read_yaml("f.yaml", b"a: 1\nb: \xff\n").problems[0].message


def test_aliases_may_share_but_not_multiply() -> None:
    assert value_of("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}
    levels = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    with pytest.raises(BadYaml, match="aliases expand"):
        value_of(levels)


def test_one_problem_does_not_hide_the_next() -> None:
    document, problems = read_yaml("f.yaml", b"a: 1\na: 2\nb: .inf\nc: 3\n")
    assert [problem.place.line for problem in problems] == [2, 3]
    assert document is not None
    assert document.value["c"] == 3


def test_a_bom_and_carriage_returns_are_read() -> None:
    assert value_of("\ufeffa: 1\r\nb: [x]\r\n") == {"a": 1, "b": ["x"]}


plain = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8"), max_size=20)
)
values = st.recursive(
    plain, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text("abc_", min_size=1), v, max_size=3)
)


@given(values)
def test_quoted_values_come_back(value: Any) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=False)
    untagged = text.replace("!!int ", "").replace("!!bool ", "").replace("!!null ", "")
    assert parse_yaml("f.yaml", untagged.encode()).value == _as_quoted(value)


def _as_quoted(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_quoted(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_quoted(item) for key, item in value.items()}
    return value if isinstance(value, str) else "null" if value is None else str(value).lower()


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    document, problems = read_yaml("f.yaml", data)
    assert (document is not None) or problems


def test_strings_that_need_quotes_are_known() -> None:
    assert reads_as_string("identity-team")
    assert not any(map(reads_as_string, ("no", "1:30", "2024-01-01", "1e3", "", "12", "=")))
