"""`spec`: any hint as work that somebody could do by hand."""

from pathlib import Path

import pytest

from fixloop.cli.app import build_app
from fixloop.commands.propose import propose
from fixloop.commands.spec import specification
from fixloop.errors import BadInput
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.loop import bank, row, tell


def test_a_hint_says_when_it_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    wish = {"reply": "security_escalation", "tools": ["escalate_to_security"]}
    texts = ["my account KTR05821 is locked", "locked out of my account KTR05821 again"]
    rows = [row(n, t, "fraud flag is set, to security", expected=wish) for n, t in enumerate(texts, 1)]
    rows += [row(3, "my account NSB01234 is locked", outcome="accepted")]
    tell(desk, rows)
    hint = next(one for one in propose(desk).hints if one.operations)
    told = specification(desk, hint.id)
    assert told.steps
    assert {one.comment for one in told.evidence} == {"fraud flag is set, to security"}
    assert all(one.proposed == told.evidence[0].proposed for one in told.evidence)
    document = told.to_json()
    assert document["cases"]
    assert document["edits"] == list(told.steps)
    code = build_app()(["spec", hint.id, "--repo", str(desk.folder)], standalone_mode=False)
    said = capsys.readouterr().out
    assert code in (0, None)
    for part in (hint.summary.split(":")[0], "Evidence", "Edits", "Done when these pass"):
        assert part in said


def test_no_such_hint_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        specification(bank(tmp_path), "h-0000")
