"""A faulted workspace, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from plant import Fault
from worlds import World, answers, visible

from fixloop.evals.cases import load_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.fixes.jsonl_splice import lines_where, remove_line
from fixloop.fixes.yaml_file import YamlFile
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import Overlay, Snapshot


class Base:
    """The faulted workspace as one fresh commit: without the cases that the fault breaks."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self.world = world
        snapshot = world.snapshot
        for one in faults:
            snapshot = one.planted(snapshot)
        self._bare = snapshot

    @cached_property
    def pipeline(self) -> Pipeline:
        """The faulted workspace, compiled."""
        return compile_pipeline(load_workspace(self._bare), self.world.cache)

    @cached_property
    def given(self) -> Mapping[str, Proposal]:
        """What it answers to the shown tickets."""
        return answers(self.pipeline, [one for one in self.world.tickets if not one.unseen])

    @cached_property
    def unseen(self) -> Mapping[str, Proposal]:
        """What it answers to the unseen tickets."""
        return answers(self.pipeline, [one for one in self.world.tickets if one.unseen])

    def changed(self, unseen: bool) -> list[str]:
        """The shown or the unseen tickets that get another proposal than they should."""
        return self._changed_unseen if unseen else self._changed_shown

    @cached_property
    def _changed_shown(self) -> list[str]:
        return [key for key, got in self.given.items() if visible(got) != self.world.seen[key]]

    @cached_property
    def _changed_unseen(self) -> list[str]:
        return [key for key, got in self.unseen.items() if visible(got) != self.world.seen[key]]

    @cached_property
    def snapshot(self) -> Snapshot:
        """With the cases that pass today only."""
        report = evaluate(self.pipeline, load_cases(self._bare))
        broken = {result.id for result in report if result.outcome != PASS}
        return without_cases(self._bare, broken)


def without_cases(snapshot: Snapshot, gone: set[str]) -> Snapshot:
    """The snapshot without some eval cases; every other byte stays."""
    edits: dict[str, bytes | None] = {}
    for path in snapshot.paths():
        data = snapshot.read(path) or b""
        if gone and path.startswith("evals/"):
            left = _without(path, data, gone)
            if left != data:
                edits[path] = left if left.strip() else None
    return Overlay(snapshot, edits)


def _without(path: str, data: bytes, gone: set[str]) -> bytes:
    if path.endswith(".jsonl"):
        for key in sorted(gone):
            for line in lines_where(data, "id", key):
                data = remove_line(data, line)
                break
        return data
    if not path.endswith(".yaml"):
        return data
    file = YamlFile(path, data)
    cases = file.value or []
    numbers = [n for n, case in enumerate(cases) if case.get("id") in gone]
    if len(numbers) == len(cases):
        return b""
    for number in reversed(numbers):
        file = file.delete(number)
    return file.data
