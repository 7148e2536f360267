"""What no operation mends is written down: what should happen, evidence, a case that fails."""

from fixloop.pipeline.fixture import Forced
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.spec import said_of, specify
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, group, propose_all, told, world


def test_a_specification_has_what_any_hint_has_but_operations() -> None:
    shown = propose_all(world(), LOCKED.values())
    asked = ("open", "quiet")
    feedback = [told(t, shown[t], "rejected" if n in asked else "accepted") for n, t in LOCKED.items()]
    bench = bench_of(world(), feedback)
    rejected = [one for one in feedback if one.outcome == "rejected"]
    wish = Wanted(leaf="account_locked", reply="transfer_help", tools=())
    change = Intervention("plan", "add_branch", "plan_trees/account_locked.yaml", wish, Forced(), 1.0)
    found = group(bench, [(one, change) for one in rejected])
    hint = specify(bench, found, ["no condition separates them", "no condition separates them"])
    assert hint is not None
    assert (hint.step, hint.kind, hint.operations) == ("code", "spec", ())
    assert hint.summary.startswith("account_locked/")
    assert "reply transfer_help, not" in hint.summary
    assert hint.cases[0]["expect"] == {"reply": "transfer_help"}
    assert hint.open_work == ("what was tried: no condition separates them",)
    assert len(hint.near_misses) >= 3
    assert specify(bench, group(bench, [(rejected[0], change)]), []) is None


def test_an_outcome_is_told_in_a_few_words() -> None:
    assert (
        said_of({"records": ["a1"], "tools": ["call", {"name": "write"}]})
        == "record a1 and calls call, write"
    )
    assert said_of({"reply": {"contains": ["x"]}}) == "reply with another text"
    assert said_of({}) == "another answer"
