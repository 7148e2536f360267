"""Very many cases, read where they stand: the report, the problems and the order that few cases get."""

import json
from collections.abc import Mapping

import pytest

from fixloop.evals.cases import CasesInvalid, load_cases
from fixloop.evals.large import KeptResults, LargeCases, is_large, kept_results
from fixloop.evals.result import FAIL, CaseResult
from fixloop.evals.run import evaluate, evaluate_large
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import NoCache
from tests.support.worlds import build_snapshot, build_workspace
from tests.unit.evals.test_memo import CASES, written


def files_of_cases() -> Mapping[str, str]:
    """Every suite's cases, the last first, some in YAML, with blank lines and a byte order mark between."""
    files: dict[str, str] = {}
    for case in reversed(list(CASES)):
        path = f"evals/{case.suite}/all.jsonl"
        files[path] = files.get(path, "\ufeff\n") + json.dumps(dict(case.spec)) + " \r\n\n"
    files["evals/plan/more.yaml"] = "- {id: a1, leaf: transfer_failed, expect: {reply: transfer_help}}\n"
    files["evals/README.md"] = "not a case"
    return files


def test_a_large_set_is_judged_as_a_small_one() -> None:
    """Also where a chunk is no whole set."""
    snapshot = build_snapshot(files_of_cases())
    pipeline = compile_pipeline(build_workspace(), NoCache())
    report = evaluate_large(pipeline, LargeCases(snapshot))
    assert written(report) == written(evaluate(pipeline, load_cases(snapshot)))
    assert report.executed == len(CASES) + 1
    for suite in LargeCases(snapshot).suites:
        chunks = [len(chunk) for chunk in LargeCases(snapshot).chunks(suite, 2)]
        assert sum(chunks) == LargeCases(snapshot).size(suite)
        assert max(chunks) <= 2


def test_only_much_is_large() -> None:
    assert not is_large(build_snapshot(files_of_cases()), None)
    text = '{"id": "n", "text": "x", "expect": "other"}\n' * 60_000
    assert is_large(build_snapshot({"evals/intent/all.jsonl": text}), None)
    assert not is_large(build_snapshot({"evals/intent/all.jsonl": text}), {"plan"})


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "i1", "text": "again", "expect": "other"}',
        '{"id": "I1", "text": "again", "expect": "other"}',
        '{"id": "i9", "text": "again"}',
        '{"id": "i9", "text": "again", "text": "twice", "expect": "other"}',
        "{",
    ],
)
def test_what_is_wrong_is_told_in_the_same_words(line: str) -> None:
    """Doubled ids, look-alikes, faults of form, broken lines."""
    files = {**files_of_cases(), "evals/intent/more.jsonl": line + "\n"}
    with pytest.raises(CasesInvalid) as small:
        load_cases(build_snapshot(files))
    with pytest.raises(CasesInvalid) as large:
        LargeCases(build_snapshot(files))
    assert large.value.problems == small.value.problems


def test_results_that_json_would_change_are_kept_as_they_are() -> None:
    cases = list(CASES)[:3]
    odd = [CaseResult(case, FAIL, (1, 2), "plan") for case in cases]
    kept = kept_results("intent", iter([cases]), lambda _: odd)
    assert list(kept) == odd
    assert kept[-1] == odd[2]
    assert kept[0:2] == odd[0:2]
    assert kept.with_outcome(FAIL) == tuple(odd)
    with pytest.raises(IndexError):
        KeptResults("intent")[0]
