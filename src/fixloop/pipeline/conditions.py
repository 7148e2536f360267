"""Conditions compiled to closures with three answers: true, false, and None where there is no record."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fixloop.pipeline.rows import MISSING
from fixloop.pipeline.scope import UNAVAILABLE, Scope, compile_path
from fixloop.workspace.model import All, AnyOf, Condition, Not, Test
from fixloop.workspace.text import shown

Compiled = Callable[[Scope], bool | None]
"""None is "unavailable": a condition on `record.` without exactly one record; a branch takes it as false."""


def compile_condition(condition: Condition) -> Compiled:
    """A function that says whether a condition holds; unavailable stays unavailable under `not:`."""
    if isinstance(condition, Test):
        return _compile_test(condition)
    if isinstance(condition, Not):
        return _negation(compile_condition(condition.part))
    parts = tuple(map(compile_condition, condition.parts))
    return _all_of(parts) if isinstance(condition, All) else _any_of(parts)


def describe(condition: Condition) -> str:
    """A condition as a person reads it."""
    if isinstance(condition, Test):
        return f"{condition.path} {_SIGNS[condition.op]} {_value_text(condition.value)}"
    if isinstance(condition, Not):
        return f"not ({describe(condition.part)})"
    word = " and " if isinstance(condition, All) else " or "
    return word.join(
        f"({describe(part)})" if isinstance(part, AnyOf) else describe(part) for part in condition.parts
    )


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else shown(value)


def typed_equal(left: Any, right: Any) -> bool:
    """JSON equality: true is not 1, "1" is not 1, 1 is 1.0; lists and mappings part by part."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(typed_equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(typed_equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def _negation(part: Compiled) -> Compiled:
    def holds(scope: Scope) -> bool | None:
        answer = part(scope)
        return None if answer is None else not answer

    return holds


def _all_of(parts: Sequence[Compiled]) -> Compiled:
    def holds(scope: Scope) -> bool | None:
        answers = [part(scope) for part in parts]
        return False if False in answers else None if None in answers else True

    return holds


def _any_of(parts: Sequence[Compiled]) -> Compiled:
    def holds(scope: Scope) -> bool | None:
        answers = [part(scope) for part in parts]
        return True if True in answers else None if None in answers else False

    return holds


def _compile_test(test: Test) -> Compiled:
    get, expected = compile_path(test.path), test.value
    if test.op == "exists":
        return _existence(test)
    matches = _OPERATORS[test.op]

    def holds(scope: Scope) -> bool | None:
        value = get(scope)
        if value is UNAVAILABLE:
            return None
        return value is not MISSING and matches(value, expected)

    return holds


def _existence(test: Test) -> Compiled:
    get, wanted = compile_path(test.path), test.value

    def holds(scope: Scope) -> bool | None:
        value = get(scope)
        return None if value is UNAVAILABLE else (value is not MISSING) is wanted

    return holds


# --- operators on a value that is there; on a list, ne and not_in hold if none does, the others if any ------


def _elements(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _eq(value: Any, expected: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(typed_equal(element, expected) for element in value) or typed_equal(value, expected)
    return typed_equal(value, expected)


def _in(value: Any, expected: Any) -> bool:
    return any(_eq(value, one) for one in expected)


def _contains(value: Any, expected: Any) -> bool:
    """A text contains a part of it; a list an element, or an element that contains the part."""
    if isinstance(value, str):
        return isinstance(expected, str) and expected in value
    if not isinstance(value, list | tuple):
        return False
    return any(typed_equal(element, expected) or _contains(element, expected) for element in value)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """An order between two numbers or two texts; between other kinds there is none."""

    def holds(value: Any, expected: Any) -> bool:
        return any(_ordered(element, expected) and compare(element, expected) for element in _elements(value))

    return holds


def _ordered(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return numbers or (isinstance(left, str) and isinstance(right, str))


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _eq,
    "ne": lambda value, expected: not _eq(value, expected),
    "in": _in,
    "not_in": lambda value, expected: not _in(value, expected),
    "gt": _compared(lambda left, right: left > right),
    "gte": _compared(lambda left, right: left >= right),
    "lt": _compared(lambda left, right: left < right),
    "lte": _compared(lambda left, right: left <= right),
    "contains": _contains,
}

_SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"} | {
    name: name.replace("_", " ") for name in ("in", "not_in", "contains", "exists")
}
