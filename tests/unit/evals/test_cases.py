"""Reading cases: what is well formed, what is refused, and where the finger points."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.errors import Place
from fixloop.evals import case_store
from fixloop.evals.case_files import FileCases
from fixloop.evals.case_store import CaseFile
from fixloop.evals.cases import Case, CaseSet, CasesInvalid, load_cases, read_cases
from fixloop.workspace.model import Problem
from tests.support.worlds import build_snapshot


def read(files: dict[str, str | bytes]) -> tuple[CaseSet, tuple[Problem, ...]]:
    return read_cases(build_snapshot(files))


def only_problem(path: str, text: str | bytes) -> Problem:
    _, problems = read({path: text})
    assert len(problems) == 1, problems
    return problems[0]


def test_cases_of_every_suite_are_read_with_their_places() -> None:
    files: dict[str, str | bytes] = {
        "evals/intent/a.jsonl": '{"id": "i1", "text": "locked", "expect": "account_locked"}\n\n'
        '{"id": "i2", "text": "hm", "expect": "payments.other", "protect": true}\n',
        "evals/extraction/a.yaml": "- {id: x1, text: hi, expect: {account: {branch: [Riverton]}}}\n",
        "evals/fetch/a.yaml": "- {id: f1, fields: {}, expect: {records: [a1]}}\n",
        "evals/plan/a.yaml": "# notes\n- id: p1\n  leaf: account_locked\n  expect: {reply: x, tools: []}\n",
        "evals/pipeline/a.yaml": "- {id: e1, ticket: {id: T-1, text: hi}, expect: {leaf: other}}\n",
        "evals/known_good/a.yaml": "- {id: k1, ticket: {id: T-1, text: hi}, expect: {records: []}}\n",
        "evals/fallback/a.yaml": "- {id: b1, ticket: {id: T-1, text: hi}, expect: {reply: handover}}\n",
        "evals/README.md": "how we write cases",
        "workspace/examples/a.jsonl": "not ours",
    }
    cases, problems = read(files)
    assert not problems
    assert cases.suites == ("intent", "extraction", "fetch", "plan", "pipeline", "fallback", "known_good")
    places = {case.id: str(case.place) for case in cases}
    assert places["i2"] == "evals/intent/a.jsonl:3:1"
    assert places["p1"] == "evals/plan/a.yaml:2:3"


def test_only_the_asked_suites_are_read() -> None:
    files = {
        "evals/intent/a.jsonl": '{"id": "i1", "text": "locked", "expect": "x"}',
        "evals/plan/a.yaml": "- {broken: true}",
    }
    assert [case.id for case in load_cases(build_snapshot(files), {"intent"})] == ["i1"]


@pytest.mark.parametrize(
    ("path", "text", "place", "message", "mend"),
    [
        ("evals/intnt/a.yaml", "[]", "evals/intnt/a.yaml", "no suite `intnt`", "did you mean `intent`?"),
        ("evals/a.yaml", "[]", "evals/a.yaml", "is in no suite", "move it"),
        (
            "evals/plan/x/a.yaml",
            "[]",
            "evals/plan/x/a.yaml",
            "directly in their suite's folder",
            "evals/plan/",
        ),
        ("evals/plan/a.yml", "[]", "evals/plan/a.yml", "is not read", "rename"),
        (
            "evals/intent/a.jsonl",
            '{"id": "i", "txet": "hi", "text": "hi", "expect": "other"}',
            "evals/intent/a.jsonl:1:13",
            "no key `txet`",
            "did you mean `text`?",
        ),
        (
            "evals/intent/a.yaml",
            "- {id: i, text: hi}",
            "evals/intent/a.yaml:1:3",
            "no `expect`",
            "add `expect: …`",
        ),
        ("evals/intent/a.jsonl", '\n{"id": "i", "te', "evals/intent/a.jsonl:2:13", "not JSON", ""),
        ("evals/intent/a.jsonl", '{"id": "i", "id": "j"}', "evals/intent/a.jsonl:1:1", "is there twice", ""),
        ("evals/intent/a.jsonl", '{"id": NaN}', "evals/intent/a.jsonl:1:1", "not a JSON number", ""),
        ("evals/intent/a.jsonl", "[]", "evals/intent/a.jsonl:1:1", "a case is a mapping", "write {id: …"),
        ("evals/intent/a.jsonl", b'{"id": "\xff"}', "evals/intent/a.jsonl:1:1", "not UTF-8", "UTF-8"),
        (
            "evals/plan/a.yaml",
            "- id: p\n  leaf: account_locked\n  expect:\n    tools: escalate\n",
            "evals/plan/a.yaml:4:5",
            "this is a text, where a list of tools belongs",
            "",
        ),
        (
            "evals/pipeline/a.yaml",
            "- {id: p, ticket: {id: T-1}, expect: {leaf: other}}",
            "evals/pipeline/a.yaml:1:11",
            "either `text` or `messages`",
            "a ticket is",
        ),
        (
            "evals/intent/a.yaml",
            '- {id: " i", text: hi, expect: x}',
            "evals/intent/a.yaml:1:4",
            "space around",
            "",
        ),
        (
            "evals/intent/a.yaml",
            '- {id: "i\\u200b", text: hi, expect: x}',
            "evals/intent/a.yaml:1:4",
            "invisible",
            "",
        ),
    ],
)
def test_a_problem_names_its_place_and_its_mend(
    path: str, text: str | bytes, place: str, message: str, mend: str
) -> None:
    problem = only_problem(path, text)
    assert str(problem.place) == place
    assert message in problem.message
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({}, "can never fail"),
        ({"account": {"branch": []}}, "met by any values"),
        ({"account": {}}, "met by any values"),
    ],
)
def test_an_extraction_case_that_cannot_fail_is_refused_unless_exact(expect: object, said: str) -> None:
    case = {"id": "x", "text": "t", "expect": expect}
    assert said in only_problem("evals/extraction/a.jsonl", json.dumps(case)).message
    cases, problems = read({"evals/extraction/a.jsonl": json.dumps({**case, "exact": True})})
    assert len(cases) == 1 and not problems


@pytest.mark.parametrize("expect", ["{}", "{reply: {}}", "{reply: {contains: []}}"])
def test_a_plan_case_that_cannot_fail_is_refused(expect: str) -> None:
    problem = only_problem("evals/plan/a.yaml", f"- {{id: p, leaf: other, expect: {expect}}}")
    assert "says nothing" in problem.message


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("case-1", "is taken"),
        ("CASE-1", "reads like `case-1`"),
        ("ｃａｓｅ-1", "reads like `case-1`"),
        ("cаse-1", "reads like `case-1`"),  # a Cyrillic а
        ("ca\ufe0fse-1", "reads like `case-1`"),  # a variation selector: printable by category, never seen
    ],
)
def test_ids_that_look_alike_are_one_id_also_over_suites(other: str, said: str) -> None:
    case = {"id": other, "ticket": {"id": "T", "text": "hi"}, "expect": {"leaf": "other"}}
    _, problems = read(
        {
            "evals/intent/a.jsonl": '{"id": "case-1", "text": "hi", "expect": "other"}',
            "evals/pipeline/b.jsonl": json.dumps(case, ensure_ascii=False),
        }
    )
    assert [str(problem.place) for problem in problems] == ["evals/pipeline/b.jsonl:1:1"]
    assert said in problems[0].message


def test_every_problem_is_collected_and_good_cases_are_kept() -> None:
    files: dict[str, str | bytes] = {
        "evals/intent/a.jsonl": '{"id": 1}\n{"id": "i", "text": "hi", "expect": "other"}\n{\n',
        "evals/plan/a.yaml": "- {id: p, expect: {reply: x}, leaf: other, color: red, size: 2}",
    }
    cases, problems = read(files)
    assert [case.id for case in cases] == ["i"]
    assert {problem.place.line for problem in problems} == {1, 3}
    assert len(problems) == 6
    with pytest.raises(CasesInvalid) as caught:
        load_cases(build_snapshot(files))
    assert caught.value.problems == problems
    assert "and 5 more" in str(caught.value)


def test_a_digest_is_what_the_case_asks() -> None:
    case = Case("intent", "a", {"id": "a", "text": "hi", "expect": "x"}, "evals/intent/a.jsonl", 3, 1)
    same = Case("intent", "b", {"expect": "x", "note": "why", "text": "hi", "id": "b"})
    assert case.digest == same.digest
    assert case.place == Place("evals/intent/a.jsonl", 3, 1)
    assert case.digest != Case("intent", "a", {"id": "a", "text": "hi", "expect": "y"}).digest
    assert case.digest != Case("fallback", "a", case.spec).digest


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["id", "text", "expect", "leaf", "fields", "records", "rows", "ticket", "exact", "fetched"]
)


@given(
    st.sampled_from(["intent", "extraction", "fetch", "plan", "pipeline"]), st.dictionaries(keys, json_values)
)
def test_whatever_stands_in_a_line_is_a_case_or_a_problem(suite: str, spec: dict[str, object]) -> None:
    line = json.dumps(spec)
    cases, problems = read({f"evals/{suite}/a.jsonl": line})
    assert len(cases) == 1 or problems
    for problem in problems:
        assert 1 <= problem.place.column <= max(1, len(line))


def test_snapshots_with_the_same_case_files_have_the_very_same_cases() -> None:
    line = '{"id": "i1", "text": "locked", "expect": "a"}\n'
    files: dict[str, str | bytes] = {"evals/intent/a.jsonl": line, "plan_trees/a.yaml": "1"}
    wrong: dict[str, str | bytes] = {**files, "evals/intent/b.jsonl": line, "evals/x": ""}
    first = read(files)
    assert read(files | {"plan_trees/a.yaml": "2"})[0] is first[0]
    found, problems = read(wrong)
    assert [case.id for case in found] == ["i1", "i1"]
    assert len(problems) == 2
    assert read(wrong) == (found, problems)
    again, none = read(files)
    assert (again, none) == first
    assert [case.id for case in again.of("intent")] == ["i1"]
    assert again.of("plan") == ()


def test_files_read_before_are_let_go_by_the_cases_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_store, "MOST_IN_MEMORY", 5)
    monkeypatch.setattr(case_store, "MOST_IN_PACK", 3)
    files = [CaseFile("intent", f"evals/intent/{n}.jsonl", f"{n}") for n in range(4)]
    held = [FileCases([Case("intent", f"{n}-{m}", {}) for m in range(2)], []) for n in range(4)]
    remembered = case_store.Remembered()
    for file, cases in zip(files, held, strict=True):
        remembered.add(file, cases)
        remembered.add(file, cases)
    assert [remembered.get(file) for file in files] == [None, None, *held[2:]]
    remembered.add(files[2], FileCases([Case("intent", f"{n}", {}) for n in range(4)], []))
    assert [remembered.get(file) for file in files] == [None, None, None, held[3]]
    remembered.add(files[0], held[0])
    assert [remembered.get(file) for file in files] == [held[0], None, None, held[3]]


def test_three_thousand_lines_are_read_in_a_blink() -> None:
    lines = "\n".join(
        json.dumps(
            {
                "id": f"case-{n}",
                "text": f"I am still waiting on my card, number {n}?",
                "expect": "card_arrival",
            }
        )
        for n in range(3080)
    )
    snapshot = build_snapshot({"evals/intent/a.jsonl": lines})
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        assert len(load_cases(snapshot)) == 3080
        best = min(best, time.perf_counter() - start)
    assert best < 0.06  # 12 ms where it was measured; this only catches a reader that became another kind
