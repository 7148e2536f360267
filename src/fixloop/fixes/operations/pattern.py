"""add_pattern, remove_pattern, add_value, set_variants: how the values of a field are found."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from fixloop.fixes.conflict import shown
from fixloop.fixes.touched import leaves_reading_field
from fixloop.fixes.typed import ALREADY, EXTRACTION, Edits, NonBlank, TypedOperation, differing, edits_of
from fixloop.fixes.yaml_file import MISSING, YamlFile
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import FieldPath
from fixloop.workspace.snapshot import Snapshot

Variants = Literal["confusable"]


class _FieldEdit(TypedOperation):
    step: ClassVar[str] = "extraction"
    field: FieldPath

    def target(self, workspace: Workspace) -> str:
        """The field."""
        return f"{EXTRACTION}#{self.field}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """Those that look at the field, or at records it helps to fetch."""
        return leaves_reading_field(workspace, self.field)

    def keys(self, *below: str) -> tuple[str, ...]:
        """A key of the field's rule."""
        return ("groups", *self.field.split("."), *below)

    def need_field(self, snapshot: Snapshot) -> YamlFile:
        """The file, in which the field must be."""
        file = self.need_file(snapshot, EXTRACTION)
        if file.get(*self.keys(), default=MISSING) is MISSING:
            self.conflict(f"{EXTRACTION}#{self.field}", f"the field {self.field}", "no such field")
        return file

    def added(self, snapshot: Snapshot, key: str, item: str) -> Edits:
        """An item at the end of one of the field's lists."""
        file = self.need_field(snapshot)
        if item in (file.get(*self.keys(key)) or []):
            return ALREADY
        if file.get(*self.keys()) is None:
            return edits_of(file, file.set(*self.keys(), to={key: [item]}))
        return edits_of(file, file.insert(*self.keys(key), item=item))


class _PatternEdit(_FieldEdit):
    pattern: NonBlank

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"the pattern is no regular expression: {error}") from error
        return pattern


class AddPattern(_PatternEdit):
    """One more pattern."""

    op: ClassVar[str] = "add_pattern"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        return self.added(snapshot, "patterns", self.pattern)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Read {self.field} also where {self.pattern} matches"


class RemovePattern(_PatternEdit):
    """A pattern goes."""

    op: ClassVar[str] = "remove_pattern"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_field(snapshot)
        patterns: list[Any] = file.get(*self.keys("patterns")) or []
        if self.pattern not in patterns:
            return ALREADY
        return edits_of(file, file.delete(*self.keys("patterns"), patterns.index(self.pattern)))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Read {self.field} no more where {self.pattern} matches"


class AddValue(_FieldEdit):
    """One more word of the field's vocabulary."""

    op: ClassVar[str] = "add_value"
    value: NonBlank

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        return self.added(snapshot, "values", self.value)

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Know “{self.value}” as a value of {self.field}"


class SetVariants(_FieldEdit):
    """Which look-alike spellings count; null means none."""

    op: ClassVar[str] = "set_variants"
    was: Variants | None
    to: Variants | None

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetVariants":
        differing(self.was, self.to)
        return self

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_field(snapshot)
        keys = self.keys("variants")
        present = file.get(*keys)
        if present == self.to:
            return ALREADY
        if present != self.was:
            self.conflict(f"{EXTRACTION}#{self.field}", f"variants {shown(self.was)}", shown(present))
        return edits_of(file, file.delete(*keys) if self.to is None else file.set(*keys, to=self.to))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Let {self.field} match " + (
            f"{self.to} spellings too" if self.to else "as it is spelled only"
        )
