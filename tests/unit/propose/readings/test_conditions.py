"""What a condition costs: one value more to compare with is little, that anything stands there much."""

from typing import Any

import pytest

from fixloop.propose.readings.conditions import joined_size
from fixloop.workspace.model import AnyOf, Test

STATE = "record.state"


@pytest.mark.parametrize(
    ("path", "op", "value", "change"),
    [
        (STATE, "eq", "in_review", -1),
        (STATE, "in", ("closed", "in_review"), -1),
        (STATE, "exists", True, 1),
        ("record.kind", "eq", "in_review", 0),
        ("record.kind", "exists", True, 0),
    ],
)
def test_an_alternative_costs_by_what_is_compared_already(
    path: str, op: Any, value: Any, change: int
) -> None:
    compared = Test(STATE, "in", ("reported",))
    for condition in (compared, AnyOf((compared, Test("record.other", "eq", True)))):
        found = joined_size(condition, Test(path, op, value), 1.5)
        assert (found > 1.5) - (found < 1.5) == change
        assert joined_size(condition, Test(path, op, value), 0.0) >= 0.0
    assert joined_size(Test(STATE, "exists", True), Test(path, op, value), 1.5) == 1.5
