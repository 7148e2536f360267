"""Columns that a text says and should not; answers that cannot come out for a ticket at all."""

from collections.abc import Mapping

import pytest

from fixloop.propose.evidence.filled import Filled
from fixloop.propose.evidence.variables import columns_of, wrong_variables
from fixloop.propose.readings.catalog import Catalog
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import Workspace
from tests.support.worlds import build_snapshot, minimal_world

FIELDS = "      hotline: string\n"
MORE = FIELDS + "".join(f"      {name}: string\n" for name in ("sort_code", "channel", "opened", "segment"))
LETTERS = """\
letter_{n}:
  description: A letter.
  text: Your account {{{{ record.account_number }}}} at {{{{ record.branch }}}} is being looked at.
"""


def workspace(last: str, says: str = "Our letter goes to") -> Workspace:
    """A bank with several texts that say two columns, and one more that says `last`."""
    files = minimal_world()
    files["workspace/fetch.yaml"] = files["workspace/fetch.yaml"].replace(FIELDS, MORE)
    texts = "".join(LETTERS.format(n=n) for n in range(6))
    own = f"last:\n  description: The last.\n  text: {says} {{{{ record.{last} }}}}.\n"
    return load_workspace(build_snapshot({**files, "workspace/templates.yaml": TEMPLATES + texts + own}))


TEMPLATES = minimal_world()["workspace/templates.yaml"]


def test_a_column_that_nothing_else_says_and_no_word_names_speaks_against_a_text() -> None:
    assert wrong_variables(workspace("segment"))["last"] > 1.0


@pytest.mark.parametrize(
    ("column", "says"), [("branch", "Our letter goes to"), ("segment", "Our letter goes to your segment")]
)
def test_a_column_that_other_texts_say_or_a_word_names_speaks_for_it(column: str, says: str) -> None:
    found = wrong_variables(workspace(column, says))
    assert found["last"] < wrong_variables(workspace("segment"))["last"] - 1.0


def test_a_text_without_a_column_cannot_say_a_wrong_one() -> None:
    found = wrong_variables(workspace("segment"))
    assert found["handover"] == min(found.values()) < 0
    assert columns_of(workspace("segment").templates["handover"]) == frozenset()


BOTH = frozenset({"record.account_id", "record.hotline"})


@pytest.mark.parametrize(
    ("reply", "tools", "given", "could"),
    [
        ("unlock_instructions", (), BOTH, True),
        ("unlock_instructions", (), BOTH - {"record.hotline"}, False),
        ("handover", (), frozenset(), True),
        ("", ("escalate_to_security",), BOTH, True),
        ("", ("escalate_to_security",), frozenset(), False),
        ("", ("not_called",), frozenset(), True),
    ],
)
def test_an_answer_that_lacks_a_value_could_not_come_out(
    reply: str, tools: tuple[str, ...], given: frozenset[str], could: bool
) -> None:
    filled = Filled.of(Catalog.of(load_workspace(build_snapshot(minimal_world()))))
    assert filled.could(reply, tools, given) is could


@pytest.mark.parametrize(
    ("texts", "needed"),
    [
        ({"en": "Hello {{ record.hotline }}", "de": "Hallo {{ record.branch }}"}, set()),
        ({"en": "Hello {{ record.hotline }}", "de": "Hallo {{ record.hotline }}"}, {"record.hotline"}),
        ({"": "{% if record.hotline %}{{ record.hotline }}{% endif %}"}, set()),
        ({"": "{{ fields.people.given_name | first }}"}, {"fields.people.given_name"}),
        ({"": "{{ record.hotline | default('none') }}"}, set()),
    ],
)
def test_a_text_needs_what_it_says_in_every_language_and_without_blocks(
    texts: Mapping[str, str], needed: set[str]
) -> None:
    made = minimal_world()
    said = "".join(f'    {language or "en"}: "{text}"\n' for language, text in texts.items())
    own = f"own:\n  description: Own.\n  text:\n{said}"
    loaded = load_workspace(build_snapshot({**made, "workspace/templates.yaml": TEMPLATES + own}))
    assert Filled.of(Catalog.of(loaded)).texts["own"] == needed
