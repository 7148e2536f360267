"""What cases name must exist; what a model learns from must not be what it is asked."""

import json
from collections.abc import Mapping

import pytest

from fixloop.evals.case_references import unknown_names
from fixloop.evals.cases import CaseSet, inspect_cases, load_cases
from fixloop.evals.given import given_cases
from fixloop.evals.splits import split_overlaps
from tests.support.worlds import build_snapshot, build_workspace, minimal_world

ROWS = "rows: {accounts: [{account_id: z9, account_number: KTR05821}]}"
TOOL = "{name: escalate_to_security, args: {acount_id: x}}"


def problems_of(files: Mapping[str, str]) -> list[tuple[str, str, str]]:
    world = {**minimal_world(), **files}
    _, problems = inspect_cases(build_snapshot(world), build_workspace(minimal_world()))
    return [
        (str(problem.place), f"{problem.message}; {problem.mend}", problem.severity) for problem in problems
    ]


@pytest.mark.parametrize(
    ("suite", "case", "pointed_at", "said"),
    [
        (
            "intent",
            "text: hey, expect: acount_locked",
            "expect",
            "no leaf `acount_locked`; did you mean `account_locked`",
        ),
        ("extraction", "text: hey, expect: {account: {brnch: [x]}}", "brnch", "no field `account.brnch`"),
        ("fetch", "fields: {account: {nr: [x]}}, expect: {records: []}", "nr:", "no field `account.nr`"),
        ("fetch", "fields: {}, expect: {records: [a1, a77]}", "a77", "no record `a77`"),
        ("fetch", "fields: {}, " + ROWS + ", expect: {records: [a1]}", "a1]", "no record `a1`"),
        ("fetch", "fields: {}, rows: {konten: []}, expect: {records: []}", "konten", "no source `konten`"),
        (
            "fetch",
            "fields: {}, rows: {accounts: [{branch: x}]}, expect: {records: []}",
            "{branch",
            "has no id",
        ),
        ("plan", "leaf: nowhere, expect: {reply: handover}", "leaf", "no leaf `nowhere`"),
        (
            "plan",
            "leaf: account_locked, expect: {branch: frod}",
            "branch",
            "no branch of account_locked `frod`",
        ),
        ("plan", "leaf: account_locked, expect: {reply: handovr}", "reply", "did you mean `handover`"),
        ("plan", "leaf: other, expect: {tools: [escalate]}", "escalate", "no tool `escalate`"),
        ("plan", "leaf: other, expect: {tools: [" + TOOL + "]}", "acount_id", "did you mean `account_id`"),
        ("pipeline", "ticket: {id: T, text: hey}, expect: {leaf: nope}", "leaf", "no leaf `nope`"),
        ("pipeline", "ticket: {id: T, text: hey}, expect: {path: [other, nope]}", "nope", "no intent `nope`"),
    ],
)
def test_a_name_that_does_not_exist_is_pointed_at(suite: str, case: str, pointed_at: str, said: str) -> None:
    line = f"- {{id: a, {case}}}\n"
    (problem,) = problems_of({f"evals/{suite}/a.yaml": line})
    assert problem[0] == f"evals/{suite}/a.yaml:1:{line.index(pointed_at) + 1}"
    assert said in problem[1]
    assert problem[2] == "error"


def test_the_place_in_a_jsonl_line_is_found_again() -> None:
    lines = '{"id": "a", "text": "hey", "expect": "other"}\n{"id": "b", "text": "hoy", "expect": "othr"}\n'
    (problem,) = problems_of({"evals/intent/a.jsonl": lines})
    assert problem[0] == "evals/intent/a.jsonl:2:28"


def test_a_column_that_no_source_has_is_only_a_warning() -> None:
    case = (
        "- {id: a, leaf: account_locked, records: [{account_id: a1, fraud: true}], expect: {reply: handover}}"
    )
    (problem,) = problems_of({"evals/plan/a.yaml": case})
    assert problem[1].startswith("no source has the column `fraud`; did you mean `fraud_flag`")
    assert problem[2] == "warning"


def test_records_that_a_case_brings_count_as_records() -> None:
    case = "- {id: a, fields: {account: {account_number: [KTR05821]}}, " + ROWS + ", expect: {records: [z9]}}"
    assert not problems_of({"evals/fetch/a.yaml": case})


def overlaps(files: Mapping[str, str]) -> list[tuple[str, str, str]]:
    cases: CaseSet = load_cases(build_snapshot(files))
    found = split_overlaps(build_workspace(), cases)
    return [(overlap.kind, overlap.case.id, overlap.severity) for overlap in found]


def test_a_text_is_an_example_or_a_case_however_it_is_written() -> None:
    words = '{"from": "staff", "text": "hm"}, {"from": "customer", "text": "my ACCOUNT is locked"}'
    ticket = f'{{"id": "T", "messages": [{words}]}}'
    intent = {"id": "i", "text": " My account  is LOCKED ", "expect": "account_locked"}
    found = "expect: {account: {branch: [locked]}}"
    assert overlaps(
        {
            "evals/intent/a.jsonl": json.dumps(intent),
            "evals/pipeline/a.jsonl": f'{{"id": "p", "ticket": {ticket}, "expect": {{"reply": "handover"}}}}',
            "evals/extraction/a.yaml": f"- {{id: x, text: my account is locked, {found}}}",
        }
    ) == [
        ("example_and_case", "x", "warning"),
        ("example_and_case", "i", "error"),
        ("example_and_case", "p", "error"),
    ]


def test_one_text_with_two_right_leaves_is_an_error_and_twice_the_same_a_warning() -> None:
    intent = (
        '{"id": "a", "text": "help me", "expect": "other"}\n'
        '{"id": "b", "text": "help  ME", "expect": "other"}\n'
        '{"id": "c", "text": "Help me", "expect": "login_problem"}\n'
    )
    pipeline = (
        '{"id": "d", "ticket": {"id": "T", "text": "help me"}, "expect": {"leaf": "other"}}\n'
        '{"id": "e", "ticket": {"id": "T", "text": "help me"}, "expect": {"leaf": "login_problem"}}\n'
    )
    assert overlaps({"evals/intent/a.jsonl": intent, "evals/pipeline/a.jsonl": pipeline}) == [
        ("repeated", "b", "warning"),
        ("two_answers", "c", "error"),
        ("two_answers", "e", "error"),
    ]


class _Kept(dict[tuple[str, str], bytes]):
    """A cache in memory."""

    def load(self, kind: str, key: str) -> bytes | None:
        return self.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        self[kind, key] = data


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("plan_trees/account_locked.yaml", "id: fraud", "id: swindle", "no branch of account_locked `fraud`"),
        ("workspace/records/accounts.jsonl", '"a1"', '"a9"', "no record `a1`"),
        ("workspace/extraction.yaml", "account_number:", "number:", "no field `account.account_number`"),
    ],
)
def test_that_references_hold_is_kept_for_these_names_alone(path: str, old: str, new: str, said: str) -> None:
    """A name that goes is missed, however often the cases were sound before."""
    cases = given_cases(
        [
            {"suite": "plan", "id": "p", "leaf": "account_locked", "expect": {"branch": "fraud"}},
            {
                "suite": "fetch",
                "id": "f",
                "fields": {"account": {"account_number": ["x"]}},
                "expect": {"records": ["a1"]},
            },
        ]
    )
    cache = _Kept()
    world = minimal_world()
    for _ in range(2):
        assert unknown_names(build_workspace(world), cases, cache) == ()
    changed = {**world, path: world[path].replace(old, new)}
    if path == "workspace/extraction.yaml":
        changed["workspace/fetch.yaml"] = world["workspace/fetch.yaml"].replace(
            "account.account_number", "account.number"
        )
    assert said in unknown_names(build_workspace(changed), cases, cache)[0]
    assert unknown_names(build_workspace(world), cases, cache) == ()
