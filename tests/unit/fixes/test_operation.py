"""Operations as hints carry them."""

import pytest

from fixloop.errors import BadInput
from fixloop.hints.operation import Operation


def test_there_and_back() -> None:
    value = {"op": "add_example", "text": "ü", "leaf": "a"}
    operation = Operation.from_json(value)
    assert operation.to_json() == value
    assert list(operation.to_json()) == ["op", "text", "leaf"]
    assert operation.canonical_json() == '{"leaf":"a","op":"add_example","text":"ü"}'


def test_equal_by_meaning() -> None:
    assert Operation("x", {"a": 1, "b": 2}) == Operation("x", {"b": 2, "a": 1})
    assert hash(Operation("x", {"a": 1, "b": 2})) == hash(Operation("x", {"b": 2, "a": 1}))
    assert Operation("x", {"a": 1}) != Operation("x", {"a": True})


def test_nobody_changes_it() -> None:
    inner = {"b": [1]}
    operation = Operation("x", {"a": inner})
    inner["b"].append(2)
    operation.to_json()["a"]["b"].append(3)
    assert operation.to_json()["a"] == {"b": [1]}
    with pytest.raises(TypeError):
        operation.args["a"] = 1  # type: ignore[index]


@pytest.mark.parametrize("value", [None, [], {"leaf": "a"}, {"op": 3}])
def test_what_is_no_operation(value: object) -> None:
    with pytest.raises(BadInput, match="an operation is a mapping"):
        Operation.from_json(value)
