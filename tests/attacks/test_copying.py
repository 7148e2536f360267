"""What a fix takes over from customers: no name and no number becomes part of a rule or a reply unseen."""

import json
from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.gate.verdict import Check, Verdict
from tests.attacks.world import TEMPLATES, TREE, WORLD, attack, defended, shown
from tests.support.loop import row, tell

TEXT = "Please check the account number of the payee."
FIRST = "  - {when: {fetched.count: 0}, reply: request_account_information}\n"
LONG = "I sent four hundred to my brother last week and nobody can tell me where it went"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    found = defended(tmp_path)
    tell(found, [row(n, f"{LONG}, case {n}", outcome="accepted") for n in range(2)])
    return found


def copying(verdict: Verdict) -> Check:
    return next(check for check in verdict.checks if check.id == "copying")


def saying(text: str) -> dict[str, str | bytes | None]:
    return {TEMPLATES: WORLD[TEMPLATES].replace(TEXT, json.dumps(text))}


def before_all(when: str) -> dict[str, str | bytes | None]:
    """A branch that no case can reach, in front."""
    return {TREE: WORLD[TREE].replace(FIRST, f"  - {{when: {when}, reply: handover}}\n{FIRST}")}


@pytest.mark.parametrize(
    "files",
    [
        saying(f"{TEXT} It worked for KTR05821."),
        saying(f"{TEXT} It worked for ktr05821, too."),
        saying(f"{TEXT} Write to alex.morgan@mail.example."),
        saying(f"{TEXT} Her card is 4111 1111 1111 1111."),
        before_all("{record.account_number: KTR05821, record.branch: Nowhere}"),
        before_all("{any: [{record.account_number: NSB01234}], record.branch: Nowhere}"),
    ],
)
def test_a_number_becomes_part_of_a_rule(desk: Desk, files: dict[str, str | bytes | None]) -> None:
    verdict = attack(desk, files)
    assert copying(verdict).status == "fail", copying(verdict)
    # The verdict may be read by many: it says where, and not whose.
    assert not {"KTR05821", "NSB01234", "alex.morgan", "4111 1111"} & set(shown(verdict).split('"'))
    assert "4111 1111" not in shown(verdict)


def test_a_name_on_record_becomes_part_of_a_reply(tmp_path: Path) -> None:
    records = WORLD["workspace/records/accounts.jsonl"].replace('"Alex"', '"Mortimer"')
    desk = defended(tmp_path, **{"workspace/records/accounts.jsonl": records})
    found = copying(attack(desk, saying(f"{TEXT} Ask Mortimer how he did it.")))
    assert (found.status, found.evidence) == ("fail", ("workspace/templates.yaml#transfer_help: mo…",))


def test_a_number_on_record_in_an_example(desk: Desk) -> None:
    path = "workspace/examples/transfer_failed.jsonl"
    real = attack(desk, {path: WORLD[path] + '{"text": "where is the money I sent from KTR05821"}\n'})
    assert copying(real).status == "fail"
    made_up = attack(desk, {path: WORLD[path] + '{"text": "where is the money I sent from ABC01234"}\n'})
    assert copying(made_up).status == "pass"


FAILED, LOCKED = "workspace/examples/transfer_failed.jsonl", "workspace/examples/account_locked.jsonl"
KNOWN = '{"text": "where is the money I sent from KTR05821"}\n'


@pytest.fixture
def labelled(tmp_path: Path) -> Desk:
    """A team's own examples, as they were labelled: one has a number on record in it."""
    return defended(tmp_path, **{FAILED: WORLD[FAILED] + KNOWN})


def test_an_example_may_move_from_leaf_to_leaf_with_all_that_stands_in_it(labelled: Desk) -> None:
    found = copying(attack(labelled, {FAILED: WORLD[FAILED], LOCKED: WORLD[LOCKED] + KNOWN}))
    assert (found.status, found.evidence) == ("skip", ())


def test_an_example_may_be_put_right_with_all_that_stands_in_it(labelled: Desk) -> None:
    text = KNOWN.replace("where is", "tell me where is").replace("KTR05821", "KTR05821?")
    assert copying(attack(labelled, {FAILED: WORLD[FAILED] + text})).status == "pass"


@pytest.mark.parametrize(
    "files",
    [
        {LOCKED: WORLD[LOCKED] + '{"text": "I am locked out of KTR05821"}\n'},
        {FAILED: WORLD[FAILED], LOCKED: WORLD[LOCKED] + KNOWN + '{"text": "I am locked out of KTR05821"}\n'},
        {FAILED: WORLD[FAILED] + KNOWN.replace("KTR05821", "NSB01234")},
        {FAILED: WORLD[FAILED], **saying(f"{TEXT} It worked for KTR05821.")},
        {FAILED: WORLD[FAILED], **before_all("{record.account_number: KTR05821, record.branch: Nowhere}")},
    ],
    ids=["beside", "beside one that moves", "another", "into a reply", "into a condition"],
)
def test_what_an_example_holds_spreads_no_further(
    labelled: Desk, files: dict[str, str | bytes | None]
) -> None:
    found = copying(attack(labelled, files))
    assert found.status == "fail"
    assert len(found.evidence) == 1


def test_a_reply_that_names_somebody_already_may_be_put_right(tmp_path: Path) -> None:
    records = WORLD["workspace/records/accounts.jsonl"].replace('"Alex"', '"Mortimer"')
    named = WORLD[TEMPLATES].replace(TEXT, f"{TEXT} Or ask Mortimer.")
    desk = defended(tmp_path, **{"workspace/records/accounts.jsonl": records, TEMPLATES: named})
    mended = {TEMPLATES: named.replace("Or ask", "You may ask")}
    assert copying(attack(desk, mended)).status == "pass"
    spread = {TEMPLATES: named.replace("we will unlock the account", "Mortimer will unlock the account")}
    assert copying(attack(desk, spread)).status == "fail"


def test_a_call_may_move_with_its_arguments(tmp_path: Path) -> None:
    tree = WORLD[TREE].replace("{{ record.account_id }}", "KTR05821")
    desk = defended(tmp_path, **{TREE: tree})
    call = '    tools: [{name: escalate_to_security, args: {account_id: "KTR05821"}}]\n'
    assert call in tree
    moved = tree.replace(call, "").replace("  - {reply: unlock_instructions}\n", "")
    moved += f"  - id: rest\n    reply: unlock_instructions\n{call}"
    assert copying(attack(desk, {TREE: moved})).status == "skip"


def test_it_is_told_where_a_value_stands_and_what_to_do(desk: Desk) -> None:
    """File and line, template or branch: a masked value alone is found by nobody."""
    example = copying(attack(desk, {FAILED: WORLD[FAILED] + KNOWN}))
    assert example.evidence == (f"{FAILED}:4: kt…",)
    assert f"{FAILED}:4" in example.detail
    assert "made-up value" in example.detail
    rule = copying(attack(desk, before_all("{record.account_number: KTR05821, record.branch: Nowhere}")))
    (place,) = rule.evidence
    assert place.startswith(f"{TREE}#b-")
    assert "KTR05821" not in f"{example} {rule}"


def test_an_example_that_is_a_ticket_is_told(desk: Desk) -> None:
    path = "workspace/examples/transfer_failed.jsonl"
    found = copying(attack(desk, {path: WORLD[path] + json.dumps({"text": f"{LONG}, case 0"}) + "\n"}))
    assert found.status == "pass"
    (line,) = found.evidence
    assert "is the text of fb-" in line


def test_a_reply_that_quotes_a_ticket_is_told(desk: Desk) -> None:
    found = copying(attack(desk, saying(f"{TEXT} Nobody can tell me where it went last week and nobody can")))
    assert found.status == "pass"
    quoted = copying(attack(desk, saying(f"{TEXT} You sent four hundred to my brother last week and nobody")))
    assert "8 words in a row are those of fb-" in "".join(quoted.evidence)


def test_the_houses_own_number_may_stand_in_a_reply(tmp_path: Path) -> None:
    texts = WORLD[TEMPLATES].replace("Please tell us your account number.", "Call 0800 555 0100.")
    desk = defended(tmp_path, **{TEMPLATES: texts})
    more = texts.replace(TEXT, "Please check the number, or call 0800 555 0100.")
    assert copying(attack(desk, {TEMPLATES: more})).status == "pass"


def test_a_change_without_texts_costs_nothing(desk: Desk) -> None:
    fetch = WORLD["workspace/fetch.yaml"] + "# a remark\n"
    found = copying(attack(desk, {"workspace/fetch.yaml": fetch}))
    assert found.status == "skip"


def test_it_can_be_overruled_by_name(desk: Desk) -> None:
    options = {"override": ["copying"], "why": "a made-up number, as in our brochure"}
    verdict = attack(desk, saying(f"{TEXT} For example KTR05821."), **options)  # type: ignore[arg-type]
    assert verdict.passed
    assert copying(verdict).status == "overridden"
