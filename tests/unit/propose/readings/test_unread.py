"""What a text has that nothing read: nearly read, asked about by the tree, named like its field."""

from dataclasses import replace

import pytest

from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.diagnosis.diagnose import diagnose
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.loosened import nearly_read
from fixloop.propose.readings.patterns import Missed, patterns_for
from fixloop.propose.readings.unread import _is_part, _taken
from fixloop.propose.synthesis.extraction import synthesise
from fixloop.propose.synthesis.guards import extraction_near_misses
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.diagnosis.test_diagnosis import read, said_of
from tests.unit.propose.synthesis.benches import bench_of, propose_all, told

LETTER = "workspace/extraction.yaml#letter.code"
CODED = "  - {id: coded, when: {fields.letter.code: {exists: true}}, reply: transfer_help}\n"


def lettered(rule: str) -> dict[str, str]:
    """A bank whose tree for locked accounts asks for the code of a letter, found by this rule."""
    world = minimal_world()
    world["workspace/extraction.yaml"] += f"  letter:\n    code: {rule}\n"
    tree = world["plan_trees/account_locked.yaml"]
    world["plan_trees/account_locked.yaml"] = tree.replace("branches:\n", f"branches:\n{CODED}")
    return world


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        (r"\bZX-\d{6}\b", "your letter ZX-4417 of today", "ZX-4417"),
        (r"\b[A-F]{3,4}[0-9O]{4,5}\b", "account KTR05821, please", "KTR05821"),
        (r"(?i)\b(\d{1,2})[ -](?:jahre?n?)\b", "a bond for 5 years", "5"),
        (r"(?i)\b(\d{6}) (?:dollars|bucks)\b", "send 250 dollars", "250"),
    ],
)
def test_a_pattern_nearly_reads_what_it_misses_in_one_place(pattern: str, text: str, value: str) -> None:
    assert value in nearly_read(pattern, text)


def test_a_loosened_pattern_does_not_read_just_anything() -> None:
    assert not list(nearly_read(r"(?i)\b(?:only|just)\b", "I would like to know what happened"))


@pytest.mark.parametrize("rule", [r"{patterns: ['\bZX-\d{6}\b']}", "{}"])
def test_a_value_that_the_tree_asks_about_is_the_cause_where_it_leads_to_the_right_reply(rule: str) -> None:
    world = lettered(rule)
    text = "my account NSB01234 is locked, your letter ZX-4417 says so"
    right = propose_all(build_snapshot(lettered(r"{patterns: ['\bZX-\d{4}\b']}")), [text])[text]
    asked = said_of(world, 1, text, "", outcome="edited", reply=right.reply.text)
    kept = said_of(world, 2, "my account PQR77120 is locked", "", outcome="accepted")
    best = read([asked, kept], world)[0].best.intervention
    assert (best.step, best.target) == ("extraction", LETTER)
    assert best.value is not None
    assert best.value.text == "ZX-4417"


def test_a_number_read_in_the_text_is_no_part_of_a_longer_one_that_holds_it() -> None:
    assert not _is_part("zx-4417", ["4"])
    assert _is_part("zx-4417", ["4417"])
    assert _is_part("4417", ["zx-4417"])


def test_what_is_left_of_a_number_that_was_read_is_no_value_by_itself() -> None:
    taken = _taken("call +49 160 77 56 or 0151 31, flat 12", ["160 77 56", "51 31"])
    assert all(_is_part(word, taken) for word in ("+49", "160", "0151"))
    assert not _is_part("12", taken)


def test_the_like_of_it_in_tickets_that_staff_accepted_speaks_against_it() -> None:
    world = lettered(r"{patterns: ['\bZX-\d{6}\b']}")
    rejected = said_of(world, 1, "my account NSB01234 is locked, letter ZX-4417", "no")
    without, having = (
        [said_of(world, n, f"my account NSB01234 is locked, {what}{n}", "", "accepted") for n in range(2, 5)]
        for what in ("case number ", "letter ZX-441")
    )
    beside, against = (_probability(read([rejected, *more], world)[0].readings) for more in (without, having))
    assert against < beside / 3


def _probability(readings: object) -> float:
    return sum(r.probability for r in readings if r.intervention.target == LETTER)  # type: ignore[attr-defined]


def test_the_word_that_a_choice_lacks_may_stand_far_before_the_value() -> None:
    pattern = r"(?i)\b(?:should|where) [^.;]{0,60}(?:not|n.t)\b[^.;]{0,40}, send[^.;]{0,40}(address)\b"
    text = "Return it. If the lamp really can't be returned any more, send it to another address."
    found = patterns_for([Missed("address", text)], [pattern], [])
    assert any("(?:should|where|if)" in one.pattern for one in found[:4])


def _harbour(number_rule: str) -> Snapshot:
    world = minimal_world()
    rule = world["workspace/extraction.yaml"]
    world["workspace/extraction.yaml"] = rule.replace(
        "patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']", number_rule
    )
    return build_snapshot(world)


def test_values_on_record_may_be_read_in_accepted_tickets_too() -> None:
    """A form that reads them all is no dearer for it than one that fits the rejected ticket alone."""
    wrong = _harbour("patterns: ['\\b[A-Z]{3}[0-9]{6}\\b']")
    rejected = "my account KTR05821 is locked"
    kept = [f"my account {n} is locked, Bo from Riverton" for n in ("NSB01234", "PQR77120", "KLM20418")]
    shown = propose_all(wrong, [rejected, *kept])
    feedback = [told(rejected, shown[rejected], "rejected", comment="account number KTR05821 not recognised")]
    feedback += [
        told(text, shown[text]) for text in kept if shown[text].reply.template == "unlock_instructions"
    ]
    bench = bench_of(wrong, feedback)
    diagnosed = diagnose(bench, feedback[:1], feedback=feedback)
    draft = synthesise(bench, Group(diagnosed[0].best.key, tuple(diagnosed)))
    assert isinstance(draft, Draft), draft
    assert isinstance(dry_run(bench, draft), Hint)
    mended = apply_operations(wrong, draft.operations).snapshot
    read_now = propose_all(mended, kept)
    assert all(one.fields["account"]["account_number"] for one in read_now.values())


def test_a_ticket_whose_words_only_a_live_lookup_knows_is_no_near_miss() -> None:
    snapshot = build_snapshot(minimal_world())
    texts = ["my account is locked, I am in Riverton", "my account NSB01234 is locked"]
    shown = propose_all(snapshot, texts)
    feedback = [told(text, shown[text]) for text in texts]
    without_rows = {**feedback[0].proposal, "rows": {}}
    feedback[0] = replace(feedback[0], proposal=without_rows)
    cases = extraction_near_misses(bench_of(snapshot, feedback), (), ["account.account_number"])
    assert [case["text"] for case in cases] == [texts[1]]
