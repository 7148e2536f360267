"""Each suite on a small world: what passes, what fails, and at which step."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.evals.cases import Case, CaseSet, load_cases
from fixloop.evals.result import EvalReport
from fixloop.evals.run import evaluate
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.ports.cache import NoCache
from tests.support.worlds import build_snapshot, build_workspace, minimal_world

CONFIG = """\
fixloop: 1
engines: {intent: "python:tests.unit.evals.test_suites:Words"}
fallback: {reply: handover}
"""
TICKET = "ticket: {id: T-1, text: KTRO5821 is locked}"
ROWS = "rows: {accounts: [{account_id: z9, account_number: KTRO5821, fraud_flag: true}]}"


class Words:
    """An engine of one's own: a text that has a word gets the word's leaf; some words are its undoing."""

    version = "1"
    deterministic = True

    def __init__(self, config: object) -> None:
        self.leaves = {"locked": "account_locked", "transfer": "transfer_failed", "strange": "no_such_leaf"}

    def classify(self, texts: Sequence[str]) -> list[Any]:
        if any("exit" in text for text in texts):
            raise SystemExit(0)
        if any("crash" in text for text in texts):
            raise RuntimeError("out of words")
        if any("silence" in text for text in texts):
            return []
        return [next((leaf for word, leaf in self.leaves.items() if word in text), "other") for text in texts]


def pipeline(**overrides: str | None) -> Pipeline:
    world = minimal_world(**{"fixloop": CONFIG, **overrides})
    return compile_pipeline(build_workspace(world), NoCache())


def report(suite: str, *cases: str, using: Pipeline | None = None) -> EvalReport:
    text = "\n".join(f"- {{id: c{number}, {case}}}" for number, case in enumerate(cases))
    return evaluate(using or pipeline(), load_cases(build_snapshot({f"evals/{suite}/a.yaml": text})))


def outcomes(suite: str, *cases: str) -> list[str]:
    """Pass, unscored, or the step that first went wrong."""
    return [result.step or result.outcome for result in report(suite, *cases)]


def test_intent_counts_the_leaf_and_nothing_else() -> None:
    assert outcomes("intent", "text: locked, expect: account_locked", "text: locked, expect: other") == [
        "pass",
        "intent",
    ]


@pytest.mark.parametrize("word", ["crash", "exit", "silence", "strange"])
def test_a_case_that_breaks_the_engine_is_unscored_and_breaks_no_other(word: str) -> None:
    cases = (
        "text: locked, expect: account_locked",
        f"text: {word}, expect: other",
        "text: hm, expect: other",
    )
    assert outcomes("intent", *cases) == ["pass", "unscored", "pass"]
    broken = report("intent", *cases).suites["intent"]
    assert broken.metrics["accuracy"] == 1.0
    (error,) = broken.to_json()["errors"]
    assert error["id"] == "c1" and error["place"] == "evals/intent/a.yaml:2:3" and error["error"]


@pytest.mark.parametrize("word", ["crash", "exit"])
def test_a_whole_ticket_without_its_engine_is_unscored_too(word: str) -> None:
    ticket = f"ticket: {{id: T-1, text: {word}}}"
    assert outcomes("pipeline", f"{ticket}, expect: {{reply: handover}}") == ["unscored"]
    assert outcomes("fallback", f"{ticket}, expect: {{reply: handover}}") == ["unscored"]


def test_an_engine_that_cannot_be_loaded_is_one_message_and_no_report() -> None:
    lost = pipeline(fixloop=CONFIG.replace("Words", "Nothing"))
    with pytest.raises(BadInput, match="Nothing"):
        report("intent", "text: locked, expect: other", using=lost)


def test_extraction_welcomes_more_unless_exact() -> None:
    text = "text: NSB01234 in Riverton"
    assert outcomes(
        "extraction",
        f"{text}, expect: {{account: {{account_number: [NSB01234]}}}}",
        f"{text}, expect: {{account: {{account_number: [NSB01234, KLM20418]}}}}",
        f"{text}, exact: true, expect: {{account: {{branch: [Riverton]}}}}",
        "text: good morning, exact: true, expect: {}",
    ) == ["pass", "extraction", "extraction", "pass"]


def test_extraction_takes_vocabularies_from_the_rows_a_case_brings() -> None:
    rows = "rows: {accounts: [{account_id: z, branch: Harbour}]}"
    case = f"text: in Harbour, {rows}, expect: {{account: {{branch: [Harbour]}}}}"
    assert outcomes("extraction", case) == ["pass"]


def test_fetch_wants_exactly_the_selected_records_in_any_order() -> None:
    twins = "rows: {accounts: [{account_id: y, account_number: N1}, {account_id: z, account_number: N1}]}"
    number = "fields: {account: {account_number: [N1]}}"
    assert outcomes(
        "fetch",
        "fields: {account: {account_number: [KTR05821]}}, expect: {records: [a1]}",
        f"{number}, {twins}, expect: {{records: [z, y]}}",
        f"{number}, {twins}, expect: {{records: [z]}}",
        "fields: {account: {branch: [Riverton]}}, expect: {records: []}",
    ) == ["pass", "pass", "fetch", "pass"]


A1 = "{account_id: a1, account_number: KTR05821, fraud_flag: true, hotline: 0800 1}"
FRAUD = f"leaf: account_locked, records: [{A1}]"


@pytest.mark.parametrize(
    ("expect", "outcome"),
    [
        (
            "{reply: security_escalation, tools: [escalate_to_security], branch: fraud, needs_review: true}",
            "pass",
        ),
        ("{reply: {template: security_escalation, contains: [KTR05821], excludes: [unlock]}}", "pass"),
        ("{reply: {text: Our security team will contact you about KTR05821.}}", "pass"),
        ("{reply: {contains: [hotline]}}", "template"),
        ("{reply: {excludes: [security]}}", "template"),
        ("{reply: {template: handover, contains: [nothing]}}", "plan"),
        ("{tools: [{name: escalate_to_security, args: {account_id: a1}}]}", "pass"),
        ("{tools: [{name: escalate_to_security, args: {account_id: a2}}]}", "plan"),
        ("{tools: [escalate_to_security, escalate_to_security]}", "plan"),
        ("{tools: []}", "plan"),
        ("{branch: b-00000000}", "plan"),
        ("{needs_review: false}", "plan"),
    ],
)
def test_plan_is_right_in_every_part_a_case_names(expect: str, outcome: str) -> None:
    assert outcomes("plan", f"{FRAUD}, expect: {expect}") == [outcome]


def test_plan_sees_scores_and_ticket_where_a_case_gives_them() -> None:
    tree = """\
leaf: login_problem
branches:
  - {when: {fetched.margin: {lt: 2}}, reply: ask_which_account}
  - {when: {ticket.language: de}, reply: transfer_help}
  - {reply: request_account_information}
"""
    plan = pipeline(login_problem=tree)
    record = "leaf: login_problem, records: [{account_id: a1}]"
    done = report(
        "plan",
        f"{record}, fetched: {{margin: 1}}, expect: {{reply: ask_which_account}}",
        f"{record}, ticket: {{language: de}}, expect: {{reply: transfer_help}}",
        f"{record}, expect: {{reply: request_account_information}}",
        using=plan,
    )
    assert done.all_pass


def test_no_case_passes_by_a_reply_that_could_not_be_rendered() -> None:
    """The fallback answers `handover` then, which is what this case wants, for another reason."""
    case = "leaf: account_locked, records: [{account_id: a1, fraud_flag: true}], expect: {reply: handover}"
    (result,) = report("plan", case)
    assert (result.outcome, result.step) == ("fail", "template")
    assert "account_number" in result.got["reply"]["error"]


@pytest.mark.parametrize(
    ("expect", "outcome"),
    [
        (
            "{leaf: account_locked, path: [account_access, account_locked], records: [a1], branch: fraud}",
            "pass",
        ),
        ("{leaf: login_problem, records: [a2], reply: handover}", "intent"),
        ("{path: [account_locked]}", "intent"),
        ("{fields: {account: {account_number: [KTR05821]}}}", "pass"),
        ("{fields: {account: {branch: [Riverton]}}, records: [a2]}", "extraction"),
        ("{records: [], reply: handover}", "fetch"),
        ("{reply: handover}", "plan"),
        ("{reply: {contains: [nothing such]}, tools: []}", "plan"),
        ("{reply: {contains: [nothing such]}, tools: [escalate_to_security]}", "template"),
    ],
)
def test_pipeline_names_the_step_that_first_went_wrong(expect: str, outcome: str) -> None:
    assert outcomes("pipeline", f"{TICKET}, expect: {expect}") == [outcome]
    assert outcomes("known_good", f"{TICKET}, expect: {expect}") == [outcome]


def test_pipeline_uses_the_rows_a_case_brings_and_the_sources_otherwise() -> None:
    assert outcomes(
        "pipeline", f"{TICKET}, {ROWS}, expect: {{records: [z9]}}", f"{TICKET}, expect: {{records: [a1]}}"
    ) == ["pass", "pass"]


def test_fallback_wants_an_other_leaf_even_where_the_case_does_not_say_so() -> None:
    assert outcomes(
        "fallback",
        "ticket: {id: T, text: hello}, expect: {leaf: other, reply: handover}",
        "ticket: {id: T, text: hello}, expect: {reply: handover}",
        "ticket: {id: T, text: a transfer}, expect: {reply: transfer_help}",
    ) == ["pass", "pass", "intent"]


def test_one_suite_or_some_cases_can_be_asked() -> None:
    files = {
        "evals/intent/a.jsonl": '{"id": "a", "text": "locked", "expect": "other"}\n'
        '{"id": "b", "text": "x", "expect": "other"}',
        "evals/plan/a.yaml": "- {id: p, leaf: other, expect: {reply: handover}}",
    }
    cases = load_cases(build_snapshot(files))
    assert [result.id for result in evaluate(pipeline(), cases)] == ["a", "b", "p"]
    assert [result.id for result in evaluate(pipeline(), cases, suites=["plan"])] == ["p"]
    assert [result.id for result in evaluate(pipeline(), cases, only={"b", "p"})] == ["b", "p"]
    assert list(evaluate(pipeline(), cases, only={"b"}).suites) == ["intent"]


def test_the_json_is_what_the_design_says() -> None:
    done = report("intent", "text: locked, expect: account_locked", "text: locked, expect: other").to_json()
    assert json.loads(json.dumps(done)) == done
    suite = done["intent"]
    assert (suite["cases"], suite["passed"], suite["failed"], suite["unscored"]) == (2, 1, 1, 0)
    assert suite["failures"] == [
        {
            "id": "c1",
            "place": "evals/intent/a.yaml:2:3",
            "step": "intent",
            "expected": "other",
            "got": "account_locked",
        }
    ]


@pytest.mark.parametrize("reorder", [lambda lines: lines[::-1], lambda lines: lines[2:] + lines[:2]])
def test_the_order_of_cases_changes_nothing(reorder: Callable[[list[Case]], list[Case]]) -> None:
    texts = ["locked", "crash", "transfer", "strange", "hm"]
    cases = [
        Case("intent", f"c{n}", {"id": f"c{n}", "text": text, "expect": "other"})
        for n, text in enumerate(texts)
    ]
    one, two = (evaluate(pipeline(), CaseSet(tuple(some))) for some in (cases, reorder(cases)))
    assert one == two
