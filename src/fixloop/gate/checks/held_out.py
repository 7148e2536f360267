"""Cases that no proposer has seen: is the result worse on them? Pass or fail, and nothing else is told."""

from typing import TYPE_CHECKING

from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.workspace.text import count

if TYPE_CHECKING:
    from fixloop.gate.held_out import Answer


def check(trial: Trial) -> Check:
    """Asked where the trial brings a set: by `merge`, `cycle` and servers; `gate` alone wears nothing out."""
    if trial.held_out is None or trial.held_out_later:
        later = "asked when the change lands" if trial.held_out_later else "no held-out set was asked"
        return Check("held_out", SKIP, later)
    from fixloop.gate.held_out import FEWEST, WORN_OUT, HeldOutSet  # most runs ask none

    held_out = HeldOutSet(trial.held_out)
    if len(held_out.cases) < FEWEST:
        return Check("held_out", SKIP, f"the held-out set is too small: {FEWEST} cases are the least")
    found = held_out.ask(trial.base, trial.result, trial.suites)
    if found.said == WORN_OUT:
        detail = f"the held-out set is worn out after {found.asked} questions: rotate it (docs/heldout.md)"
        return Check("held_out", SKIP, detail)
    return Check("held_out", FAIL if found.said == FAIL else PASS, _told(found))


def _told(found: "Answer") -> str:
    from fixloop.gate.held_out import NOTHING_DIFFERS

    if found.said == NOTHING_DIFFERS:
        return "nothing that an answer depends on differs; not counted as a question"
    than = "worse by more than" if found.said == FAIL else "not worse than"
    asked = f"{count(found.asked, 'question')} so far"
    soon = "; it wears out: rotate it soon (docs/heldout.md)" if found.rotate else ""
    return f"{than} the margin of {found.margin:.3g} in {found.cases} cases; {asked}{soon}"
