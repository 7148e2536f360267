from typing import Any

import pytest

from fixloop.feedback.slips import Names, Slip
from tests.support.worlds import build_workspace

NAMES = Names(build_workspace())


@pytest.mark.parametrize(
    "expected, found",
    [
        ({"reply": "unlock_instructons"}, [Slip("reply", "unlock_instructons", "unlock_instructions")]),
        ({"reply": {"template": "Transfer-Help"}}, [Slip("reply", "Transfer-Help", "transfer_help")]),
        ({"reply": "transfer_hlp"}, [Slip("reply", "transfer_hlp", "transfer_help")]),
        ({"leaf": "acount_locked"}, [Slip("leaf", "acount_locked", "account_locked")]),
        (
            {"tools": ["escalate_to_securty", {"name": "escalate_to_secrity"}]},
            [
                Slip("tool", "escalate_to_securty", "escalate_to_security"),
                Slip("tool", "escalate_to_secrity", "escalate_to_security"),
            ],
        ),
    ],
)
def test_a_slip_of_the_pen_names_what_was_meant(expected: dict[str, Any], found: list[Slip]) -> None:
    assert list(NAMES.slips_in(expected)) == found


@pytest.mark.parametrize(
    "expected",
    [
        None,
        {"leaf": "account_locked", "reply": "transfer_help", "tools": ["escalate_to_security"]},
        {"leaf": "payment_holiday", "reply": "transfer_done", "tools": ["open_case"]},
        {"reply": {"contains": ["transfer_hlp"]}, "tools": []},
        {"records": ["acc_1"]},
    ],
)
def test_what_is_known_and_what_is_new_are_no_slips(expected: dict[str, Any] | None) -> None:
    assert NAMES.slips_in(expected) == ()
