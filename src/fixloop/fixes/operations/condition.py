"""set_condition: when a branch is taken."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import model_validator

from fixloop.errors import BadInput
from fixloop.fixes.branch_edit import BranchEdit
from fixloop.fixes.plan_file import Found, same_when
from fixloop.fixes.yaml_file import MISSING, YamlFile
from fixloop.workspace.plan_tree import DEFAULT, parse_condition


class SetCondition(BranchEdit):
    """Another condition; null is the default's, which has none."""

    op: ClassVar[str] = "set_condition"
    was: dict[str, Any] | None
    to: dict[str, Any] | None

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetCondition":
        if self.branch == DEFAULT:
            # With a condition it would not be the default any more, and the next one would be.
            raise ValueError("name the default branch by its id to give it a condition")
        try:
            for condition in (self.was, self.to):
                parse_condition(condition)
        except BadInput as error:
            raise ValueError(f"not a condition: {error.message}") from error
        if same_when(self.was, self.to):
            raise ValueError("`was` and `to` are the same: nothing would change")
        return self

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """See BranchEdit."""
        if same_when(branch.get("when"), self.to):
            yield {**branch, "when": self.was}

    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """See BranchEdit."""
        present = found.branch.get("when")
        if not same_when(present, self.was):
            self.differs(file, self.was, present, "the condition")
        if self.to is None:
            return file.delete(*found.keys, "when")
        if found.branch.get("when", MISSING) is not MISSING:
            return file.set(*found.keys, "when", to=self.to)
        return file.add(*found.keys, "when", to=self.to, after="id" if "id" in found.branch else "")

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Take {self.place} " + (f"when {self.to}" if self.to else "whenever nothing before it fits")
