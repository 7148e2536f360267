"""set_threshold: how sure a level of intents, or the fetch, has to be."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from fixloop.fixes.conflict import shown
from fixloop.fixes.touched import leaves_below, leaves_reading_records
from fixloop.fixes.typed import FETCH, INTENTS, Edits, TypedOperation, differing, edits_of
from fixloop.fixes.values import alike
from fixloop.fixes.yaml_file import MISSING
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import Id
from fixloop.workspace.snapshot import Snapshot

Number = int | Annotated[float, Field(allow_inf_nan=False)]


class SetThreshold(TypedOperation):
    """`at` is root, a parent, or fetch; null means none is written."""

    op: ClassVar[str] = "set_threshold"
    at: Id
    was: Number | None
    to: Number | None

    @property
    def step(self) -> str:  # type: ignore[override]
        """Fetch has a threshold, and so has every level of intents."""
        return "fetch" if self.at == "fetch" else "intent"

    @model_validator(mode="after")
    def _makes_sense(self) -> "SetThreshold":
        differing(self.was, self.to)
        if self.to is not None and (self.to < 0 or (self.at != "fetch" and self.to > 1)):
            raise ValueError("a threshold of intents is between 0 and 1, that of fetch is not negative")
        return self

    def target(self, workspace: Workspace) -> str:
        """The threshold."""
        return f"{FETCH}#threshold" if self.at == "fetch" else f"{INTENTS}#thresholds.{self.at}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """Everything below the level; for fetch what looks at records."""
        return leaves_reading_records(workspace) if self.at == "fetch" else leaves_below(workspace, self.at)

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, FETCH if self.at == "fetch" else INTENTS)
        keys = ("threshold",) if self.at == "fetch" else ("thresholds", self.at)
        if self.at not in ("fetch", "root") and not file.get("intents", self.at, "children"):
            self.conflict(f"{file.path}#{self.at}", f"the parent {self.at}", "no such parent")
        present = file.get(*keys)
        if alike(present, self.to):
            return edits_of(file, file)
        if not alike(present, self.was):
            self.conflict(f"{file.path}#{'.'.join(keys)}", shown(self.was), shown(present))
        if self.to is None:
            return edits_of(file, file.delete(*keys))
        if self.at != "fetch" and file.get("thresholds", default=MISSING) is MISSING:
            return edits_of(file, file.add("thresholds", to={self.at: self.to}, after="root"))
        return edits_of(file, file.set(*keys, to=self.to))

    def describe(self) -> str:
        """See TypedOperation."""
        where = "fetching a record" if self.at == "fetch" else f"the intents below {self.at}"
        return f"Set the threshold for {where} from {_said(self.was)} to {_said(self.to)}"


def _said(number: float | None) -> str:
    return "none" if number is None else str(number)
