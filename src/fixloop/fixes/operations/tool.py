"""add_tool, remove_tool, set_tool_arg: what a branch does besides answering."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import model_validator

from fixloop.fixes.branch_edit import BranchEdit
from fixloop.fixes.conflict import shown
from fixloop.fixes.plan_file import Found
from fixloop.fixes.typed import NonBlank, differing
from fixloop.fixes.values import MISSING, alike
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.schema import CallFile, Id


class _ToolEdit(BranchEdit):
    tool: CallFile

    @property
    def call(self) -> dict[str, Any]:
        """The call as it is written; no arguments, no key for them."""
        return {"name": self.tool.name, **({"args": self.tool.args} if self.tool.args else {})}

    def position(self, branch: dict[str, Any]) -> int | None:
        """Where the branch makes this very call."""
        return next((n for n, call in enumerate(_calls(branch)) if _same_call(call, self.call)), None)

    def namesakes(self, branch: dict[str, Any]) -> list[Any]:
        """Calls of the same tool with other arguments."""
        return [call for call in _calls(branch) if call.get("name") == self.tool.name]


class AddTool(_ToolEdit):
    """One more call, the last of the branch."""

    op: ClassVar[str] = "add_tool"

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """See BranchEdit."""
        if (at := self.position(branch)) is not None:
            calls = _calls(branch)
            yield {**branch, "tools": calls[:at] + calls[at + 1 :]}

    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """See BranchEdit."""
        if others := self.namesakes(found.branch):
            self.conflict(f"{file.path}#{self.branch}", f"no call of {self.tool.name}", shown(others[0]))
        if "tools" in found.branch:
            return file.insert(*found.keys, "tools", item=self.call)
        return file.add(*found.keys, "tools", to=[self.call], after="reply")

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Let {self.place} call {self.tool.name} too"


class RemoveTool(_ToolEdit):
    """A call goes; the arguments given are its precondition."""

    op: ClassVar[str] = "remove_tool"

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """See BranchEdit."""
        calls = _calls(branch)
        if not self.namesakes(branch):
            for at in range(len(calls) + 1):
                yield {**branch, "tools": [*calls[:at], self.call, *calls[at:]]}

    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """See BranchEdit."""
        at = self.position(found.branch)
        if at is None:
            self.differs(file, self.call, self.namesakes(found.branch)[0], "the call")
        keys = (*found.keys, "tools")
        return file.delete(*keys, at) if len(_calls(found.branch)) > 1 else file.delete(*keys)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Let {self.place} no more call {self.tool.name}"


class SetToolArg(BranchEdit):
    """Another value for one argument of a call; null means that it is not given."""

    op: ClassVar[str] = "set_tool_arg"
    tool: Id
    arg: NonBlank
    was: Any
    to: Any

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetToolArg":
        differing(self.was, self.to)
        return self

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """See BranchEdit."""
        for at, call in enumerate(_calls(branch)):
            args = call.get("args") or {}
            if call.get("name") == self.tool and alike(args.get(self.arg), self.to):
                old = {key: value for key, value in args.items() if key != self.arg}
                old |= {self.arg: self.was} if self.was is not None else {}
                yield {
                    **branch,
                    "tools": [*_calls(branch)[:at], {**call, "args": old}, *_calls(branch)[at + 1 :]],
                }

    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """See BranchEdit."""
        positions = [n for n, call in enumerate(_calls(found.branch)) if call.get("name") == self.tool]
        if len(positions) != 1:
            self.differs(file, self.tool, f"{len(positions)} calls", "one call of")
        keys = (*found.keys, "tools", positions[0], "args")
        present = file.get(*keys, self.arg)
        if not alike(present, self.was):
            self.differs(file, self.was, present, f"{self.tool}.{self.arg}")
        if self.to is None:
            return file.delete(*keys, self.arg) if len(file.get(*keys)) > 1 else file.delete(*keys)
        if file.get(*keys) is None and file.get(*keys, default=MISSING) is not MISSING:
            return file.set(*keys, to={self.arg: self.to})
        return file.set(*keys, self.arg, to=self.to)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Let {self.place} call {self.tool} with {self.arg} {shown(self.to)}, not {shown(self.was)}"


def _calls(branch: dict[str, Any]) -> list[dict[str, Any]]:
    calls = branch.get("tools") or []
    return [call for call in calls if isinstance(call, dict)]


def _same_call(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.get("name") == b.get("name") and alike(a.get("args") or {}, b.get("args") or {})
