"""A stored workspace equals the one that was read; what changed is read anew."""

from pathlib import Path

import pytest

from fixloop.adapters.work_tree import read_work_tree
from fixloop.ports.cache import NoCache
from fixloop.workspace import load
from fixloop.workspace.load import WorkspaceInvalid, load_workspace
from fixloop.workspace.snapshot import Snapshot
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


RICH = """\
leaf: account_locked
branches:
  - when:
      not: {any: [{record.fraud_flag: true}, {fetched.count: {in: [0, 2]}}]}
      fields.account.branch: Riverton
    branches:
      - {when: {record.hotline: {exists: true}}, reply: unlock_instructions}
      - {reply: handover, review: always}
  - {reply: request_account_information}
"""


@pytest.mark.parametrize(
    "snapshot",
    [
        build_snapshot(minimal_world()),
        build_snapshot(minimal_world(account_locked=RICH)),
        read_work_tree(EXAMPLE),
    ],
    ids=["minimal", "nested conditions", "the shipped example"],
)
def test_reading_back_gives_an_equal_workspace(snapshot: Snapshot) -> None:
    workspace = load_workspace(snapshot)
    assert parse_workspace(render_workspace(workspace)) == workspace


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
