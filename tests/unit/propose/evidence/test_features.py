"""What speaks for readings of a branch: texts that others get, tools that go with a reply."""

from collections.abc import Mapping, Sequence

import pytest

from fixloop.feedback.model import Feedback
from fixloop.propose.diagnosis.diagnose import JUDGEMENT, Asking
from fixloop.propose.readings.interventions import Intervention
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told


def readings(
    snapshot: Snapshot, rejected: str, accepted: Sequence[str] = ()
) -> list[tuple[Intervention, Mapping[str, float]]]:
    """Each reading of a ticket that is rejected without a word, with its features."""
    shown = propose_all(snapshot, LOCKED.values())
    wished: Feedback = told(LOCKED[rejected], shown[LOCKED[rejected]], "rejected", comment="no")
    stored = [wished, *(told(LOCKED[name], shown[LOCKED[name]]) for name in accepted)]
    asking = Asking.of(bench_of(snapshot, stored), [wished], frozenset(), {}, JUDGEMENT, stored)
    return [(one.outcome.intervention, one.features) for one in asking.weigh(0)]


def of_deed(found: Sequence[tuple[Intervention, Mapping[str, float]]], *deed: object) -> Mapping[str, float]:
    return next(
        features for one, features in found if one.step == "plan" and one.action and one.action.deed == deed
    )


def overdrawn() -> Snapshot:
    """A text says a column that only one account has."""
    made = minimal_world()
    made["workspace/templates.yaml"] = made["workspace/templates.yaml"].replace(
        "record.hotline", "record.overdraft"
    )
    made["workspace/fetch.yaml"] = made["workspace/fetch.yaml"].replace(
        "      hotline: string\n", "      hotline: string\n      overdraft: string\n"
    )
    rows = made["workspace/records/accounts.jsonl"]
    made["workspace/records/accounts.jsonl"] = rows.replace(
        '"account_number": "PQR77120"', '"account_number": "PQR77120", "overdraft": "none"'
    )
    return build_snapshot(made)


@pytest.mark.parametrize(("accepted", "sent"), [((), 0.0), (("quiet",), 1.0)])
def test_a_text_that_fails_here_and_that_others_get_is_said_to_be_sent(
    accepted: Sequence[str], sent: float
) -> None:
    found = readings(overdrawn(), "open", accepted)
    (text,) = (features for one, features in found if one.step == "template")
    assert text["unrendered"] == 1.0
    assert text["unrendered.sent"] == sent


def test_that_its_tools_go_with_a_reply_is_told_of_what_some_branch_does_as_a_whole() -> None:
    found = readings(build_snapshot(minimal_world()), "open")
    whole = of_deed(found, "security_escalation", ("escalate_to_security",))
    assert whole["tool.in.home.deed"] == whole["tool.in.home"] > 0
    call = of_deed(found, "unlock_instructions", ("escalate_to_security",))
    assert "tool.in.home.deed" not in call
