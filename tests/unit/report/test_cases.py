"""Cases in a line each: which record it is, and what makes the difference."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.report.cases import draw_cases
from fixloop.report.page import Page
from fixloop.workspace.columns import NO_COLUMNS, Columns, columns_of
from tests.support.worlds import build_workspace

BY_ID = Columns(("member_id",), {"dispute": frozenset({"damage_state"})})


def case(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"suite": "plan", "leaf": "dispute", "records": list(records), "expect": {"reply": "ask"}}


def row(member: str, **columns: Any) -> dict[str, Any]:
    """A row as the record keeps it: columns in the order of the alphabet."""
    return dict(sorted({"balance_due": 45, "plan": "basic", "member_id": member, **columns}.items()))


def lines(cases: Sequence[Mapping[str, Any]], columns: Columns) -> list[str]:
    page = Page(width=200)
    draw_cases(page, "cases", cases, (), columns)
    return [line.strip() for line in str(page).splitlines()[1:]]


def test_a_record_is_named_by_its_id_and_by_what_conditions_read() -> None:
    cases = [
        case(row("mem_1", damage_state="charged", email="a@b.example")),
        case(row("mem_2", damage_state="closed", email="c@d.example", plan="business")),
    ]
    assert lines(cases, BY_ID) == [
        'plan  dispute; mem_1 with damage_state "charged" → ask',
        'plan  dispute; mem_2 with damage_state "closed" → ask',
    ]


def test_of_versions_of_one_record_a_few_columns_tell() -> None:
    changed = row("mem_1", damage_state="closed", plan="pro", email="x", balance_due=1)
    assert lines([case(row("mem_1", email="y")), case(changed)], BY_ID) == [
        'plan  dispute; mem_1 with no damage_state, balance_due 45, email "y" and 1 more → ask',
        'plan  dispute; mem_1 with damage_state "closed", balance_due 1, email "x" and 1 more → ask',
    ]


def test_without_a_workspace_the_first_column_names_it() -> None:
    assert lines([case({"account_id": "a1"}), case()], NO_COLUMNS) == [
        "plan  dispute; a1 → ask",
        "plan  dispute; no record → ask",
    ]


def test_the_columns_of_a_workspace() -> None:
    found = columns_of(build_workspace())
    assert found.ids == ("account_id",)
    assert found.asked["account_locked"] == {"fraud_flag"}
    assert found.asked["transfer_failed"] == frozenset()
