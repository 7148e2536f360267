"""A corrected reply becomes an edit of the template's source, with its variables put back."""

from fixloop.propose.synthesis.pieces import align, edit_of, restore

SOURCE = "Dear customer, please visit {{ fields.account.branch | first }} with your passport."


def test_walkthrough_four() -> None:
    pieces = align(SOURCE, "Dear customer, please visit Riverton with your passport.")
    assert pieces is not None
    values = {"0800 1234": "{{ record.hotline }}"}
    edit = edit_of(pieces, "Dear customer, please call 0800 1234 with your passport.", values)
    assert edit is not None
    assert edit.was == "visit {{ fields.account.branch | first }}"
    assert edit.to == "call {{ record.hotline }}"
    assert (edit.rendered_was, edit.rendered_to) == ("visit Riverton", "call 0800 1234")


def test_a_literal_change_leaves_the_variables_alone() -> None:
    pieces = align("The fee is 2.75 % at {{ fields.x.y }}.", "The fee is 2.75 % at home.")
    assert pieces is not None
    edit = edit_of(pieces, "The fee is 1.95 % at home.", {})
    assert edit is not None
    assert edit.was.strip() in "The fee is 2.75 %"
    assert edit.to.strip() in "1.95 %"
    assert "{{" not in edit.was


def test_the_same_reply_is_no_edit() -> None:
    pieces = align(SOURCE, "Dear customer, please visit Riverton with your passport.")
    assert pieces is not None
    assert edit_of(pieces, "Dear customer, please visit Riverton with your passport.", {}) is None


def test_a_reply_the_template_cannot_have_given_is_not_aligned() -> None:
    assert align(SOURCE, "Something else entirely.") is None


def test_braces_of_staff_are_made_harmless() -> None:
    assert "{{" not in restore("say {{ config }} and {% raw %}", {})
    assert restore("call 0800 12345", {"0800 1234": "{{ record.hotline }}"}) == "call 0800 12345"
