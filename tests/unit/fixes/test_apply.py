"""Applying operations: parsing at the edge, all or none, undone by the inverse, and what they touch."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.errors import BadInput
from fixloop.fixes.apply import (
    OperationConflict,
    UnsafeEdit,
    apply_operations,
    describe,
    parse_operation,
    parse_operations,
    touched_leaves,
    touched_paths,
)
from fixloop.fixes.catalog import catalog
from fixloop.hints.operation import Operation
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import MemorySnapshot
from tests.unit.fixes.test_operation_cases import load_cases

LEAF = "account_locked"
SIGNAL = {"field": "account.account_number", "source": "accounts", "match": "account_number"}
FILES = {
    "fixloop.yaml": "fixloop: 1\nfallback: {reply: handover}\n",
    "workspace/intents.yaml": """\
root: [account_access, fees]
thresholds: {root: 0.31}
intents:
  account_access: {description: In., children: [login_problem, account_locked]}   # shared
  login_problem: {description: Signing in.}
  account_locked:
    description: Locked.
  fees: {children: [fee_query]}
  fee_query:
""",
    "workspace/examples/account_locked.jsonl": '{"text": "locked"}\n{"text": "Konto gesperrt"}',
    "workspace/extraction.yaml": """\
groups:
  account:
    account_number:
      patterns:
        - '\\b[A-Z]{3}\\d{4}\\b'   # new ones
      variants: confusable
""",
    "workspace/fetch.yaml": """\
sources:
  accounts:
    {kind: jsonl, path: workspace/records/accounts.jsonl, id: account_id, fields: {account_number: string}}
signals:
  - {field: account.account_number, source: accounts, match: account_number,   weight: 5}   # sure
threshold: 4
""",
    "workspace/records/accounts.jsonl": '{"account_id": "a", "account_number": "NSB0123"}\n',
    "workspace/templates.yaml": """\
handover: {description: A person., text: A colleague will answer.}
unlock:
  description: How to unlock.
  text:
    en: >-
      Please unlock {{ record.account_number }}
      in the app.
ask: {description: Ask., text: Which account?}
""",
    "workspace/tools.yaml": "note: {description: Keep a note., args: {}}\n",
    "plan_trees/account_locked.yaml": """\
leaf: account_locked
branches:
  - {when: {fetched.count: {ne: 1}}, reply: ask}
  # the rest
  - id: rest
    when: {ticket.language: en}
    reply: unlock
  - {reply: handover}
""",
    "plan_trees/login_problem.yaml": "leaf: login_problem\nbranches: [{reply: handover}]\n",
    "plan_trees/fee_query.yaml": "leaf: fee_query\nbranches: [{reply: ask}]\n",
    "evals/intent/a.jsonl": '{"id": "i-1", "text": "hm", "expect": "other"}\n',
}
WORLD = MemorySnapshot({path: text.encode() for path, text in FILES.items()})
TREE = {"leaf": LEAF, "branch": "rest"}


def op(name: str, **args: Any) -> Operation:
    return Operation(name, args)


INVERSES = [
    (op("add_edge", parent="fees", child=LEAF), op("remove_edge", parent="fees", child=LEAF)),
    (op("set_threshold", at="root", was=0.31, to=0.2), op("set_threshold", at="root", was=0.2, to=0.31)),
    (op("set_threshold", at="fees", was=None, to=0.2), op("set_threshold", at="fees", was=0.2, to=None)),
    (op("set_threshold", at="fetch", was=4, to=4.5), op("set_threshold", at="fetch", was=4.5, to=4)),
    (op("set_weight", signal=SIGNAL, was=5, to=0.5), op("set_weight", signal=SIGNAL, was=0.5, to=5)),
    (
        op("add_signal", signal={**SIGNAL, "match": "other", "weight": 1}),
        op("remove_signal", signal={**SIGNAL, "match": "other", "weight": 1}),
    ),
    (
        op("add_pattern", field="account.account_number", pattern="no"),
        op("remove_pattern", field="account.account_number", pattern="no"),
    ),
    (
        op("set_variants", field="account.account_number", was="confusable", to=None),
        op("set_variants", field="account.account_number", was=None, to="confusable"),
    ),
    (
        op("add_branch", leaf=LEAF, before="rest", branch={"id": "x", "when": {"a.b": 1}, "reply": "ask"}),
        op("remove_branch", leaf=LEAF, branch="x"),
    ),
    (op("move_branch", leaf=LEAF, branch="rest", before="default"), None),
    (
        op("set_condition", **TREE, was={"ticket.language": "en"}, to={"ticket.language": "no"}),
        op("set_condition", **TREE, was={"ticket.language": "no"}, to={"ticket.language": "en"}),
    ),
    (op("set_reply", **TREE, was="unlock", to="ask"), op("set_reply", **TREE, was="ask", to="unlock")),
    (op("add_tool", **TREE, tool={"name": "note"}), op("remove_tool", **TREE, tool={"name": "note"})),
    (
        op("edit_template", template="unlock", language="en", was="in the app", to="today: # yes"),
        op("edit_template", template="unlock", language="en", was="today: # yes", to="in the app"),
    ),
    (
        op("fix_case", suite="intent", id="i-1", was={"expect": "other"}, to={"expect": LEAF}),
        op("fix_case", suite="intent", id="i-1", was={"expect": LEAF}, to={"expect": "other"}),
    ),
    (
        op("add_leaf", id="new_leaf", parents=["fees", "root"], description="New: yes"),
        op("remove_leaf", id="new_leaf"),
    ),
]


@pytest.mark.parametrize("pair", INVERSES, ids=lambda pair: pair[0].op)
def test_an_operation_and_its_inverse_give_every_byte_back(pair: tuple[Operation, Operation | None]) -> None:
    there, back = pair
    if back is None:
        assert apply_operations(WORLD, [there]).already
        return
    applied = apply_operations(WORLD, [there])
    assert applied.edits
    returned = apply_operations(applied.snapshot, [back])
    assert {path: returned.snapshot.read(path) for path in returned.snapshot.paths()} == WORLD.files
    assert not apply_operations(WORLD, [there, back]).edits


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip))
def test_examples_come_and_go(text: str) -> None:
    there, back = op("add_example", leaf=LEAF, text=text), op("remove_example", leaf=LEAF, text=text)
    applied = apply_operations(WORLD, [there])
    if applied.already:
        return
    assert apply_operations(applied.snapshot, [there]).already
    assert dict(apply_operations(applied.snapshot, [back]).snapshot.edits) == {
        "workspace/examples/account_locked.jsonl": FILES["workspace/examples/account_locked.jsonl"].encode()
    }


def test_all_or_none() -> None:
    good, bad = op("set_weight", signal=SIGNAL, was=5, to=6), op("set_weight", signal=SIGNAL, was=5, to=7)
    with pytest.raises(OperationConflict) as raised:
        apply_operations(WORLD, [good, bad])
    assert (raised.value.operation, raised.value.expected, raised.value.found) == (
        "set_weight",
        "weight 5",
        "6",
    )
    assert raised.value.exit_code == 1
    assert "workspace/fetch.yaml" in str(raised.value)


def test_an_unreadable_file_is_a_conflict() -> None:
    broken = MemorySnapshot({**WORLD.files, "workspace/fetch.yaml": b"signals: [\n"})
    with pytest.raises(OperationConflict, match="a readable file"):
        apply_operations(broken, [op("set_weight", signal=SIGNAL, was=5, to=6)])


def test_what_is_written_as_an_alias_is_refused_with_file_and_key() -> None:
    text = FILES["workspace/fetch.yaml"].replace("threshold: 4", "threshold: &four 4\nother: *four")
    world = MemorySnapshot({**WORLD.files, "workspace/fetch.yaml": text.encode()})
    with pytest.raises(UnsafeEdit, match=r"workspace/fetch.yaml: cannot edit threshold safely"):
        apply_operations(world, [op("set_threshold", at="fetch", was=4, to=5)])


def test_a_leaf_may_have_its_plan_tree_under_another_name() -> None:
    files = dict(WORLD.files)
    files["plan_trees/locked.yaml"] = files.pop("plan_trees/account_locked.yaml")
    applied = apply_operations(MemorySnapshot(files), [op("set_reply", **TREE, was="unlock", to="ask")])
    assert list(applied.edits) == ["plan_trees/locked.yaml"]


def test_two_branches_of_one_id_are_a_conflict() -> None:
    twice = FILES["plan_trees/account_locked.yaml"].replace("  - {reply", "  - {id: rest, reply")
    world = MemorySnapshot({"plan_trees/account_locked.yaml": twice.encode()})
    with pytest.raises(OperationConflict, match="2 branches"):
        apply_operations(world, [op("set_reply", **TREE, was="unlock", to="ask")])


NONSENSE = [
    ("add_example", {"leaf": LEAF, "text": "  "}, "blank"),
    ("add_example", {"leaf": LEAF}, "missing"),
    ("add_example", {"leaf": "../x", "text": "a"}, "leaf"),
    ("add_example", {"leaf": LEAF, "text": "a", "at": 3}, "unknown key"),
    ("add_leaf", {"id": "x", "parents": [], "description": "d"}, "at least 1"),
    ("add_leaf", {"id": "x", "parents": ["a", "a"], "description": "d"}, "twice"),
    ("add_edge", {"parent": "a", "child": "a"}, "own parent"),
    ("set_threshold", {"at": "root", "was": 0.1, "to": 0.1}, "nothing would change"),
    ("set_threshold", {"at": "root", "was": 0.1, "to": 1.5}, "between 0 and 1"),
    ("set_weight", {"signal": SIGNAL, "was": 1, "to": 1.0}, "nothing would change"),
    ("set_weight", {"signal": SIGNAL, "was": 1, "to": True}, "to"),
    ("add_pattern", {"field": "a.b", "pattern": "("}, "regular expression"),
    ("add_branch", {"leaf": LEAF, "before": "default", "branch": {"when": {"a": 1}}}, "not a branch"),
    (
        "add_branch",
        {"leaf": LEAF, "before": "default", "branch": {"when": {"a": {"like": 1}}, "reply": "x"}},
        "like",
    ),
    ("move_branch", {"leaf": LEAF, "branch": "x", "before": "x"}, "before itself"),
    ("set_condition", {**TREE, "was": {"a": 1}, "to": {"a": {"eq": 1}}}, "nothing would change"),
    ("set_condition", {**TREE, "branch": "default", "was": None, "to": {"a": 1}}, "by its id"),
    ("edit_template", {"template": "t", "was": "a", "to": "a"}, "nothing would change"),
    ("fix_case", {"suite": "intent", "id": "a", "was": {}, "to": {"id": "b"}}, "keeps its id"),
    ("add_case", {"suite": "intent", "id": "a", "to": {}}, "empty"),
    ("add_exmaple", {"leaf": LEAF, "text": "a"}, "add_example"),
]


@pytest.mark.parametrize(("name", "args", "complaint"), NONSENSE)
def test_nonsense_is_refused_when_built(name: str, args: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse_operation({"op": name, **args})
    assert complaint in str(raised.value)


def test_a_typed_operation_goes_back_into_a_hint_as_it_came() -> None:
    for case in load_cases():
        for value in case.values[0]["operations"]:
            carried = Operation.from_json(value)
            assert parse_operation(carried).to_operation() == carried


def test_every_operation_says_in_one_sentence_what_it_does() -> None:
    for case in load_cases():
        for sentence in describe(map(Operation.from_json, case.values[0]["operations"])):
            assert sentence[0].isupper()


def test_the_list_is_closed() -> None:
    steps = {kind.lane for kind in catalog().values()}
    assert steps == {"fix", "judge"}
    assert len(catalog()) == 27
    assert list(catalog()) == sorted(catalog())


def test_what_they_touch() -> None:
    workspace = load_workspace(WORLD)
    wording = op("edit_template", template="ask", was="Which", to="What")
    assert touched_leaves([wording], workspace) == {LEAF, "fee_query"}
    assert touched_paths([wording], workspace) == ("workspace/templates.yaml",)
    fallback = op("edit_template", template="handover", was="A", to="Some")
    assert touched_leaves([fallback], workspace) >= {"other", "fees.other", LEAF, "login_problem"}
    assert touched_leaves([op("set_weight", signal=SIGNAL, was=5, to=6)], workspace) == {LEAF}
    level = op("set_threshold", at="fees", was=None, to=0.2)
    assert touched_leaves([level], workspace) == {"fees.other", "fee_query"}
    assert touched_leaves([op("add_value", field="account.account_number", value="x")], workspace) == {LEAF}
    assert touched_paths([op("retire_case", suite="intent", id="i-1")], workspace) == ("evals/intent/",)
    leaf = op("add_leaf", id="new_leaf", parents=["fees"], description="d")
    assert touched_paths([leaf], workspace) == (
        "plan_trees/new_leaf.yaml",
        "workspace/examples/new_leaf.jsonl",
        "workspace/intents.yaml",
    )


def test_edits_stay_within_what_they_may_touch() -> None:
    workspace = load_workspace(WORLD)
    for there, _ in INVERSES:
        allowed = touched_paths([there], workspace)
        assert all(path.startswith(allowed) for path in apply_operations(WORLD, [there]).edits)


def test_the_result_of_every_operation_is_still_a_workspace() -> None:
    for there, _ in INVERSES:
        if there.op not in ("add_tool", "add_signal", "add_branch", "add_edge"):
            load_workspace(apply_operations(WORLD, [there]).snapshot)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([there for there, back in INVERSES if back]), unique=True, max_size=6))
def test_a_hint_of_several_operations_applied_twice_is_applied_once(operations: list[Operation]) -> None:
    once = apply_operations(WORLD, operations)
    twice = apply_operations(once.snapshot, operations)
    assert not twice.edits
    assert len(twice.already) == len(operations)


def test_twenty_examples_in_a_moment() -> None:
    lines = "".join(f'{{"text": "example {n}"}}\n' for n in range(500)).encode()
    world = MemorySnapshot({**WORLD.files, "workspace/examples/account_locked.jsonl": lines})
    operations = parse_operations(op("add_example", leaf=LEAF, text=f"new {n}") for n in range(20))
    apply_operations(world, operations[:1])
    started = time.perf_counter()
    applied = apply_operations(world, operations)
    assert time.perf_counter() - started < 0.1
    data = applied.edits["workspace/examples/account_locked.jsonl"]
    assert data is not None and data.count(b"\n") == 520


def test_the_cases_are_where_the_operations_are() -> None:
    folder = Path(__file__).parents[3] / "src/fixloop/fixes/operations"
    assert all(path.suffix == ".py" for path in folder.iterdir() if path.name != "__pycache__")
