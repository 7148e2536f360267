"""What rejections are read as: values not read, causes shared, places that accepted tickets speak for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint, Measured
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import NoCache
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench, build_workbench
from fixloop.propose.diagnosis.causes import share_causes
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading, diagnose, judgement_of
from fixloop.propose.evidence.leaf_evidence import rarity
from fixloop.propose.evidence.memory import suggest
from fixloop.propose.evidence.weights import PRIORS
from fixloop.propose.offer.rank import rank
from fixloop.propose.readings.catalog import cut_off_leaves
from fixloop.propose.readings.interventions import Intervention, Way
from fixloop.propose.run import propose
from fixloop.workspace.improver import Improver, load_improver
from tests.support.worlds import build_snapshot, build_workspace, minimal_world


def told(number: int, text: str, comment: str = "no", outcome: str = "rejected", **more: object) -> Feedback:
    """A ticket as the minimal world answers it, and what staff say."""
    return said_of(minimal_world(), number, text, comment, outcome, **more)


def said_of(
    world: dict[str, str], number: int, text: str, comment: str, outcome: str = "rejected", **more: object
) -> Feedback:
    ticket = {"id": f"T-{number}", "text": text}
    pipeline = compile_pipeline(build_workspace(world), NoCache())
    proposal = pipeline.propose([parse_ticket(ticket)])[0].to_json()
    one = Feedback(f"fb-{number:016x}", "native", ticket, outcome, comment, "staff-1", proposal=proposal)
    return replace(one, **more)  # type: ignore[arg-type]


def bench_of(world: dict[str, str], feedback: Sequence[Feedback]) -> Workbench:
    return build_workbench("0" * 40, build_snapshot(world), feedback, NoCache())


def read(feedback: Sequence[Feedback], world: dict[str, str] | None = None) -> list[Diagnosis]:
    rejections = [one for one in feedback if one.outcome != "accepted"]
    return diagnose(bench_of(world or minimal_world(), feedback), rejections, feedback=feedback)


def test_a_number_that_a_broken_pattern_misses_is_found_in_the_text() -> None:
    world = minimal_world()
    world["workspace/extraction.yaml"] = world["workspace/extraction.yaml"].replace(
        "[A-Z]{3,4}", "[A-F]{3,4}"
    )
    one = said_of(world, 1, "my account KTR05821 is locked", "the account number KTR05821 was not recognised")
    best = read([one], world)[0].best.intervention
    assert (best.step, best.target) == ("extraction", "workspace/extraction.yaml#account.account_number")
    assert best.value is not None
    assert best.value.text == "KTR05821"


def test_a_look_alike_of_a_known_number_asks_for_variants_first() -> None:
    world = minimal_world()
    off = world["workspace/extraction.yaml"].replace("      variants: confusable\n", "")
    world["workspace/extraction.yaml"] = off
    one = said_of(world, 1, "my account KTRO5821 is locked", "account number KTRO5821 not recognised")
    readings = [
        r.intervention for r in read([one], world)[0].readings if r.intervention.kind == "add_pattern"
    ]
    assert readings[0].value is not None
    assert readings[0].value.text == "KTR05821"
    assert readings[0].options[0].kind == "set_variants"


def test_a_corrected_reply_that_another_record_gives_names_fetch() -> None:
    one = told(1, "Alex here, Easton, Riverton: my account is locked", reply="")
    bench = bench_of(minimal_world(), [one])
    right = bench.pipeline.plan(
        "account_locked", {}, [{"account_id": "a3", "hotline": "0800 5678"}]
    ).reply.text
    asked = replace(one, comment="", reply=right, outcome="edited")
    found = read([asked])[0]
    assert any(r.intervention.step == "fetch" for r in found.readings[:3])


def test_two_changes_that_only_together_give_the_corrected_reply_are_both_readings() -> None:
    one = told(1, "why did the transfer fail, NSB01234, I am Alex")
    wanted = "Our security team will contact you about KTR05821."
    found = read([replace(one, comment="", reply=wanted, outcome="edited")])[0]
    wished = {(r.intervention.wanted.leaf, r.intervention.wanted.records) for r in found.readings[:4]}
    assert {("account_locked", None), (None, ("a1",))} <= wished


def test_what_several_want_gets_likelier_for_each_of_them() -> None:
    alone = read([told(1, "my account is locked, NSB01234", "security desk")])[0]
    other = replace(alone, feedback=told(2, "my account is locked, PQR77120", "security desk"))
    together = share_causes(bench_of(minimal_world(), []), [alone, other])[0]
    share = {r.key: r.probability for r in together.readings}
    assert share[alone.best.key] > alone.best.probability


def test_who_means_a_leaf_is_heard_beside_who_means_something_new() -> None:
    asked = ("locked account", "locked account again", "again a locked account", "dancing lessons")
    found = read([told(n, text, comment=text) for n, text in enumerate(asked, 1)])
    teach = Intervention("intent", "add_example", "x", Wanted(leaf="account_locked"), None, 1.0)
    new = Intervention("intent", "add_leaf", "workspace/intents.yaml", Wanted(), None, 1.0)

    def of(one: Diagnosis, share: float) -> Diagnosis:
        return replace(one, readings=(Reading(teach, share), Reading(new, round(1 - share, 6))))

    told_by = [of(one, share) for one, share in zip(found, (0.5, 0.9, 0.1, 0.1), strict=True)]
    shares = {r.key: r.probability for r in share_causes(bench_of(minimal_world(), []), told_by)[0].readings}
    assert 0.1 < shares[teach.key] < 0.6


def test_a_small_doubt_about_hundreds_does_not_outvote_what_each_says() -> None:
    found = read([told(n, f"text {n}", comment=f"word {n}") for n in range(4)])
    text = Intervention("template", "edit_template", "workspace/templates.yaml#handover", Wanted(), None, 1.0)

    def of(number: int) -> Diagnosis:
        one = found[number % len(found)]
        wish = Wanted(leaf=f"leaf_{number}")
        mine = Intervention("intent", "add_edge", f"workspace/intents.yaml#leaf_{number}", wish, None, 1.0)
        return replace(one, company=None, readings=(Reading(mine, 0.8), Reading(text, 0.04)))

    together = share_causes(bench_of(minimal_world(), []), [of(number) for number in range(600)])
    assert all(one.best.intervention.step == "intent" for one in together)


def test_where_staff_accept_again_and_again_a_lone_no_is_rather_a_mistake() -> None:
    wrong = told(1, "my account is locked, NSB01234", "no")
    accounts = ("PQR77120", "NSB01234")
    right = [told(n, f"{n} account is locked, {accounts[n % 2]}", "", "accepted") for n in range(2, 12)]

    def nothing(feedback: Sequence[Feedback]) -> float:
        readings = read(feedback)[0].readings
        return sum(r.probability for r in readings if r.intervention.step == "none")

    assert nothing([wrong, *right]) > nothing([wrong])


def test_a_threshold_is_the_cause_where_unlike_leaves_are_held_back() -> None:
    target = "workspace/intents.yaml#thresholds.root"

    bench = bench_of(minimal_world(), [])

    def held(number: int, leaf: str) -> Diagnosis:
        one = told(number, f"text {number}")
        ways = (Way("set_threshold", target), Way("add_example", f"workspace/examples/{leaf}.jsonl"))
        change = Intervention(
            "intent", "add_example", ways[1].target, Wanted(leaf=leaf), None, 1.0, ways=ways
        )
        return Diagnosis(one, bench_of(minimal_world(), [one]).before[one.id], (Reading(change, 0.9),), True)

    found = share_causes(bench, [held(1, "login_problem"), held(2, "transfer_failed")])
    assert {one.best.intervention.target for one in found} == {target}
    assert len({one.best.key for one in found}) == 1


# --- order and memory -------------------------------------------------------------------------------------


def hint(target: str, support: int, moved: int = 0, step: str = "plan", to: str = "x") -> Hint:
    operations = (Operation("set_reply", {"leaf": target, "branch": "default", "was": "a", "to": to}),)
    evidence = tuple(f"fb-{target}-{to}-{n}" for n in range(support))
    measured = Measured("0" * 40, support, support, (), moved, 100)
    return Hint(step, "set_reply", target, "", evidence, operations, measured=measured, confidence=0.9)


def test_versions_of_one_fix_do_not_fill_the_top() -> None:
    versions = [hint("plan_trees/a.yaml", 5, to=f"v{n}") for n in range(4)]
    other = hint("plan_trees/b.yaml", 3)
    ranked = rank([*versions, other])
    assert ranked[0].target == "plan_trees/a.yaml"
    assert ranked[1] == other


def test_a_fix_that_moves_much_more_than_it_was_asked_to_waits() -> None:
    narrow, wide = hint("plan_trees/a.yaml", 3, moved=3), hint("plan_trees/b.yaml", 3, moved=60)
    assert rank([wide, narrow]) == [narrow, wide]


def test_decisions_move_the_suggested_priors_and_nothing_else() -> None:
    hints = {
        one.id: one for n in range(6) for one in [hint(f"t{n}", 1, step="plan" if n < 3 else "template")]
    }
    events = [
        Event(f"2026-11-0{n + 1}T00:00:00Z", "ann", "approved" if one.step == "plan" else "rejected", key)
        for n, (key, one) in enumerate(hints.items())
    ]
    found = suggest(events, hints, Improver())
    assert found.improver.priors["plan"] > PRIORS["plan"]
    assert found.improver.priors["template"] < PRIORS["template"]
    assert sum(found.improver.priors.values()) == pytest.approx(1, abs=0.01)
    again = load_improver(build_snapshot({"workspace/improver.yaml": found.render()}))
    assert again.priors == found.improver.priors
    assert suggest((), {}, Improver()).improver.priors == pytest.approx(
        {step: share / sum(PRIORS.values()) for step, share in PRIORS.items()}, abs=1e-3
    )


def test_the_file_of_a_workspace_is_what_is_believed() -> None:
    improver = load_improver(
        build_snapshot({"workspace/improver.yaml": "version: 2\npriors: {plan: 0.9}\nmargin: 0.5\n"})
    )
    judgement = judgement_of(improver)
    assert judgement.priors["plan"] == 0.9
    assert judgement.priors["intent"] == PRIORS["intent"]
    assert judgement.margin == 0.5


def cut(world: dict[str, str], was: str, to: str) -> dict[str, str]:
    world["workspace/intents.yaml"] = world["workspace/intents.yaml"].replace(was, to)
    return world


def test_what_hangs_loose_is_the_topmost_intent_that_nothing_leads_to() -> None:
    whole = build_workspace(minimal_world()).intents
    assert cut_off_leaves(whole) == {}
    below = build_workspace(
        cut(minimal_world(), "root: [account_access, payments]", "root: [account_access]")
    )
    assert cut_off_leaves(below.intents) == {"transfer_failed": "payments", "payment_recall": "payments"}
    alone = build_workspace(cut(minimal_world(), "[transfer_failed, payment_recall]", "[transfer_failed]"))
    assert cut_off_leaves(alone.intents) == {"payment_recall": "payment_recall"}


def test_leaves_cut_off_at_one_place_are_one_fault_and_its_edge_mends_them() -> None:
    world = cut(minimal_world(), "root: [account_access, payments]", "root: [account_access]")
    said = [
        said_of(
            world, 1, "the transfer was rejected, why", "a transfer", expected={"leaf": "transfer_failed"}
        ),
        said_of(
            world, 2, "please recall the payment I made", "a recall", expected={"leaf": "payment_recall"}
        ),
    ]
    bench = bench_of(world, said)
    found = propose(bench, said, (), {}).hints
    assert [o.to_json() for o in found[0].operations if o.op == "add_edge"] == [
        {"op": "add_edge", "parent": "root", "child": "payments"}
    ]
    assert set(found[0].evidence) == {one.id for one in said}


def test_a_lone_wish_for_something_new_asks_for_a_leaf() -> None:
    one = told(
        1, "do you offer travel insurance", "asks for travel insurance", expected={"leaf": "insurance"}
    )
    found = propose(bench_of(minimal_world(), [one]), [one], (), {}).hints
    assert [(h.step, h.kind, h.target) for h in found] == [("intent", "add_leaf", "workspace/intents.yaml")]
    assert found[0].question is not None
    assert found[0].operations == ()
    first = found[0].question.choices[0].hint
    assert first is not None
    assert (first.kind, first.operations) == ("add_leaf", ())


def test_a_template_that_nothing_uses_may_be_the_answer_of_a_leaf_that_went() -> None:
    world = minimal_world()
    world["workspace/templates.yaml"] += (
        "card_replaced:\n  description: A lost card is replaced.\n  text: We have sent you a new card.\n"
    )
    one = said_of(world, 1, "I lost my bank card in the park", "", outcome="edited")
    corrected = replace(one, reply="We have sent you a new card.")
    best = read([corrected], world)[0].best.intervention
    assert (best.step, best.kind, best.target) == ("intent", "add_leaf", "workspace/intents.yaml")


def test_rarity_is_of_what_is_seldom_as_low() -> None:
    usual = [n / 100 for n in range(1, 100)]
    assert rarity(usual, 0.0) == 1.5
    assert rarity(usual, 1.0) == -1.0
    assert rarity(usual, 0.3) > rarity(usual, 0.6)
    assert rarity([], 0.3) == 0.0
