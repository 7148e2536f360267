"""fix_case, retire_case, add_case: the judge lane's edits of eval cases."""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from fixloop.fixes.case_file import render_cases
from fixloop.fixes.conflict import shown
from fixloop.fixes.jsonl_splice import Line, lines_where, remove_line, replace_line
from fixloop.fixes.typed import ALREADY, Edits, NonBlank, TypedOperation, differing, edits_of
from fixloop.fixes.values import MISSING, alike
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import Id
from fixloop.workspace.snapshot import Snapshot, below

Case = dict[str, Any]


class _Found(NamedTuple):
    """A case in its file: a line of JSON Lines, or an item of a YAML list."""

    path: str
    data: bytes
    case: Case
    line: Line | None
    at: int


class _CaseEdit(TypedOperation):
    step: ClassVar[str] = "eval_data"
    lane: ClassVar[Literal["fix", "judge"]] = "judge"
    suite: Id
    id: NonBlank

    def target(self, workspace: Workspace) -> str:
        """The case, by id; which file of the suite holds it is the file's business."""
        return f"evals/{self.suite}/#{self.id}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """None: a case judges, it does not change an answer."""
        return frozenset()

    def find(self, snapshot: Snapshot) -> _Found | None:
        """The case in one of its suite's files."""
        for path in below(snapshot, f"evals/{self.suite}"):
            if path.endswith((".jsonl", ".yaml")) and (
                found := self._find_in(path, snapshot.read(path) or b"")
            ):
                return found
        return None

    def _find_in(self, path: str, data: bytes) -> _Found | None:
        if path.endswith(".jsonl"):
            line = next(lines_where(data, "id", self.id), None)
            return _Found(path, data, line.value, line, 0) if line else None
        if self.id.encode() not in data and b"\\" not in data:
            return None
        cases = YamlFile(path, data).value
        for index, case in enumerate(cases if isinstance(cases, list) else []):
            if isinstance(case, dict) and case.get("id") == self.id:
                return _Found(path, data, case, None, index)
        return None

    def must_hold(self, found: _Found, was: Case) -> None:
        """The case must have every value that `was` names."""
        for key, expected in was.items():
            present = found.case.get(key, MISSING)
            if not alike(present, expected):
                said = "nothing" if present is MISSING else shown(present)
                self.conflict(f"{found.path}#{self.id}", f"{key} {shown(expected)}", said)


class FixCase(_CaseEdit):
    """Other values for some keys of a case: `was` names what they are, `to` what they become.

    A key only in `was` goes, a key only in `to` is new; the id stays.
    """

    op: ClassVar[str] = "fix_case"
    was: Case
    to: Annotated[Case, Field(min_length=1)]

    @model_validator(mode="after")
    def _makes_sense(self) -> "FixCase":
        differing(self.was, self.to)
        for part in (self.was, self.to):
            if part.get("id", self.id) != self.id:
                raise ValueError("a case keeps its id; retire it and add another")
        return self

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        found = self.find(snapshot)
        if found is None:
            return self.conflict(f"evals/{self.suite}/#{self.id}", f"the case {self.id}", "no such case")
        goes = [key for key in self.was if key not in self.to and key != "id"]
        done = all(alike(found.case.get(key, MISSING), value) for key, value in self.to.items())
        if done and not any(key in found.case for key in goes):
            return ALREADY
        self.must_hold(found, self.was)
        for key in self.to:
            if key not in self.was and key in found.case and key != "id":
                self.conflict(f"{found.path}#{self.id}", f"no {key}", shown(found.case[key]))
        return _line_fixed(found, self.to, goes) if found.line else _item_fixed(found, self.to, goes)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Correct the {self.suite} case {self.id}: {shown(self.to)}, not {shown(self.was)}"


class RetireCase(_CaseEdit):
    """A case goes; `was` may name values that it must have."""

    op: ClassVar[str] = "retire_case"
    was: Case | None = None

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        found = self.find(snapshot)
        if found is None:
            return ALREADY
        self.must_hold(found, self.was or {})
        if found.line:
            left = remove_line(found.data, found.line)
            return {found.path: left if left.strip() else None}
        file = YamlFile(found.path, found.data)
        return {found.path: None} if len(file.value) == 1 else edits_of(file, file.delete(found.at))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Retire the {self.suite} case {self.id}"


class AddCase(_CaseEdit):
    """A new case in a file of its own, so that no two additions ever meet in one file."""

    op: ClassVar[str] = "add_case"
    to: Case
    was: None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "AddCase":
        if self.to.get("id", self.id) != self.id:
            raise ValueError("the case in `to` has another id")
        if not self.to.keys() - {"id"}:
            raise ValueError("the case is empty")
        return self

    @property
    def path(self) -> str:
        """A file named after the case, as far as the id can be a file's name."""
        safe = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", self.id)
        name = self.id if safe else hashlib.sha256(self.id.encode()).hexdigest()[:16]
        return f"evals/{self.suite}/{name}.yaml"

    def paths(self, workspace: Workspace) -> tuple[str, ...]:
        """The new file."""
        return (self.path,)

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        case = {"id": self.id, **self.to}
        found = self.find(snapshot)
        if found is None:
            if snapshot.read(self.path) is not None:
                self.conflict(self.path, "no such file", "a file with other cases")
            return {self.path: render_cases([case])}
        if not alike(found.case, case):
            self.conflict(f"{found.path}#{self.id}", f"no case {self.id}, or this one", shown(found.case))
        return ALREADY

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Add the {self.suite} case {self.id}"


def _line_fixed(found: _Found, to: Case, goes: Sequence[str]) -> Edits:
    assert found.line is not None
    row = {key: value for key, value in found.case.items() if key not in goes} | to
    return {found.path: replace_line(found.data, found.line, row)}


def _item_fixed(found: _Found, to: Case, goes: Sequence[str]) -> Edits:
    before = after = YamlFile(found.path, found.data)
    for key, value in to.items():
        after = after.set(found.at, key, to=value)
    for key in goes:
        after = after.delete(found.at, key)
    return edits_of(before, after)
