from typing import NamedTuple

import pytest

from fixloop.workspace.checks.extraction import pattern_complaint
from fixloop.workspace.load import inspect_workspace
from fixloop.workspace.model import Problem
from tests.support.worlds import build_snapshot, minimal_world


def problems_of(files: dict[str, str]) -> tuple[Problem, ...]:
    return inspect_workspace(build_snapshot(files)).problems


class Told(NamedTuple):
    line: int
    severity: str


def told(files: dict[str, str], said: str) -> list[Told]:
    found = problems_of(files)
    matching = [Told(problem.place.line, problem.severity) for problem in found if said in problem.message]
    assert matching or not said, [f"{problem.place}: {problem.message}" for problem in found]
    return matching


def intents(text: str) -> dict[str, str]:
    world = minimal_world(intents=text)
    return {path: body for path, body in world.items() if "examples" not in path and "plan_trees" not in path}


@pytest.mark.parametrize(
    ("text", "line", "severity", "said"),
    [
        ("root: [a]\nintents:\n  a: {children: [b]}\n", 3, "error", "there is no intent `b`"),
        ("root: [a, a]\nintents:\n  a: {}\n", 1, "error", "listed twice"),
        (
            "root: [a]\nintents:\n  a: {children: [b]}\n  b: {children: [a]}\n",
            4,
            "error",
            "in a circle: a → b → a",
        ),
        ("root: [a]\nintents:\n  a: {}\n  b: {children: [b]}\n", 4, "error", "in a circle: b → b"),
        ("root: [a]\nintents:\n  a: {}\n  other: {}\n", 4, "error", "cannot be named `other`"),
        ("root: [a]\nintents:\n  a: {}\n  root: {}\n", 4, "error", "cannot be named `root`"),
        ("root: [a]\nintents:\n  a: {}\n  b.other: {}\n", 4, "error", "`b.other` must be small letters"),
        ("root: [a]\nintents:\n  a: {}\n  b: {}\n", 4, "warning", "no parent reaches the leaf `b`"),
        ("root: [a]\nintents:\n  a: {}\n", 3, "warning", "`a` has no examples"),
        ("root: [a]\nthresholds: {a: 0.1}\nintents:\n  a: {}\n", 2, "error", "`a` is a leaf"),
        ("root: [a]\nthresholds:\n  root: 1.5\nintents:\n  a: {}\n", 3, "error", "between 0 and 1"),
    ],
)
def test_intents(text: str, line: int, severity: str, said: str) -> None:
    assert told(intents(text), said)[0] == (line, severity)


def test_four_levels_are_a_warning() -> None:
    text = "root: [a]\nintents:\n  a: {children: [b]}\n  b: {children: [c]}\n  c: {children: [d]}\n  d: {}\n"
    assert told(intents(text), "`d` is 4 levels deep") == [(6, "warning")]


def test_a_leaf_may_have_several_parents() -> None:
    text = "root: [a, b]\nintents:\n  a: {children: [c]}\n  b: {children: [c]}\n  c: {}\n"
    assert not [
        problem
        for problem in problems_of(intents(text))
        if problem.place.path == "workspace/intents.yaml" and problem.severity == "error"
    ]


@pytest.mark.parametrize("leaf", ["account_lockd", "payments", "nowhere.other"])
def test_examples_for_no_leaf(leaf: str) -> None:
    world = {**minimal_world(), f"workspace/examples/{leaf}.jsonl": '{"text": "x"}\n'}
    assert told(world, f"examples for `{leaf}`") == [(1, "error")]


def test_one_text_in_two_leaves_is_told_with_both_places() -> None:
    world = minimal_world()
    world["workspace/examples/login_problem.jsonl"] += '{"text": "My  ACCOUNT is locked"}\n'
    [problem] = [found for found in problems_of(world) if "is an example of" in found.message]
    assert str(problem.place) == "workspace/examples/login_problem.jsonl:4:1"
    assert "workspace/examples/account_locked.jsonl:2:1" in problem.message
    assert problem.severity == "warning"


def test_a_line_twice_is_told() -> None:
    world = minimal_world()
    world["workspace/examples/other.jsonl"] += '{"text": "what a lovely day"}\n'
    assert told(world, "stands in line 1 already") == [(3, "warning")]


# --- extraction -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        r"\b[A-Z]{3,4}[0-9O]{4,5}\b",
        r"a+b+",
        r"(?:\.[a-z]{1,20}){1,3}",
        r"x(?=a+)",
        r"(\d+) euros?",
        r"(?i)a|b*",
    ],
)
def test_patterns_that_may_be_used(pattern: str) -> None:
    assert pattern_complaint(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(", "does not compile"),
        (r"(a+)+", "repeats something"),
        (r"(?:a*b?)*", "repeats something"),
        (r"(?:x(?:a|b+)){2,}", "repeats something"),
        (r"(?:(?=a+)b)*", "repeats something"),
        (r"(?:a{1,500}){1,500}", "repeats something"),
        (r"(?:a+?)+?", "repeats something"),
        (r"(?>a+)*", "repeats something"),
        (r"(a)(b)", "has 2 groups"),
    ],
)
def test_patterns_that_are_refused(pattern: str, said: str) -> None:
    assert said in pattern_complaint(pattern)


@pytest.mark.parametrize(
    ("field", "severity", "said"),
    [
        ("{patterns: ['(a+)+']}", "error", "repeats something"),
        ("{values_from: account.branch}", "error", "there is no source `account`"),
        ("{values_from: accounts.brnch}", "error", "no column `brnch`"),
        ("{values_from: accounts.branch.name}", "error", "is no list"),
        ("{}", "warning", "nothing finds `account.x`"),
    ],
)
def test_extraction(field: str, severity: str, said: str) -> None:
    text = (
        "groups:\n  people: {given_name: {values: [x]}}\n"
        "  account:\n    account_number: {values: [x]}\n    branch: {values: [x]}\n"
        f"    x: {field}\n"
    )
    assert told(minimal_world(extraction=text), said) == [(6, severity)]


# --- fetch ----------------------------------------------------------------------------------------------


def fetch(old: str, new: str) -> dict[str, str]:
    text = minimal_world()["workspace/fetch.yaml"]
    assert old in text
    return minimal_world(fetch=text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "line", "severity", "said"),
    [
        (
            "path: workspace/records/accounts.jsonl",
            "path: workspace/../x.jsonl",
            4,
            "error",
            "does not stay inside",
        ),
        ("path: workspace/records/accounts.jsonl", "path: /etc/passwd", 4, "error", "does not stay inside"),
        ("path: workspace/records/accounts.jsonl", "path: workspace/x.jsonl", 4, "error", "there is no file"),
        ("personal: [account_number, holders]", "personal: [holder]", 13, "error", "no column `holder`"),
        ("field: people.given_name", "field: people.name", 17, "error", "there is no field `people.name`"),
        (
            "source: accounts, match: branch",
            "source: acounts, match: branch",
            16,
            "error",
            "there is no source `acounts`",
        ),
        ("match: branch", "match: brunch", 16, "error", "no column `brunch`"),
        ("match: branch", "match: branch.x", 16, "error", "is no list"),
        (
            "personal: [",
            "narrow: {account.branch: branch}\n    personal: [",
            13,
            "error",
            "nothing to narrow",
        ),
        (
            "personal: [",
            "many: true\n    narrow: {account.brunch: branch}\n    personal: [",
            14,
            "error",
            "there is no field `account.brunch`",
        ),
        (
            "personal: [",
            "many: true\n    narrow: {account.branch: brunch}\n    personal: [",
            14,
            "error",
            "no column `brunch`",
        ),
        (
            "branch, weight: 2",
            "branch, weight: 2, compare: letters",
            16,
            "error",
            "`text` or `letters_and_digits`",
        ),
        ("threshold: 4", "threshold: 40", 18, "warning", "no record can reach"),
        ("weight: 2", "weight: 0", 16, "warning", "the weight 0 counts nothing: `account.branch`"),
        (
            "threshold: 4",
            "  - {field: account.branch, source: accounts, match: branch, weight: 1}",
            18,
            "error",
            "this signal is there already",
        ),
    ],
)
def test_fetch(old: str, new: str, line: int, severity: str, said: str) -> None:
    assert told(fetch(old, new), said) == [(line, severity)]


SHOP = {
    "workspace/extraction.yaml": "groups:\n  people: {first_name: {values_from: users.name.first_name}}\n",
    "workspace/fetch.yaml": """\
sources:
  users:
    kind: jsonl
    path: workspace/records/users.jsonl
    id: user_id
    fields: {user_id: string, name: object}
  orders:
    kind: jsonl
    path: workspace/records/orders.jsonl
    id: user_id
    many: true
    fields: {order_id: string, status: string}
signals:
  - {field: people.first_name, source: users, match: name.first_name, weight: 4}
threshold: 4
""",
    "workspace/records/users.jsonl": '{"user_id": "ann", "name": {"first_name": "Ann"}}\n',
    "workspace/records/orders.jsonl": '{"user_id": "ann", "order_id": "#1", "status": "pending"}\n',
    "workspace/tools.yaml": (
        "cancel: {args: {type: object, properties: {order: {type: string}, who: {type: object}}}}\n"
    ),
}


def shop(branch: str, **files: str) -> dict[str, str]:
    tree = (
        "leaf: account_locked\nbranches:\n"
        "  - {when: {fetched.count: {ne: 1}}, reply: handover}\n"
        f"  - {branch}\n  - {{reply: handover}}\n"
    )
    world = minimal_world(
        account_locked=tree,
        login_problem="leaf: login_problem\nbranches: [{reply: handover}]\n",
        templates="handover: {text: A colleague will answer.}\ntransfer_help: {text: Please wait.}\n",
    )
    return {**world, **SHOP, **files}


def calls(argument: str) -> str:
    return "{when: {ticket.language: en}, reply: handover, tools: [{name: cancel, args: {" + argument + "}}]}"


def errors_in(world: dict[str, str]) -> list[str]:
    return [problem.message for problem in problems_of(world) if problem.severity == "error"]


@pytest.mark.parametrize(
    "branch",
    [
        "{when: {record.status: pending}, reply: handover}",
        "{when: {record.name.first_name: Ann}, reply: handover}",
        calls("order: '{{ record.order_id | first }}'"),
        calls("who: '{{ record.name }}'"),
    ],
)
def test_objects_and_lists_of_many_rows_may_be_used(branch: str) -> None:
    assert errors_in(shop(branch)) == []


@pytest.mark.parametrize(
    ("branch", "said"),
    [
        ("{when: {record.name: Ann}, reply: handover}", "holds objects and is never"),
        ("{when: {record.name: {gt: 1}}, reply: handover}", "cannot be asked of `record.name`, an object"),
        ("{when: {record.nme.first_name: Ann}, reply: handover}", "there is nothing at"),
        (calls("order: '{{ record.order_id }}'"), "`record.order_id` is a list"),
        (calls("order: '{{ record.name }}'"), "`record.name` is an object"),
    ],
)
def test_objects_and_lists_of_many_rows_used_wrongly(branch: str, said: str) -> None:
    [message] = errors_in(shop(branch))
    assert said in message


def warned(world: dict[str, str], said: str) -> list[Problem]:
    return [one for one in problems_of(world) if said in one.message and one.severity == "warning"]


@pytest.mark.parametrize(
    ("path", "was", "to"),
    [
        ("workspace/fetch.yaml", "match: name.first_name", "match: name.frist_name"),
        (
            "workspace/fetch.yaml",
            "many: true",
            "many: true\n    narrow: {people.first_name: items.frist_name}",
        ),
        ("workspace/extraction.yaml", "users.name.first_name", "users.name.frist_name"),
        ("workspace/templates.yaml", "Please wait.", "'{{ record.name.frist_name }}'"),
        ("workspace/templates.yaml", "Please wait.", "'{{ record.items[0].frist_name }}'"),
        ("plan_trees/account_locked.yaml", "record.name.first_name", "record.name.frist_name"),
        ("plan_trees/account_locked.yaml", "record.name.first_name", "record.items.frist_name"),
        ("plan_trees/account_locked.yaml", "'{{ record.name }}'", "{a: ['x {{ record.name.frist_name }}']}"),
    ],
)
def test_a_key_that_no_row_has_in_an_object_or_a_list(path: str, was: str, to: str) -> None:
    branch = calls("who: '{{ record.name }}'").replace("ticket.language: en", "record.name.first_name: Ann")
    world = shop(branch)
    world["workspace/fetch.yaml"] = world["workspace/fetch.yaml"].replace(
        "string}\nsig", "string, items: list}\nsig"
    )
    world["workspace/records/orders.jsonl"] = (
        '{"user_id": "ann", "items": [{"first_name": "Mug"}, {"size": 1}]}\n'
    )
    assert warned(world, "no row of") == []
    assert was in world[path]
    world[path] = world[path].replace(was, to)
    [problem] = warned(world, "no row of")
    source, column = ("orders", "items") if "items" in to else ("users", "name")
    assert problem.message == f"no row of `{source}` has `frist_name` in `{column}`"
    assert problem.mend == "did you mean `first_name`?"
    line = world[path].split("\n")[problem.place.line - 1]
    assert "frist_name" in line[problem.place.column - 1 :]


@pytest.mark.parametrize("row", ["", '{"user_id": "ann"}\n', '{"user_id": "ann", "name": {}}\n'])
def test_keys_of_an_object_that_no_row_has_are_not_known(row: str) -> None:
    world = shop("{when: {record.name.frist_name: Ann}, reply: handover}")
    world["workspace/records/users.jsonl"] = row
    assert warned(world, "no row of") == []


def test_a_row_whose_object_is_a_text() -> None:
    path, row = "workspace/records/users.jsonl", '{"user_id": "ann", "name": "Ann"}\n'
    [message] = errors_in(shop("{when: {ticket.language: en}, reply: handover}", **{path: row}))
    assert message == '`name` must be an object, not "Ann"'


def test_rows_must_fit_their_declaration() -> None:
    bad = '{"account_id": "a5", "fraud_flag": 1}\n{"branch": "x"}\n[1]\n' + '{"account_id": true}\n' * 3
    world = minimal_world()
    path = "workspace/records/accounts.jsonl"
    world[path] += bad
    found = [
        (problem.place.line, problem.message) for problem in problems_of(world) if problem.place.path == path
    ]
    assert [line for line, _ in found] == [5, 6, 7, 8, 9]
    assert found[0][1] == "`fraud_flag` must be a boolean, not 1"
    assert "needs `account_id`" in found[1][1]
    assert "must be a JSON object" in found[2][1]
    assert found[4][1].startswith("2 more values of `accounts`")


# --- rows of one id -------------------------------------------------------------------------------------

ACCOUNTS = "workspace/records/accounts.jsonl"


def second_row(row: str, **files: str) -> list[Problem]:
    world = minimal_world(**files)
    world[ACCOUNTS] += row + "\n"
    return [problem for problem in problems_of(world) if problem.place.path == ACCOUNTS]


def test_a_second_row_of_a_record_where_a_template_takes_one_value() -> None:
    [problem] = second_row('{"account_id": "a2", "hotline": "0800 9999"}')
    assert str(problem.place) == f"{ACCOUNTS}:5:1"
    assert problem.severity == "warning"
    assert problem.message == (
        '`accounts` has a second row with `account_id` "a2", the first is in line 2: `record.hotline` is '
        "a list there, and the template `unlock_instructions` takes one value"
    )
    assert problem.mend == "remove one of the two, or say `many: true` at `accounts` in workspace/fetch.yaml"


def test_a_second_row_of_a_record_where_a_call_takes_one_value() -> None:
    branches = (
        "leaf: account_locked\nbranches:\n  - when: {fetched.count: 1}\n    reply: handover\n"
        "    tools: [{name: escalate_to_security, args: {account_id: 'at {{ record.branch }}'}}]\n"
        "  - {reply: handover}\n"
    )
    [problem] = second_row('{"account_id": "a4", "branch": "Riverton"}', account_locked=branches)
    assert problem.severity == "error"
    assert "the first is in line 4: `record.branch` is a list" in problem.message
    assert "the call of `escalate_to_security` in plan_trees/account_locked.yaml takes" in problem.message


@pytest.mark.parametrize(
    "row",
    [
        '{"account_id": "a2", "hotline": "0800 1234"}',
        '{"account_id": "a2", "account_number": "NSB01235"}',
        '{"account_id": "a2", "branch": "Easton"}',
        '{"account_id": "a2", "holders": [{"given_name": "Eve"}]}',
        '{"account_id": "a3", "fraud_flag": true}',
    ],
)
def test_a_second_row_that_makes_no_list_of_what_somebody_takes_as_one(row: str) -> None:
    assert second_row(row) == []


@pytest.mark.parametrize(("branch", "reached"), [("Easton", False), ("Riverton", True)])
def test_a_second_row_whose_record_never_gets_where_one_value_is_taken(branch: str, reached: bool) -> None:
    tree = (
        "leaf: account_locked\nbranches:\n"
        f"  - when: {{record.fraud_flag: {{exists: true}}, record.branch: {{in: [Ashford, {branch}]}}}}\n"
        "    branches: [{when: {fetched.count: 1}, reply: unlock_instructions}, {reply: handover}]\n"
        "  - {reply: handover}\n"
    )
    nothing = "leaf: login_problem\nbranches: [{reply: handover}]\n"
    row = '{"account_id": "a2", "hotline": "0800 9999"}'
    assert bool(second_row(row, account_locked=tree, login_problem=nothing)) is reached


def test_a_third_row_may_differ_from_the_second_alone() -> None:
    rows = '{"account_id": "a9"}\n{"account_id": "a9", "hotline": "1"}\n{"account_id": "a9", "hotline": "2"}'
    [problem] = second_row(rows)
    assert problem.place.line == 7
    assert "the first is in line 6" in problem.message


def test_a_call_is_told_though_replies_come_first() -> None:
    rows = [f'{{"account_id": "a2", "hotline": "{number}"}}' for number in range(4)]
    call = '{"account_id": "a1", "account_number": "KTR00000"}'
    tools = minimal_world()["plan_trees/account_locked.yaml"].replace(
        "record.account_id", "record.account_number"
    )
    found = second_row("\n".join((*rows, call)), account_locked=tools)
    assert [(one.severity, one.place.line) for one in found] == [("warning", 5), ("warning", 6), ("error", 9)]


def test_of_many_second_rows_the_first_are_told() -> None:
    rows = "\n".join(f'{{"account_id": "a2", "hotline": "{number}"}}' for number in range(9))
    found = second_row(rows)
    assert [problem.place.line for problem in found] == [5, 6, 7]


def test_many_rows_may_be_declared() -> None:
    row = '{"user_id": "ann", "order_id": "#2", "status": "shipped"}\n'
    text = "handover: {text: 'About {{ record.status | first }}.'}\ntransfer_help: {text: Please wait.}\n"
    world = shop("{when: {record.status: pending}, reply: handover}")
    world["workspace/records/orders.jsonl"] += row
    world["workspace/templates.yaml"] = text
    assert warned(world, "second row") == []
    world["workspace/fetch.yaml"] = world["workspace/fetch.yaml"].replace("    many: true\n", "")
    assert [one.place.line for one in warned(world, "second row")] == [2]


# --- plan trees -----------------------------------------------------------------------------------------


def tree(branches: str, head: str = "leaf: account_locked\n") -> dict[str, str]:
    return minimal_world(account_locked=f"{head}branches:\n{branches}")


@pytest.mark.parametrize(
    ("branches", "line", "said"),
    [
        ("  - {reply: handovr}\n", 3, "there is no template `handovr`"),
        ("  - {reply: handover, tools: [{name: escalate}]}\n", 3, "there is no tool `escalate`"),
        (
            "  - {when: {record.frau_flag: true}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "nothing at `record.frau_flag`",
        ),
        (
            "  - {when: {fields.account.number: x}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "nothing at",
        ),
        (
            "  - {when: {not: {any: [{tickt.id: x}]}}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "nothing at `tickt.id`",
        ),
        (
            "  - {when: {record.fraud_flag: 'true'}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            'is never "true"',
        ),
        (
            "  - {when: {fetched.count: '0'}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            'is never "0"',
        ),
        (
            "  - {when: {fields.account.branch: 1}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "is never 1",
        ),
        (
            "  - {when: {fields.account.branch: {gt: 1}}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "cannot be asked",
        ),
        (
            "  - {when: {fetched.count: {above: 1}}, reply: handover}\n  - {reply: transfer_help}\n",
            3,
            "unknown operator `above`",
        ),
        (
            "  - {reply: handover}\n  - {when: {fetched.count: 0}, reply: transfer_help}\n",
            4,
            "the default stands before it",
        ),
        ("  - {when: {fetched.count: 0}, reply: handover}\n", 2, "no default branch"),
        (
            (
                "  - when: {fetched.count: 0}\n    branches:\n"
                "      - {when: {ticket.id: x}, reply: handover}\n  - {reply: transfer_help}\n"
            ),
            3,
            "no default branch",
        ),
        (
            "  - {id: a, when: {fetched.count: 0}, reply: handover}\n  - {id: a, reply: handover}\n",
            4,
            "a second branch `a`; the first is in line 3",
        ),
        (
            (
                "  - {when: {fetched.count: 0}, reply: handover}\n"
                "  - {when: {fetched.count: {eq: 0}}, reply: transfer_help}\n  - {reply: handover}\n"
            ),
            4,
            "same condition",
        ),
        (
            "  - {id: default, when: {fetched.count: 0}, reply: handover}\n  - {reply: handover}\n",
            3,
            "`default` names",
        ),
    ],
)
def test_plan_trees(branches: str, line: int, said: str) -> None:
    assert told(tree(branches), said) == [(line, "error")]


def literals(condition: str) -> list[Problem]:
    world = tree(f"  - {{when: {condition}, reply: handover}}\n  - {{reply: transfer_help}}\n")
    world["workspace/extraction.yaml"] += "  card: {kind: {values: [debit, Kreditkarte, hot-water]}}\n"
    return [
        problem
        for problem in problems_of(world)
        if problem.severity == "error" or "no row has" in problem.message or "is never" in problem.message
    ]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("{record.branch: Rivreton}", "Rivreton"),
        ("{record.branch: riverton}", "riverton"),
        ("{record.branch: {in: [Easton, Rivertn]}}", "Rivertn"),
        ("{not: {any: [{records.branch: {ne: Rivertom}}]}}", "Rivertom"),
    ],
)
def test_a_value_that_no_row_has_and_that_is_near_one(condition: str, text: str) -> None:
    [problem] = literals(condition)
    column = len("  - {when: ") + condition.index(text) + 1
    assert (problem.place.line, problem.place.column, problem.severity) == (3, column, "warning")
    assert problem.message in {f'no row has "{text}" at `{path}.branch`' for path in ("record", "records")}
    assert problem.mend == 'did you mean "Riverton"?'


@pytest.mark.parametrize(
    "condition",
    [
        "{record.branch: Riverton}",
        "{record.branch: Ashford}",
        "{record.branch: {contains: Rivert}}",
        "{record.account_number: KTR05822}",
        "{record.account_number: KTR05812}",
        "{record.holders.given_name: Alexa}",
        "{ticket.language: em}",
        "{fields.account.branch: Rivreton}",
        "{fields.card.kind: {in: [debit, Debit, kreditkarte, Hot water]}}",
        "{fields.card.kind: {contains: Kredit}}",
    ],
)
def test_values_that_a_row_may_have_or_a_field_find(condition: str) -> None:
    assert literals(condition) == []


def test_a_value_that_a_closed_list_does_not_have() -> None:
    [problem] = literals("{fields.card.kind: {in: [debit, Kreditkart]}}")
    assert (problem.place.line, problem.severity) == (3, "warning")
    assert problem.message == '`fields.card.kind` is never "Kreditkart": its `values:` have no such word'
    assert problem.mend == "did you mean `Kreditkarte`?"


@pytest.mark.parametrize(
    ("branches", "told_at"),
    [
        ("  - {reply: handover}\n  - {when: {fetched.count: 0}, reply: handover}\n", [4]),
        (
            "  - {reply: handover}\n  - when: {fetched.count: 0}\n    branches:\n"
            "      - {when: {ticket.id: x}, reply: handover}\n      - {reply: handover}\n",
            [4],
        ),
        (
            "  - {when: {fetched.count: 0}, reply: handover}\n"
            "  - {when: {fetched.count: 0}, reply: transfer_help}\n  - {reply: handover}\n",
            [4],
        ),
        (
            "  - {when: {fetched.count: {lt: 2}}, reply: handover}\n"
            "  - when: {fetched.count: 1}\n    branches: [{reply: handover}]\n  - {reply: handover}\n",
            [4],
        ),
    ],
)
def test_what_can_never_be_reached_is_told_once(branches: str, told_at: list[int]) -> None:
    assert [found.line for found in told(tree(branches), "never be reached")] == told_at


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        ("login_problem", "not named after its leaf"),
        ("payments", "is a parent"),
        ("nowhere", "there is no leaf `nowhere`"),
    ],
)
def test_a_plan_tree_belongs_to_a_leaf(leaf: str, said: str) -> None:
    assert told(tree("  - {reply: handover}\n", f"leaf: {leaf}\n"), said) == [(1, "error")]


def test_an_other_leaf_may_have_a_plan_tree() -> None:
    world = {
        **minimal_world(),
        "plan_trees/payments.other.yaml": "leaf: payments.other\nbranches:\n  - {reply: handover}\n",
    }
    assert [problem.severity for problem in problems_of(world)] == ["warning"]


def test_who_guards_a_guarded_tree() -> None:
    world = tree("  - {reply: handover}\n", "leaf: account_locked\nstability: guarded\n")
    assert told(world, "without an owner") == [(2, "warning")]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("{}", "needs the argument `account_id`"),
        ("{account_id: 5}", "must be of type string, not 5"),
        ("{account_id: x, acount: y}", "has no argument `acount`"),
        ("{account_id: '{{ fields.account.account_number }}'}", "is a list"),
        ("{account_id: '{{ fetched.count }}'}", "is a number"),
        ("{account_id: '{{ record.acount_id }}'}", "nothing at `record.acount_id`"),
        ("{account_id: 'no {{ record.account_id'}", "not a template"),
    ],
)
def test_tool_arguments(args: str, said: str) -> None:
    world = tree(
        "  - when: {fetched.count: 1}\n    reply: handover\n"
        f"    tools: [{{name: escalate_to_security, args: {args}}}]\n  - {{reply: handover}}\n"
    )
    assert told(world, said) == [(5, "error")]


def test_literal_arguments_are_held_against_an_enum() -> None:
    tools = "call:\n  args:\n    type: object\n    properties: {why: {type: string, enum: [fraud, theft]}}\n"
    world = minimal_world(
        tools=tools,
        account_locked=(
            "leaf: account_locked\nbranches:\n"
            "  - {reply: handover, tools: [{name: call, args: {why: frau}}]}\n"
        ),
    )
    [problem] = [found for found in problems_of(world) if "cannot be" in found.message]
    assert problem.mend == "did you mean `fraud`?"


# --- templates, tools, fixloop.yaml ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ record.hotlin }}", "nothing at `record.hotlin`"),
        ("{{ name }}", "nothing at `name`"),
        ("{{ record.hotline", "not a template: line 1"),
        ("{% include 'x' %}", "include not allowed here"),
        ("{{ ticket.id.upper() }}", "calls not allowed here"),
        ("{% macro x() %}{% endmacro %}", "macros not allowed here"),
        ("{{ ticket.id is lucky }}", "there is no test `lucky`"),
        ("{{ " + "+".join("1" * 4_000) + " }}", "nested too deep"),
        ("{{ ticket.id | shout }}", "there is no filter `shout`"),
        ("{% for record in records %}{{ record.x }}{% endfor %}", "given another meaning"),
        ("{{ fields.account['nmber'] }}", "nothing at `fields.account.nmber`"),
    ],
)
def test_templates(text: str, said: str) -> None:
    templates = minimal_world()["workspace/templates.yaml"] + f'extra:\n  text: "{text}"\n'
    assert told(minimal_world(templates=templates), said) == [(20, "error")]


def test_what_a_template_may_say() -> None:
    text = (
        "{% for account in records %}{{ loop.index }} {{ account.branch }}{% endfor %}"
        "{% set n = fields.account.branch | first %}"
        "{{ n }} {{ ticket.meta.channel }} "
        "{{ fields.account.branch[0] | upper }} {{ range(3) | join }} {{ ticket.attachments[0].name }}"
        " {{ fetched.count + 1 }}"
    )
    templates = minimal_world()["workspace/templates.yaml"] + f'extra:\n  text: "{text}"\n'
    found = problems_of(minimal_world(templates=templates))
    assert {problem.severity for problem in found} == {"warning"}
    assert "nothing uses the template `extra`" in {problem.message for problem in found}


def test_languages() -> None:
    templates = minimal_world()["workspace/templates.yaml"]
    partly = templates.replace(
        "text: Which of", "text: {de: Welches?}\nx: {text: {en: X}}\ny:\n  text: Which of"
    )
    found = {problem.message: problem.severity for problem in problems_of(minimal_world(templates=partly))}
    assert found["`ask_which_account` has no text in `en`"] == "error"
    assert found["`x` has no text in `de`"] == "warning"


def in_languages(*more: str) -> list[Problem]:
    """What is said of languages where five templates have English and German and one has these instead."""
    templates = "".join(
        f"{name}: {{text: {{{', '.join(f'{language}: X' for language in languages)}}}}}\n"
        for name, languages in (*((f"t{number}", ("en", "de")) for number in range(5)), ("odd", more))
    )
    found = problems_of(minimal_world(templates=templates))
    return [one for one in found if "text in" in one.message or "alone" in one.message]


def test_a_misspelt_language_is_told_once_where_it_stands() -> None:
    [problem] = in_languages("en", "ed")
    assert str(problem.place) == "workspace/templates.yaml:6:21"
    assert problem.severity == "warning"
    assert problem.message == "`ed` stands in the template `odd` alone"
    assert problem.mend == "did you mean `de`?"


def test_the_own_language_misspelt_is_missing_too() -> None:
    assert [(one.severity, one.message) for one in in_languages("ne", "de")] == [
        ("error", "`odd` has no text in `en`"),
        ("warning", "`ne` stands in the template `odd` alone"),
    ]


@pytest.mark.parametrize("languages", [("en", "de", "da"), ("en", "fr")])
def test_one_language_more_is_missed_in_the_others(languages: tuple[str, ...]) -> None:
    found = in_languages(*languages)
    assert {one.severity for one in found} == {"warning"}
    assert f"`t0` has no text in `{languages[-1]}`" in [one.message for one in found]
    assert not [one for one in found if "alone" in one.message]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("fixloop: 1\nfallback: {reply: handovr}\n", 2, "there is no template `handovr`"),
        ("fixloop: 1\nfallback: {reply: unlock_instructions}\n", 2, "a fallback has no record"),
        ("fixloop: 1\nengines:\n  intent: exampels\n", 3, "there is no intent engine"),
        ("fixloop: 1\nengines:\n  proposer: 'python:a.b:c'\n", 3, "there is no proposer engine"),
        ("fixloop: 1\ngate:\n  require: [held_out, heldout]\n", 3, "there is no gate check `heldout`"),
    ],
)
def test_config(text: str, line: int, said: str) -> None:
    assert told(minimal_world(fixloop=text), said) == [(line, "error")]


def test_an_engine_of_ones_own_is_fine() -> None:
    text = "fixloop: 1\nengines: {intent: 'python:our.engine:make'}\nfallback: {reply: handover}\n"
    assert [problem.severity for problem in problems_of(minimal_world(fixloop=text))] == ["warning"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("{type: array}", "arguments are an object"),
        ("{account_id: {type: string}}", "unknown key `account_id`"),
        ("{properties: {a: {type: text}}}", 'no JSON type "text"'),
        ("{properties: {a: string}}", "must be a mapping"),
        ("{properties: {a: {}}, required: [b]}", "there is no argument `b`"),
    ],
)
def test_tools(args: str, said: str) -> None:
    tools = minimal_world()["workspace/tools.yaml"] + f"extra:\n  args: {args}\n"
    assert told(minimal_world(tools=tools), said) == [(9, "error")]
