"""A hint's own case file reads back, and reads well."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fixloop.fixes.case_file import case_path, render_cases
from fixloop.fixes.values import same
from fixloop.workspace.yaml_source import parse_yaml
from tests.unit.fixes.awkward import keys, new_values


@given(st.lists(st.dictionaries(keys.filter(lambda key: key != "suite"), new_values, min_size=1), max_size=3))
def test_cases_read_back(cases: list[dict[str, Any]]) -> None:
    assert same(parse_yaml("f.yaml", render_cases(cases)).value, cases)


def test_cases_read_well() -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": "h-1-1",
            "suite": "plan",
            "leaf": "account_locked",
            "records": [
                {"account_id": "acc_001", "fraud_flag": True, "holders": ["A", "B"], "status": "locked"}
            ],
            "expect": {"reply": "security_escalation", "tools": ["escalate_to_security"]},
        },
        {"id": "h-1-2", "suite": "plan", "text": "Hello,\n\nno: I cannot\n", "expect": {}},
    ]
    assert (
        render_cases(rows).decode()
        == """\
- id: h-1-1
  leaf: account_locked
  records: [{account_id: acc_001, fraud_flag: true, holders: [A, B], status: locked}]
  expect: {reply: security_escalation, tools: [escalate_to_security]}

- id: h-1-2
  text: |
    Hello,

    no: I cannot
  expect: {}
"""
    )
    assert case_path("plan", "h-1") == "evals/plan/h-1.yaml"
