"""set_reply: which template a branch answers with."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import model_validator

from fixloop.fixes.branch_edit import BranchEdit
from fixloop.fixes.plan_file import Found
from fixloop.fixes.typed import differing
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.schema import Id


class SetReply(BranchEdit):
    """Another template."""

    op: ClassVar[str] = "set_reply"
    was: Id
    to: Id

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetReply":
        differing(self.was, self.to)
        return self

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """See BranchEdit."""
        if branch.get("reply") == self.to:
            yield {**branch, "reply": self.was}

    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """See BranchEdit."""
        present = found.branch.get("reply")
        if present != self.was:
            self.differs(file, self.was, present, "the reply")
        return file.set(*found.keys, "reply", to=self.to)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Let {self.place} answer {self.to}, not {self.was}"
