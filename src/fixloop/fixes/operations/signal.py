"""add_signal, remove_signal, set_weight: what speaks for a record, and how loudly."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from fixloop.fixes.conflict import shown
from fixloop.fixes.touched import leaves_reading_records
from fixloop.fixes.typed import ALREADY, FETCH, Edits, TypedOperation, differing, edits_of
from fixloop.fixes.values import alike
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import ColumnPath, FieldPath, Id, Strict
from fixloop.workspace.snapshot import Snapshot

Weight = int | Annotated[float, Field(allow_inf_nan=False)]


class SignalName(Strict):
    """What names a signal."""

    field: FieldPath
    source: Id
    match: ColumnPath

    def __str__(self) -> str:
        return f"{self.field}={self.source}.{self.match}"

    def names(self, signal: Any) -> bool:
        """Whether a signal in the file is this one."""
        return isinstance(signal, dict) and all(
            signal.get(key) == getattr(self, key) for key in ("field", "source", "match")
        )


class WeighedSignal(SignalName):
    """A signal with its weight."""

    weight: Weight


class NamedSignal(SignalName):
    """A signal to remove; with a weight, only where it has that weight."""

    weight: Weight | None = None


class _SignalEdit(TypedOperation):
    step: ClassVar[str] = "fetch"
    signal: SignalName

    def target(self, workspace: Workspace) -> str:
        """The signal, by field, source and column."""
        return f"{FETCH}#{self.signal}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """Those that look at records."""
        return leaves_reading_records(workspace)

    def position(self, file: YamlFile) -> int | None:
        """Where the signal stands in the list, if it does."""
        signals = file.get("signals") or []
        found = [index for index, signal in enumerate(signals) if self.signal.names(signal)]
        if len(found) > 1:
            self.conflict(f"{FETCH}#{self.signal}", "one signal of this name", f"{len(found)} of them")
        return found[0] if found else None


class SetWeight(_SignalEdit):
    """Another weight for a signal."""

    op: ClassVar[str] = "set_weight"
    was: Weight
    to: Weight

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetWeight":
        differing(self.was, self.to)
        return self

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, FETCH)
        at = self.position(file)
        if at is None:
            self.conflict(f"{FETCH}#{self.signal}", "the signal", "no such signal")
        present = file.get("signals", at, "weight")
        if alike(present, self.to):
            return ALREADY
        if not alike(present, self.was):
            self.conflict(f"{FETCH}#{self.signal}", f"weight {self.was}", shown(present))
        return edits_of(file, file.set("signals", at, "weight", to=self.to))

    def describe(self) -> str:
        """See TypedOperation."""
        signal = self.signal
        return f"Weigh {signal.field} against {signal.source}.{signal.match} {self.to}, not {self.was}"


class AddSignal(_SignalEdit):
    """A new signal, the last of the list."""

    op: ClassVar[str] = "add_signal"
    signal: WeighedSignal

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, FETCH)
        at = self.position(file)
        if at is None:
            return edits_of(file, file.insert("signals", item=self.signal.model_dump()))
        present = file.get("signals", at, "weight")
        if not alike(present, self.signal.weight):
            self.conflict(f"{FETCH}#{self.signal}", "no such signal", f"one of weight {shown(present)}")
        return ALREADY

    def describe(self) -> str:
        """See TypedOperation."""
        signal = self.signal
        return f"Count {signal.weight} where {signal.field} equals {signal.source}.{signal.match}"


class RemoveSignal(_SignalEdit):
    """A signal goes."""

    op: ClassVar[str] = "remove_signal"
    signal: NamedSignal

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, FETCH)
        at = self.position(file)
        if at is None:
            return ALREADY
        weight, present = self.signal.weight, file.get("signals", at, "weight")
        if weight is not None and not alike(present, weight):
            self.conflict(f"{FETCH}#{self.signal}", f"weight {weight}", shown(present))
        return edits_of(file, file.delete("signals", at))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Count {self.signal.field} against {self.signal.source}.{self.signal.match} no more"
