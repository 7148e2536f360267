"""No fix is named without three near misses: accepted tickets, variants, cases, examples; else one asks."""

import json
from dataclasses import replace

from fixloop.evals.splits import text_in
from fixloop.feedback.model import Feedback
from fixloop.hints.model import A_CASE, Hint
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.repair import Lost, shore
from fixloop.propose.bench.workbench import unused
from fixloop.propose.run import propose
from fixloop.propose.synthesis.guards import ticket_near_misses, with_enough
from fixloop.queue.rebuild import case_files
from tests.support.worlds import minimal_world
from tests.unit.propose.diagnosis.test_diagnosis import bench_of, said_of

BLIND = {"patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']": "patterns: ['\\b[A-F]{3,4}[0-9O]{4,5}\\b']"}
NUMBERS = ("KTR05821", "NSB01234", "PQR77120")
CASES = {
    "evals/extraction/base.yaml": "".join(
        f"- {{id: ex-{n}, text: 'it is {number}', expect: {{account: {{account_number: [{number}]}}}}}}\n"
        for n, number in enumerate(("ABC01234", "ACE20411", "BAD77120", "FED05821"))
    )
}


def blind_world(more: dict[str, str]) -> dict[str, str]:
    """A pattern that reads only numbers of the first letters."""
    world = {**minimal_world(), **more}
    for was, now in BLIND.items():
        assert was in world["workspace/extraction.yaml"]
        world["workspace/extraction.yaml"] = world["workspace/extraction.yaml"].replace(was, now)
    return world


def missed(world: dict[str, str]) -> list[Feedback]:
    return [
        replace(
            said_of(world, n, f"my account {number} is locked, please help", f"{number} was not recognised"),
            expected={"fields": {"account": {"account_number": [number]}}},
            reviewer=f"staff-{n}",
        )
        for n, number in enumerate(NUMBERS)
    ]


def found_in(more: dict[str, str]) -> Hint:
    world = blind_world(more)
    feedback = missed(world)
    bench = bench_of(world, feedback)
    [hint] = [one for one in propose(bench, feedback, (), {}).hints if one.step == "extraction"]
    return hint


def test_where_nothing_shows_the_end_of_a_fix_a_person_is_asked() -> None:
    hint = found_in({})
    assert hint.question is not None
    assert not hint.operations
    assert "near miss" in hint.question.text
    fix = hint.question.choices[0].hint
    assert fix is not None
    assert fix.operations
    assert len(fix.near_misses) < 3
    assert any("near miss" in work for work in fix.open_work)
    assert hint.question.choices[-1].hint is None


def test_cases_of_the_base_are_near_misses_where_nobody_accepted_anything() -> None:
    hint = found_in(CASES)
    assert hint.question is None
    assert len(hint.near_misses) == 3
    assert all(str(one["source"]).startswith(A_CASE + "ex-") for one in hint.near_misses)
    # They stand in their own file already.
    assert b"ex-" not in b"".join(case_files(hint).values())
    assert hint.written_cases == hint.cases


def test_examples_of_other_leaves_keep_their_leaf_where_there_is_no_case() -> None:
    world = minimal_world()
    texts = (
        "please take back what I paid",
        "undo my payment to the shop",
        "get my money back from the payee",
    )
    feedback = [
        replace(said_of(world, n, text, "this is payment_recall"), expected={"leaf": "payment_recall"})
        for n, text in enumerate(texts)
    ]
    bench = bench_of(world, feedback)
    fixes = [one for one in propose(bench, feedback, (), {}).hints if one.kind == "add_example"]
    assert fixes
    for fix in fixes:
        assert fix.question is not None or len(fix.near_misses) >= 3
        for one in fix.near_misses:
            answered = bench.pipeline.classify([str(one["text"])])[0]
            assert answered.leaf == one["expect"] != "payment_recall"


def test_the_rejected_as_another_leafs_is_a_near_miss_of_a_template() -> None:
    recall = "leaf: payment_recall\nowner: payments-team\nbranches: [{reply: handover}]\n"
    world = {**minimal_world(), "plan_trees/payment_recall.yaml": recall}
    reply = "Please check the account number and the name of the payee."
    feedback = [
        replace(said_of(world, n, text, "the name has to be checked too"), reply=reply, reviewer=f"staff-{n}")
        for n, text in enumerate(("my transfer was rejected", "why did the transfer fail again"))
    ]
    fixes = [
        one
        for one in propose(bench_of(world, feedback), feedback, (), {}).hints
        if one.kind == "edit_template"
    ]
    assert [len(fix.near_misses) >= 3 for fix in fixes] == [True]
    assert all(one["expect"]["reply"] != "transfer_help" for one in fixes[0].near_misses)


def test_a_ticket_without_a_word_teaches_nothing_and_becomes_no_case() -> None:
    texts = ("   ", "my account is locked, please help")
    told = [said_of(minimal_world(), n, text, "", "accepted") for n, text in enumerate(texts)]
    bench = bench_of(minimal_world(), told)
    assert [text for text, _ in bench.accepted] == [texts[1]]
    assert unused(bench, ["   ", "", "something quite new"]) == ["something quite new"]


def test_what_a_fix_teaches_is_no_near_miss_of_it() -> None:
    """One text, one split: an accepted ticket that becomes an example cannot be asked as a case as well."""
    world = minimal_world()
    near = ("please take my payment back", "undo my payment please", "take back my payment to the shop")
    accepted = [said_of(world, n, text, "", "accepted") for n, text in enumerate(near)]
    [leaf] = {str(one.proposal["leaf"]) for one in accepted}
    rejected = said_of(world, 9, "the payment should be undone again", f"this is {leaf}")
    rejected = replace(rejected, expected={"leaf": leaf})
    bench = bench_of(world, [*accepted, rejected])
    taught = tuple(Operation("add_example", {"leaf": leaf, "text": text}) for text in near)
    case = {"suite": "intent", "text": "the payment should be undone again", "expect": leaf}
    draft = Draft("intent", "add_example", "x", "x", (rejected,), taught, (case,), (), {})
    told = [text_in(one["suite"], one) for one in with_enough(bench, draft).near_misses]
    assert told
    assert not set(told) & set(near)


def test_what_is_an_example_already_is_no_near_miss() -> None:
    world = minimal_world()
    known = [
        json.loads(line)["text"] for line in world["workspace/examples/login_problem.jsonl"].splitlines()
    ]
    texts = [*known[:2], "something about the sign in page that nobody has said yet"]
    bench = bench_of(world, [said_of(world, n, text, "", "accepted") for n, text in enumerate(texts)])
    assert [case["ticket"]["text"] for case in ticket_near_misses(bench, ())] == texts[2:]


def test_what_shores_up_a_fix_is_no_near_miss_of_it() -> None:
    world = minimal_world()
    near = ("please take my payment back", "undo my payment please")
    accepted = [said_of(world, n, text, "", "accepted") for n, text in enumerate(near)]
    leaf = str(accepted[0].proposal["leaf"])
    bench = bench_of(world, accepted)
    miss = {"suite": "pipeline", "ticket": dict(accepted[0].ticket), "expect": {"leaf": leaf}}
    draft = Draft("intent", "add_example", "x", "x", (), (), (), (miss,), {})
    shored = shore(bench, draft, [Lost(near[0], leaf)])
    assert shored is not None
    assert [one.args["text"] for one in shored.operations] == [near[1]]
