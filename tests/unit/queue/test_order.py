"""Fixes land narrow before wide."""

from fixloop.hints.model import Hint
from fixloop.queue.order import landing_order
from fixloop.queue.rebuild import branch_of, hint_of


def a_hint(step: str, target: str = "t") -> Hint:
    """A hint of a step."""
    return Hint(step, "kind", target, "summary", ("fb-1",))


def test_a_template_lands_before_the_leaf_that_sends_it_more_tickets() -> None:
    steps = ["intent", "extraction", "plan", "fetch", "template"]
    ordered = [hint.step for hint in landing_order(a_hint(step) for step in steps)]
    assert ordered == ["template", "plan", "fetch", "extraction", "intent"]


def test_ids_decide_the_rest() -> None:
    hints = [a_hint("plan", target) for target in "abcd"]
    assert landing_order(hints) == landing_order(reversed(hints))


def test_a_branch_name_is_built_and_read_in_one_place() -> None:
    ref = branch_of("h-3f9a2c1b77e01d42")
    assert ref == "refs/heads/fixloop/fix/h-3f9a2c1b77e01d42"
    assert {hint_of(ref), hint_of("fixloop/fix/h-3f9a2c1b77e01d42")} == {"h-3f9a2c1b77e01d42"}
    assert hint_of("refs/heads/main") is None
