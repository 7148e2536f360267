"""With kept results, without, in any order, after a kill: one report to the byte, and little asked again."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fixloop.evals.case import CaseSet
from fixloop.evals.given import given_cases
from fixloop.evals.memo import ResultMemo
from fixloop.evals.result import EvalReport
from fixloop.evals.run import evaluate
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.memo import Memo
from fixloop.ports.cache import NoCache
from fixloop.workspace.invalid import WorkspaceInvalid
from tests.support.worlds import build_workspace, minimal_world

ACCOUNT = {"account_id": "x1", "account_number": "ABC12345", "branch": "Riverton", "hotline": "0800"}
TICKET = {"id": "T-1", "text": "my account KTR05821 is locked, please help"}
CASES = given_cases(
    [
        {"suite": "intent", "id": "i1", "text": "I am locked out of the account", "expect": "account_locked"},
        {"suite": "intent", "id": "i2", "text": "the transfer came back", "expect": "transfer_failed"},
        {"suite": "intent", "id": "i3", "text": "what a day", "expect": "other"},
        {
            "suite": "extraction",
            "id": "e1",
            "text": "I am Alex, account KTR05821 in Riverton",
            "expect": {"account": {"account_number": ["KTR05821"]}, "people": {"given_name": ["Alex"]}},
        },
        {
            "suite": "extraction",
            "id": "e2",
            "text": "Zoe of Westend",
            "rows": {"accounts": [{**ACCOUNT, "branch": "Westend"}]},
            "expect": {"account": {"branch": ["Westend"]}},
        },
        {
            "suite": "fetch",
            "id": "f1",
            "fields": {"account": {"account_number": ["KTR05821"]}},
            "expect": {"records": ["a1"]},
        },
        {
            "suite": "fetch",
            "id": "f2",
            "fields": {"account": {"branch": ["Riverton"]}, "people": {"given_name": ["Bo"]}},
            "rows": {"accounts": [{**ACCOUNT, "holders": [{"given_name": "Bo"}]}]},
            "expect": {"records": ["x1"]},
        },
        {
            "suite": "plan",
            "id": "p1",
            "leaf": "account_locked",
            "records": [{**ACCOUNT, "fraud_flag": True}],
            "expect": {"reply": "security_escalation", "needs_review": True},
        },
        {
            "suite": "plan",
            "id": "p2",
            "leaf": "account_locked",
            "records": [{**ACCOUNT, "fraud_flag": False}],
            "expect": {"reply": {"template": "unlock_instructions", "contains": ["0800"]}},
        },
        {"suite": "plan", "id": "p3", "leaf": "transfer_failed", "expect": {"reply": "transfer_help"}},
        {"suite": "plan", "id": "p4", "leaf": "payment_recall", "expect": {"reply": "handover"}},
        {
            "suite": "plan",
            "id": "p5",
            "leaf": "login_problem",
            "records": [ACCOUNT],
            "fetched": {"margin": 2},
            "expect": {"reply": "unlock_instructions"},
        },
        {"suite": "pipeline", "id": "w1", "ticket": TICKET, "expect": {"reply": "security_escalation"}},
        {
            "suite": "pipeline",
            "id": "w2",
            "ticket": {**TICKET, "text": "account ABC12345 is locked again"},
            "rows": {"accounts": [ACCOUNT]},
            "expect": {"leaf": "account_locked", "records": ["x1"], "reply": "unlock_instructions"},
        },
        {
            "suite": "pipeline",
            "id": "w3",
            "ticket": {"id": "T-3", "text": "why was the transfer rejected"},
            "expect": {"path": ["payments", "transfer_failed"]},
        },
        {
            "suite": "known_good",
            "id": "k1",
            "ticket": {"id": "T-4", "text": "sign in shows an error for NSB01234"},
            "expect": {"records": ["a2"], "reply": "unlock_instructions"},
        },
        {"suite": "fallback", "id": "o1", "ticket": {"id": "T-5", "text": "lovely"}, "expect": {"tools": []}},
    ]
)

ONE_MORE = '{"text": "why was the transfer rejected for me when I sign in"}\n'
HANDOVER = "A colleague will look at this and answer you."
WHERE_LEAVES_STAND = """\
    children: [account_locked, login_problem]
  payments:
    description: Money that moves.
    children: [transfer_failed, payment_recall]
"""
WHERE_A_LEAF_HAS_MOVED = """\
    children: [account_locked, login_problem, transfer_failed]
  payments:
    description: Money that moves.
    children: [payment_recall]
"""

Edit = tuple[str, str, str]
EDITS: tuple[Edit, ...] = (
    ("workspace/fetch.yaml", "threshold: 4", "threshold: 6"),
    ("workspace/fetch.yaml", "threshold: 4", "threshold: 2"),
    ("workspace/fetch.yaml", "weight: 3", "weight: 1"),
    ("workspace/extraction.yaml", "[0-9O]{4,5}", "[0-9O]{5}"),
    ("workspace/extraction.yaml", "      variants: confusable\n", ""),
    ("workspace/extraction.yaml", "{values_from: accounts.branch}", "{values: [Riverton, Westend]}"),
    ("workspace/records/accounts.jsonl", "KTR05821", "KTR05822"),
    ("workspace/records/accounts.jsonl", '"Alex"', '"Alec"'),
    ("workspace/records/accounts.jsonl", '"fraud_flag": true', '"fraud_flag": false'),
    ("workspace/templates.yaml", "Please call", "Call"),
    ("workspace/templates.yaml", "{{ record.hotline }}", "{{ ticket.id }}, {{ fetched.top_score }},"),
    ("workspace/templates.yaml", "A colleague will", "Somebody will"),
    ("workspace/templates.yaml", "Which of your accounts is it?", HANDOVER),
    ("workspace/tools.yaml", "side_effects: true", "side_effects: false"),
    ("plan_trees/account_locked.yaml", "reply: unlock_instructions", "reply: transfer_help"),
    ("plan_trees/account_locked.yaml", "{record.fraud_flag: true}", "{record.branch: Riverton}"),
    ("plan_trees/account_locked.yaml", "{record.fraud_flag: true}", "{fetched.margin: {gte: 5}}"),
    ("plan_trees/account_locked.yaml", "id: fraud", "id: swindle"),
    ("plan_trees/account_locked.yaml", "    review: always\n", ""),
    ("plan_trees/login_problem.yaml", "{ne: 1}", "{lt: 1}"),
    ("plan_trees/login_problem.yaml", "owner: identity-team", "owner: desk"),
    ("workspace/intents.yaml", "{root: 0.3}", "{root: 0.9}"),
    ("workspace/intents.yaml", "[transfer_failed, p", "[login_problem, transfer_failed, p"),
    ("workspace/intents.yaml", WHERE_LEAVES_STAND, WHERE_A_LEAF_HAS_MOVED),
    ("workspace/examples/account_locked.jsonl", '{"text": "my account is locked"}\n', ""),
    ("workspace/examples/other.jsonl", "what a lovely day", "lovely weather"),
    ("workspace/examples/login_problem.jsonl", '{"text": "login fails', ONE_MORE + '{"text": "login fails'),
    ("fixloop.yaml", "fallback: {reply: handover}\n", ""),
    ("fixloop.yaml", "fallback: {reply: handover}\n", "fallback: {reply: ask_which_account}\n"),
)  # fmt: skip


class Disk:
    """A cache that keeps bytes, may lose the end of any of them, and never says so."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        return self.files.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        self.files[kind, key] = data

    def cut(self, share: float) -> None:
        self.files = {key: data[: int(len(data) * share)] for key, data in self.files.items()}


def applied(world: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    files = dict(world)
    for path, old, new in edits:
        files[path] = files[path].replace(old, new)
    return files


def compiled(files: Mapping[str, str]) -> Pipeline:
    return compile_pipeline(build_workspace(files), NoCache())


def written(report: EvalReport) -> str:
    """Everything a report says, down to what metrics are made of."""
    results = [[r.id, r.outcome, r.got, r.step, r.error, dict(r.trace), str(r.case.place)] for r in report]
    judges = [suite.judge for suite in report.suites.values()]
    return json.dumps([report.to_json(), results, judges])


def recalled(pipeline: Pipeline, cases: CaseSet, cache: Disk) -> EvalReport:
    """As a new process would: nothing in memory, what the cache has kept."""
    return evaluate(pipeline, cases, memo=ResultMemo(Memo(cache), pipeline))


def _numbers(*wanted: str) -> set[int]:
    """The edits that take one of these away or bring it."""
    return {n for n, (_, old, new) in enumerate(EDITS) for one in wanted if one in old or one in new}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([_numbers("fetched.margin"), _numbers("fetched.margin", "threshold: 6")], Random(1), 0.5)
@example([_numbers("review: always"), _numbers("side_effects: false", "review: always")], Random(1), 0.5)
@example([set(), _numbers(ONE_MORE)], Random(1), 0.5)
@example([set(), _numbers(WHERE_A_LEAF_HAS_MOVED)], Random(1), 0.5)  # the same leaf by another path
@example([_numbers(HANDOVER), _numbers(HANDOVER, "{reply: ask_which")], Random(1), 0.5)  # the same text
@given(
    st.lists(st.sets(st.sampled_from(range(len(EDITS))), max_size=4), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
    st.floats(0, 1),
)
def test_a_kept_result_is_what_asking_again_would_give(steps: list[set[int]], draw, share: float) -> None:  # type: ignore[no-untyped-def]
    """Whatever was edited, wherever the last run was killed, and whatever the other side of a gate had."""
    cache, sides = Disk(), Memo(Disk())
    for chosen in steps:
        try:
            pipeline = compiled(applied(minimal_world(), [EDITS[n] for n in sorted(chosen)]))
        except WorkspaceInvalid:
            continue
        shuffled = list(CASES)
        draw.shuffle(shuffled)
        bare = written(evaluate(pipeline, CASES))
        assert written(recalled(pipeline, CaseSet(tuple(shuffled)), cache)) == bare
        warm = recalled(pipeline, CASES, cache)
        assert written(warm) == bare
        assert warm.executed == 0
        for _ in range(2):
            assert written(evaluate(pipeline, CASES, memo=ResultMemo(sides, pipeline))) == bare
        if draw.random() < 0.3:
            cache.cut(share)
            assert written(recalled(pipeline, CASES, cache)) == bare


def _executed(before: Sequence[Edit], after: Sequence[Edit]) -> set[str]:
    """Which cases the second workspace still asks when the first one's results are kept."""
    cache = Disk()
    recalled(compiled(applied(minimal_world(), before)), CASES, cache)
    pipeline = compiled(applied(minimal_world(), after))
    memo = ResultMemo(Memo(cache), pipeline)
    return {case.id for suite in CASES.suites for case in memo.recall(suite, CASES.of(suite)).missing}


@pytest.mark.parametrize(
    ("edit", "asked"),
    [
        (("plan_trees/account_locked.yaml", "{record.fraud_flag: true}", "{record.branch: Easton}"),
         {"p1", "p2", "w1", "w2"}),
        (("plan_trees/account_locked.yaml", "owner: identity-team", "owner: desk"), set()),
        (("workspace/templates.yaml", "Please check", "Check"), {"p3", "w3"}),
        (("workspace/templates.yaml", "How to unlock.", "Unlocking."), set()),
        (("workspace/fetch.yaml", "threshold: 4", "threshold: 3"),
         {"f1", "f2", "w1", "w2", "w3", "k1", "o1"}),
        (("workspace/extraction.yaml", "{4,5}", "{5}"), {"e1", "e2", "w1", "w2", "w3", "k1", "o1"}),
        (("workspace/records/accounts.jsonl", "0800 1234", "0800 9999"), {"f1", "w1", "w3", "k1", "o1"}),
        (("workspace/tools.yaml", "Opens a case", "Opens a file"), set()),
    ],
)  # fmt: skip
def test_a_change_asks_only_the_cases_that_read_it(edit: Edit, asked: set[str]) -> None:
    """Exact: no more than these, and the law above says no fewer."""
    assert _executed((), (edit,)) == asked


def test_after_an_example_only_texts_whose_leaf_moved_go_on() -> None:
    """All intent cases are classified anew; of the whole tickets only those that now reach another leaf."""
    more = ("workspace/examples/login_problem.jsonl", "", "")
    files = minimal_world()
    files[more[0]] += '{"text": "why was the transfer rejected for me when I sign in"}\n'
    cache = Disk()
    recalled(compiled(minimal_world()), CASES, cache)
    before, after = compiled(minimal_world()), compiled(files)
    texts = {c.id: c.spec["ticket"]["text"] for c in CASES if "ticket" in c.spec and c.suite != "plan"}
    moved = {
        name
        for name, text in texts.items()
        if before.classify([text])[0].path != after.classify([text])[0].path
    }
    memo = ResultMemo(Memo(cache), after)
    missing = {case.id for suite in CASES.suites for case in memo.recall(suite, CASES.of(suite)).missing}
    assert missing == {"i1", "i2", "i3"} | moved


def test_what_json_would_change_is_not_kept() -> None:
    """A tuple would come back as a list; then the case is asked again, every time."""
    memo = Memo(Disk())
    memo.pack("s").add({"a": [1, "x"], "b": [(1,)], "c": [float("nan")], "d": [{1: 2}], "e": [{"f"}]})
    assert memo.pack("s").known == {"a": [1, "x"]}


def test_ids_stand_in_the_key() -> None:
    """A template may write the id of a plan case's ticket: one question under two ids is asked twice."""
    spec = {"leaf": "transfer_failed", "expect": {"reply": {"contains": ["n1"]}}}
    both = given_cases([{"suite": "plan", "id": name, **spec} for name in ("n1", "n2")])
    world = applied(
        minimal_world(), [("workspace/templates.yaml", "Please check", "Please check {{ ticket.id }} and")]
    )
    cache = Disk()
    for one, other in pairwise([*both, *both]):
        found = [recalled(compiled(world), CaseSet((case,)), cache) for case in (one, other)]
        assert {r.id: r.outcome for report in found for r in report} == {"n1": "pass", "n2": "fail"}
