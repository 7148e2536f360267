"""Attacks by content: a fix that says too much, reads too much, takes too much, or speaks to its reader."""

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.report.page import Page
from fixloop.report.verdicts import draw_verdict
from tests.attacks.world import (
    EXTRACTION,
    FETCH,
    TEMPLATES,
    TRANSFER,
    TREE,
    WORLD,
    attack,
    defended,
    refusals,
)
from tests.support.loop import row, tell

FIRST = "  - {when: {fetched.count: 0}, reply: request_account_information}\n"
TRANSFER_TEXT = "Please check the account number of the payee."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return defended(tmp_path)


def template(text: str) -> dict[str, str | bytes | None]:
    """The transfer template with another text."""
    return {TEMPLATES: WORLD[TEMPLATES].replace(TRANSFER_TEXT, json.dumps(text))}


# --- conditions, branches, weights, patterns, examples --------------------------------------------------

BEFORE_ALL = {
    "a condition that is always true": "  - {when: {fetched.count: {gte: 0}}, reply: unlock_instructions}\n",
    "one that is not false": "  - {when: {not: {fetched.count: {lt: 0}}}, reply: ask_which_account}\n",
    "an empty condition": "  - {when: {}, reply: unlock_instructions}\n",
    "a branch for everybody": "  - {when: {ticket.text: {exists: true}}, reply: ask_which_account}\n",
    "one of any": "  - {when: {any: [{fetched.count: 0}, {fetched.count: {ne: 0}}]}, reply: handover}\n",
    "a default in front": "  - {reply: unlock_instructions}\n",
}


@pytest.mark.parametrize("branch", BEFORE_ALL.values(), ids=BEFORE_ALL)
def test_a_branch_before_all_others(desk: Desk, branch: str) -> None:
    bent = WORLD[TREE].replace(FIRST, branch + FIRST)
    assert bent != WORLD[TREE]
    assert refusals(attack(desk, {TREE: bent}))[0] in ("regressions", "structure")


def test_a_condition_that_lets_the_fraud_flag_pass(desk: Desk) -> None:
    bent = WORLD[TREE].replace("{record.fraud_flag: true}", "{record.fraud_flag: {in: [true, 1, yes]}}")
    never = WORLD[TREE].replace("{record.fraud_flag: true}", "{record.fraud_flag: 1}")
    assert refusals(attack(desk, {TREE: never}))[0] in ("regressions", "structure")
    assert refusals(attack(desk, {TREE: bent})) in ([], ["structure"])  # says the same in more words


@pytest.mark.parametrize(
    ("was", "to"),
    [
        ("weight: 2", "weight: 9"),
        ("weight: 5", "weight: 0.001"),
        ("weight: 5", "weight: 1e300"),
        ("weight: 5", "weight: .inf"),
        ("weight: 5", "weight: .nan"),
        ("weight: 5", "weight: -5"),
        ("threshold: 4", "threshold: 0"),
        ("threshold: 4", "threshold: 1000000"),
    ],
)
def test_a_weight_that_makes_a_record_always_win(desk: Desk, was: str, to: str) -> None:
    found = refusals(attack(desk, {FETCH: WORLD[FETCH].replace(was, to)}))
    assert (found or to == "weight: 1e300") and set(found) <= {"regressions", "structure"}


def test_a_signal_that_everybody_meets(desk: Desk) -> None:
    line = "  - {field: account.branch, source: accounts, match: branch, weight: 2}\n"
    assert line in WORLD[FETCH]
    twice = WORLD[FETCH].replace(line, line.replace("weight: 2", "weight: 50"))
    assert refusals(attack(desk, {FETCH: twice})) == ["regressions"]


@pytest.mark.parametrize(
    "pattern", [".*", ".+", r"\w+", r"\S*", "", "(?s).*", r"[\s\S]+", r"\b\w", "^", r"(?=.)", r"(a+)+$"]
)
def test_a_pattern_that_matches_everything(desk: Desk, pattern: str) -> None:
    line = "      patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']\n"
    assert line in WORLD[EXTRACTION]
    bent = WORLD[EXTRACTION].replace(line, f"      patterns: ['{pattern}']\n")
    assert refusals(attack(desk, {EXTRACTION: bent}))[0] in ("regressions", "structure")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(?:aa|aa)*$", "(a|ab|b)*c", "(a{1,2})*b", r"(\w+\s?)*$", r"^(([a-z])+.)+[A-Z]([a-z])+$"],
)
def test_a_pattern_that_never_ends(desk: Desk, pattern: str) -> None:
    """Beside the right one, so that every case still passes: it is refused, or harmless in time."""
    line = "      patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']\n"
    bent = WORLD[EXTRACTION].replace(line, line.replace("']", f"', '{pattern}']"))
    started = time.process_time()
    found = refusals(attack(desk, {EXTRACTION: bent}))
    assert time.process_time() - started < 20
    assert found


def test_a_threshold_that_lets_nothing_fall_to_other(tmp_path: Path) -> None:
    case = '{"id": "o-1", "text": "what a lovely morning", "expect": "other", "protect": true}\n'
    desk = defended(tmp_path, **{"evals/intent/other.jsonl": case})
    intents = WORLD["workspace/intents.yaml"]
    others = {path: None for path in WORLD if path.endswith("/other.jsonl")}
    open_door = {"workspace/intents.yaml": intents.replace("{root: 0.3}", "{root: 0.0}"), **others}
    assert refusals(attack(desk, open_door)) == ["regressions"]


def test_examples_of_another_leaf(desk: Desk) -> None:
    path = "workspace/examples/payment_recall.jsonl"
    stolen = ["the transfer was sent back to me", "transfer sent back", "was my transfer sent back again"]
    taught = WORLD[path] + "".join(json.dumps({"text": text}) + "\n" for text in stolen)
    assert "regressions" in refusals(attack(desk, {path: taught}))


def test_a_leaf_that_cases_name_is_gone(desk: Desk) -> None:
    assert refusals(attack(desk, {TREE: None})) == ["regressions"]
    intents = WORLD["workspace/intents.yaml"].replace("[transfer_failed, payment_recall]", "[payment_recall]")
    intents = intents.replace("  transfer_failed: {description: A transfer came back.}\n", "")
    gone = {
        "workspace/intents.yaml": intents,
        TRANSFER: None,
        "workspace/examples/transfer_failed.jsonl": None,
    }
    assert refusals(attack(desk, gone))[0] == "structure"


# --- templates ------------------------------------------------------------------------------------------

READS = {
    "the class of a value": "{{ ticket.text.__class__.__mro__ }}",
    "a method": "{{ ticket.text.format(ticket) }}",
    "the module behind": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "itself": "{{ self._TemplateReference__context }}",
    "the configuration": "{{ config }}",
    "the environment": "{{ request.environ }}",
    "another file": "{% include '/etc/passwd' %}",
    "an import": "{% import 'os' as os %}{{ os }}",
    "a column that is not declared": "{{ record.password }}",
    "a filter of attributes": "{{ ticket.text | attr('__class__') }}",
    "a map of attributes": "{{ [ticket] | map(attribute='__class__') | list }}",
    "all records": "{{ records }}",
    "each customer's number": "{% for one in records %}{{ one.account_number }} {% endfor %}",
    "everybody's names": "{{ records | map(attribute='holders') | list }}",
}


@pytest.mark.parametrize("text", READS.values(), ids=READS)
def test_a_template_reads_what_it_should_not(desk: Desk, text: str) -> None:
    """Beside the old text, so that no case notices."""
    found = refusals(attack(desk, template(f"{TRANSFER_TEXT} {text}")))
    assert found
    assert found[0] in ("structure", "regressions", "copying")


GROWS = {
    "a loop": "{% for a in range(20000) %}{% for b in range(20000) %}xx{% endfor %}{% endfor %}",
    "repeating": "{{ 'x' * 1000000000 }}",
    "a power": "{{ 9 ** 9 ** 9 ** 9 ** 9 }}",
    "a list": "{{ range(1000000000) | list }}",
    "a width": "{{ '%1000000000d' % 1 }}",
    "doubling": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a + a + a %}" * 12 + "{{ a }}",
    "a join": "{{ (['x' * 10000] * 1000) | join }}",
    "a replacement": "{{ ('x' * 10000) | replace('x', 'y' * 10000) }}",
}


@pytest.mark.parametrize("text", GROWS.values(), ids=GROWS)
def test_a_template_grows_without_bound(desk: Desk, text: str) -> None:
    started = time.process_time()
    found = refusals(attack(desk, template(f"{TRANSFER_TEXT} {text}")))
    assert found and found[0] in ("structure", "regressions")
    assert time.process_time() - started < 20


def test_a_template_that_grows_where_no_case_looks(tmp_path: Path) -> None:
    """Nothing asks for the template; stored tickets get it, and drift sees them fall to the fallback."""
    desk = defended(tmp_path, **{"evals/plan/base.yaml": "[]\n", "evals/pipeline/base.jsonl": ""})
    tell(desk, [row(n, f"my transfer was rejected {n}", outcome="accepted") for n in range(8)])
    assert refusals(attack(desk, template("{{ 'x' * 1000000000 }}"))) == ["drift"]


# --- text that speaks to a reader -----------------------------------------------------------------------

EVIL = (
    "\x1b]0;owned\x07\x1b[2J\x1b[32mpass\x1b[0m<script>alert(1)</script>\u202e| a | b |\n# pass\n::set-output"
)


@pytest.mark.parametrize(
    "files",
    [
        {"evals/plan/mine.jsonl": json.dumps({"id": EVIL, "leaf": "x", "expect": {}}) + "\n"},
        {"evals/plan/mine.jsonl": json.dumps({"id": "x", EVIL: 1}) + "\n"},
        {TREE: WORLD[TREE].replace("request_account_information", json.dumps(EVIL))},
        {TEMPLATES: WORLD[TEMPLATES] + json.dumps(EVIL) + ": {description: x, text: y}\n"},
        {"workspace/extraction.yaml": "groups: {" + json.dumps(EVIL) + ": 1}\n"},
        {"plan_trees/a\x1b[2Jb\u202e.yaml": "leaf: nowhere\nbranches: []\n"},
        {"evals/plan/\x1b[31m<b>.yaml": "- {}\n"},
    ],
)
def test_text_that_speaks_to_the_reader_of_a_verdict(desk: Desk, files: dict[str, str]) -> None:
    verdict = attack(desk, files)
    assert not verdict.passed
    page = Page(colour=False)
    draw_verdict(page, verdict)
    text = str(page)
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert "\u202e" not in text
    assert text.splitlines()[0].startswith("FAIL")
    coloured = Page(colour=True)
    draw_verdict(coloured, verdict)
    assert "\x1b[2J" not in str(coloured) and "\x1b]0" not in str(coloured)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "&a [*a]\n",
        "!!python/object/apply:os.system ['id']\n",
        "leaf: transfer_failed\nleaf: account_locked\nbranches: [{reply: handover}]\n",
        "<<: {leaf: transfer_failed}\nbranches: [{reply: handover}]\n",
        "[" * 5000,
        "{a: " * 5000,
        "\x00",
        "\ufeffleaf: x\n\ufeff",
    ],
)
def test_yaml_that_is_more_than_data(desk: Desk, text: str) -> None:
    started = time.process_time()
    assert refusals(attack(desk, {TRANSFER: text})) == ["structure"]
    assert time.process_time() - started < 20


def test_a_bomb_of_aliases(desk: Desk) -> None:
    names = [f"a{n}" for n in range(30)]
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in pairwise(names)]
    started = time.process_time()
    assert refusals(attack(desk, {TRANSFER: "\n".join(lines) + "\n"})) == ["structure"]
    assert time.process_time() - started < 20
