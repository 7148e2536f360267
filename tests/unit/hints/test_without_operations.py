"""A hint that changes nothing: what a person may do with it."""

from dataclasses import replace

from fixloop.hints.model import Hint, instead_of_applying
from fixloop.report.hints import next_for

NOTHING = Hint("template", "edit_template", "workspace/templates.yaml#help", "", ("fb-0000000000000001",), ())


def test_nothing_to_fix_is_closed() -> None:
    assert instead_of_applying(NOTHING) == [f"fixloop reject {NOTHING.id} --why staff_wrong"]


def test_what_is_left_open_is_written_by_somebody() -> None:
    left = replace(NOTHING, open_work=("nobody has said yet what should stand there instead",))
    assert next_for(left, "proposed") == [
        f"fixloop spec {left.id}",
        "fixloop hint new --evidence fb-0000000000000001",
        f"fixloop reject {left.id} --why CODE",
    ]
