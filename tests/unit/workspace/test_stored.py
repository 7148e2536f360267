"""A stored workspace equals the one that was read; what changed is read anew."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.adapters.work_tree import read_work_tree
from fixloop.commands.labelled import LabelledText
from fixloop.commands.scaffold import render_workspace as render_files
from fixloop.commands.scaffold import sort_corpus
from fixloop.ports.cache import NoCache
from fixloop.workspace import load, stored
from fixloop.workspace.load import WorkspaceInvalid, load_workspace
from fixloop.workspace.model import (
    All,
    AnyOf,
    Branch,
    Condition,
    LeafId,
    Not,
    PlanTree,
    Test,
    ToolCall,
)
from fixloop.workspace.snapshot import MemorySnapshot, Snapshot
from fixloop.workspace.stored import load_stored, parse_workspace, render_workspace
from tests.support.worlds import build_snapshot, minimal_world

EXAMPLE = Path(__file__).parents[3]


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], bytes] = {}

    def load(self, kind: str, key: str) -> bytes | None:
        return self.entries.get((kind, key))

    def save(self, kind: str, key: str, data: bytes) -> None:
        self.entries[kind, key] = data


CONDITIONS = """\
leaf: account_locked
branches:
  - when:
      not: {any: [{record.fraud_flag: true}, {fetched.count: {in: [0, 2]}}]}
      fields.account.branch: {not_in: [Riverton, "0", "true"]}
    branches:
      - {when: {record.hotline: {exists: true}}, reply: unlock_instructions}
      - {when: {all: [{any: [{fetched.count: 1}]}, {any: [{fetched.margin: 1.0}]}]}, reply: handover}
      - {reply: handover, review: always}
  - {when: {fetched.top_score: {gte: 4}, fetched.margin: {lt: 0.5}}, reply: handover}
  - when: {record.account_number: {ne: "007"}}
    reply: security_escalation
    tools:
      - {name: escalate_to_security, args: {account_id: a1}}
  - {reply: request_account_information}
"""
CONFIG = """\
fixloop: 1
language: de-AT
engines: {intent: "python:votes:factory"}
gate: {max_drift: 0, min_guard_strength: 1, require: [drift, held_out]}
policy: {auto_merge: low_risk, judges: [a@example.org], retain_days: 30}
"""
EXAMPLES = {
    "workspace/examples/login_problem.jsonl": '{"text": "Größe \u2028 🔒", "source": "f"}\n{"text": "b"}\n',
    "workspace/examples/account_access.other.jsonl": '{"text": "e\u0301 \\u0000"}\n',
}
TEMPLATES = """\
handover: {text: {en: "Hello\\n", de: Guten Tag}}
"""
TOOLS = """\
calls: {args: {type: object, properties: {n: {enum: [1, 1.0, true, null, "1", {a: []}]}}}}
"""
LABELLED = [
    LabelledText(1, "my card is lost", "Card lost", "Cards"),
    LabelledText(2, "where is my new card", "Card delivery", "Cards"),
    LabelledText(3, "what a lovely day", ""),
]
ROWS = '{"account_id": "1", "branch": null, "holders": [1, 1.0, true, 1e300, -0.0], "x": {"y": []}}\n'

WORLDS = {
    "minimal": build_snapshot(minimal_world()),
    "bare": build_snapshot(
        {"fixloop.yaml": "fixloop: 1\n", "workspace/intents.yaml": "root: [a]\nintents: {a: {}}\n"}
    ),
    "conditions": build_snapshot(minimal_world(account_locked=CONDITIONS)),
    "templates and tools": build_snapshot(
        {
            "fixloop.yaml": "fixloop: 1\n",
            "workspace/intents.yaml": "root: [a]\nintents: {a: {}}\n",
            "workspace/templates.yaml": TEMPLATES,
            "workspace/tools.yaml": TOOLS,
        }
    ),
    "configuration": build_snapshot(minimal_world(fixloop=CONFIG)),
    "examples": build_snapshot({**minimal_world(), **EXAMPLES}),
    "odd rows": build_snapshot({**minimal_world(), "workspace/records/accounts.jsonl": ROWS}),
    "init": MemorySnapshot(render_files(sort_corpus("x.csv", LABELLED, 0.0), {"root": 0.25, "cards": 1})),
    "the shipped example": read_work_tree(EXAMPLE),
}


@pytest.mark.parametrize("snapshot", WORLDS.values(), ids=WORLDS)
def test_reading_back_gives_an_equal_workspace(snapshot: Snapshot) -> None:
    kept = Kept()
    workspace = load_workspace(snapshot)
    loaded = [load_stored(snapshot, kept), load_stored(snapshot, kept)]
    [data] = kept.entries.values()
    for one in (*loaded, parse_workspace(data)):
        assert one == workspace
        # What compares equal may still differ: 1, 1.0 and true, an order of keys.
        assert repr(one) == repr(workspace)


def conditions() -> st.SearchStrategy[Condition]:
    """Any condition, deeper than people write them."""
    plain = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
    tests = st.builds(Test, st.text(), st.just("eq"), plain)
    tests |= st.builds(Test, st.text(), st.just("in"), st.lists(plain, min_size=1).map(tuple))
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, min_size=1).map(tuple)),
            st.builds(AnyOf, st.lists(inner, min_size=1).map(tuple)),
        ),
        max_leaves=8,
    )


@given(conditions(), st.dictionaries(st.text(), st.recursive(st.none() | st.text(), st.lists)))
def test_any_condition_and_argument_reads_back(condition: Condition, args: dict[str, object]) -> None:
    workspace = load_workspace(WORLDS["minimal"])
    inner = Branch("inner", condition, "handover", (ToolCall("tool", args),), review_always=True)
    tree = PlanTree(LeafId("transfer_failed"), "p", (Branch("outer", Not(condition), branches=(inner,)),))
    changed = replace(workspace, plan_trees={tree.leaf: tree})
    assert repr(parse_workspace(render_workspace(changed))) == repr(changed)


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b"null", b"{}", b'{"intents": 1}', b'{"config": {"engines": {"x": 1}}}']
)
def test_a_damaged_entry_counts_as_absent(damaged: bytes) -> None:
    kept = Kept()
    snapshot = WORLDS["minimal"]
    first = load_stored(snapshot, kept)
    [(place, sound)] = kept.entries.items()
    for bad in (damaged, sound[:-2], sound.replace(b'"stability"', b'"stabilty"')):
        kept.entries[place] = bad
        assert load_stored(snapshot, kept) == first
        assert kept.entries[place] == sound


def test_a_change_of_the_reader_reads_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    load_stored(WORLDS["minimal"], kept)
    monkeypatch.setattr(stored, "_code", lambda: "newer")
    load_stored(WORLDS["minimal"], kept)
    assert len(kept.entries) == 2


def test_the_same_files_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    first = load_stored(build_snapshot(minimal_world()), kept)
    monkeypatch.delattr(load, "load_workspace")
    assert load_stored(build_snapshot(minimal_world()), kept) == first


def test_a_changed_file_is_read_anew_and_cases_do_not_matter() -> None:
    kept = Kept()
    load_stored(build_snapshot(minimal_world()), kept)
    load_stored(build_snapshot({**minimal_world(), "evals/plan/x.yaml": "[]\n"}), kept)
    assert len(kept.entries) == 1
    changed = minimal_world(templates=minimal_world()["workspace/templates.yaml"].replace("Please", "Do"))
    assert load_stored(build_snapshot(changed), kept) == load_workspace(build_snapshot(changed))
    assert len(kept.entries) == 2


def test_an_invalid_workspace_is_never_kept() -> None:
    kept = Kept()
    with pytest.raises(WorkspaceInvalid):
        load_stored(build_snapshot(minimal_world(templates=None)), kept)
    assert not kept.entries


def test_without_a_cache_it_just_loads() -> None:
    snapshot = build_snapshot(minimal_world())
    assert load_stored(snapshot, NoCache()) == load_workspace(snapshot)


# --- near a snapshot that is known ----------------------------------------------------------------------


def _near(edits: dict[str, str | None], monkeypatch: pytest.MonkeyPatch) -> tuple[object, bool]:
    """The edited minimal world loaded beside the plain one, and whether the other files were read for it."""
    world, store, read = minimal_world(), Kept(), list[Snapshot]()
    load_stored(build_snapshot(world), store)

    def seen(snapshot: Snapshot) -> object:
        read.append(snapshot)
        return load_workspace(snapshot)

    monkeypatch.setattr(load, "load_workspace", seen)
    edited = build_snapshot({k: v for k, v in {**world, **edits}.items() if v is not None})
    return load_stored(edited, store, build_snapshot(world)), bool(read)


def test_beside_a_known_workspace_only_a_changed_plan_tree_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is what reading everything gives."""
    edits: dict[str, str | None] = {"plan_trees/account_locked.yaml": CONDITIONS}
    found, whole = _near(edits, monkeypatch)
    world = {**minimal_world(), "plan_trees/account_locked.yaml": CONDITIONS}
    assert not whole
    assert found == load_workspace(build_snapshot(world))


def test_beside_a_known_workspace_only_changed_examples_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone and with a plan tree; a text that another leaf teaches too is but a warning."""
    more = '{"text": "my account is locked"}\n{"text": "no way in", "source": "desk"}\n'
    edits: dict[str, str | None] = {
        "workspace/examples/login_problem.jsonl": more,
        "workspace/examples/other.jsonl": "",
    }
    for further in ({}, {"plan_trees/account_locked.yaml": CONDITIONS}):
        found, whole = _near({**edits, **further}, monkeypatch)
        assert not whole
        assert found == load_workspace(build_snapshot(applied({**edits, **further})))


def test_a_stray_file_beside_the_examples_teaches_nothing() -> None:
    """It has a leaf's name without the ending, and nobody reads it."""
    stray = {**minimal_world(), "workspace/examples/other": '{"text": "first"}\n'}
    store, before = Kept(), build_snapshot(stray)
    load_stored(before, store)
    after = build_snapshot({**stray, "workspace/examples/other": '{"text": "second"}\n'})
    assert load_stored(after, store, before) == load_workspace(after)


def applied(edits: dict[str, str | None]) -> dict[str, str]:
    return {path: text for path, text in {**minimal_world(), **edits}.items() if text is not None}


def test_wrong_examples_beside_a_known_workspace_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their line."""
    edits: dict[str, str | None] = {"workspace/examples/other.jsonl": '{"text": "fine"}\n{"words": 1}\n'}
    with pytest.raises(WorkspaceInvalid) as near:
        _near(edits, monkeypatch)
    with pytest.raises(WorkspaceInvalid) as whole:
        load_workspace(build_snapshot(applied(edits)))
    assert near.value.problems == whole.value.problems


@pytest.mark.parametrize(
    "edits",
    [
        {"workspace/examples/other.jsonl": None},
        {"workspace/examples/payments.other.jsonl": '{"text": "is gold money"}\n'},
        {"plan_trees/login_problem.yaml": None},
        {"plan_trees/payment_recall.yaml": "leaf: payment_recall\nbranches:\n  - {reply: handover}\n"},
        {"workspace/tools.yaml": minimal_world()["workspace/tools.yaml"].replace("Opens", "Makes")},
    ],
)
def test_any_other_difference_is_read_in_full(
    edits: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that come, go, or are no plan trees."""
    found, whole = _near(edits, monkeypatch)
    world = {k: v for k, v in {**minimal_world(), **edits}.items() if v is not None}
    assert whole
    assert found == load_workspace(build_snapshot(world))


@pytest.mark.parametrize(
    "tree",
    [
        "leaf: account_locked\nbranches:\n  - {reply: nobody_wrote_this}\n",
        "leaf: login_problem\nbranches:\n  - {reply: handover}\n",
        "leaf: account_locked\nbranches: [{when: {fields.no.such: 1}, reply: handover}, {reply: handover}]\n",
        "leaf: account_locked\nbranches: [\n",
    ],
)
def test_a_wrong_tree_beside_a_known_workspace_is_told_as_ever(
    tree: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every error there is."""
    with pytest.raises(WorkspaceInvalid) as near:
        _near({"plan_trees/account_locked.yaml": tree}, monkeypatch)
    with pytest.raises(WorkspaceInvalid) as whole:
        load_workspace(build_snapshot({**minimal_world(), "plan_trees/account_locked.yaml": tree}))
    assert near.value.problems == whole.value.problems


def test_a_tree_that_takes_a_column_of_two_rows_as_one_value_is_told_beside_a_known_workspace() -> None:
    """The rows are those of the known workspace."""
    world = minimal_world()
    world["workspace/records/accounts.jsonl"] += '{"account_id": "a1", "branch": "Easton"}\n'
    tree = world["plan_trees/account_locked.yaml"].replace("{{ record.account_id }}", "{{ record.branch }}")
    before = build_snapshot(world)
    after = build_snapshot({**world, "plan_trees/account_locked.yaml": tree})
    store = Kept()
    load_stored(before, store)
    with pytest.raises(WorkspaceInvalid, match=r"`record\.branch` is a list there"):
        load_stored(after, store, before)
