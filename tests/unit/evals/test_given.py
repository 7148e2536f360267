"""Cases a hint carries are held to the same rules as those in files."""

from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.evals.given import given_cases

GOOD = {"suite": "intent", "id": "h-1", "text": "locked", "expect": "account_locked"}


def test_a_case_without_a_file_is_a_case() -> None:
    (case,) = given_cases([GOOD])
    assert (case.suite, case.id, case.expect) == ("intent", "h-1", "account_locked")
    assert "suite" not in case.spec


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([{**GOOD, "suite": "intend"}], "no suite"),
        ([{key: value for key, value in GOOD.items() if key != "suite"}], "no suite null"),
        ([{**GOOD, "suite": ["intent"]}], "no suite"),
        ([{**GOOD, "id": None}], "case null"),
        ([{**GOOD, "expect": 3}], "a leaf's id"),
        ([GOOD, {**GOOD, "suite": "intent", "text": "other"}], "is taken"),
    ],
)
def test_what_is_no_case_is_refused(specs: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        given_cases(specs)
