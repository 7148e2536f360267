"""edit_template, add_template: what customers read."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from fixloop.fixes.conflict import shown
from fixloop.fixes.touched import leaves_replying
from fixloop.fixes.typed import ALREADY, TEMPLATES, Edits, NonBlank, TypedOperation, differing, edits_of
from fixloop.fixes.values import alike
from fixloop.fixes.yaml_file import MISSING, YamlFile, read_yaml_file
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import MAX_TEMPLATE, Id, Language
from fixloop.workspace.snapshot import Snapshot

Text = Annotated[str, StringConstraints(pattern=r"\S", max_length=MAX_TEMPLATE)]


class EditTemplate(TypedOperation):
    """Other words in a template, or another text altogether.

    `was` must occur exactly once in the present text (the whole text does). No language, or "", means the
    text that serves every language.
    """

    op: ClassVar[str] = "edit_template"
    step: ClassVar[str] = "template"
    template: Id
    language: Language | Literal[""] | None = None
    was: Annotated[str, StringConstraints(min_length=1)]
    to: Annotated[str, StringConstraints(max_length=MAX_TEMPLATE)]

    @model_validator(mode="after")
    def _makes_sense(self) -> "EditTemplate":
        differing(self.was, self.to)
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """Where the text stands."""
        return (self.template, "text", *([self.language] if self.language else []))

    def target(self, workspace: Workspace) -> str:
        """The text."""
        return f"{TEMPLATES}#{'.'.join(self.keys)}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """Those that answer with it."""
        return leaves_replying(workspace, self.template)

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, TEMPLATES)
        text = self._present_text(file)
        if self._is_done(text):
            return ALREADY
        if (times := text.count(self.was)) != 1:
            self.conflict(self._where, f"{shown(self.was)} once", f"it {times} times")
        after = text.replace(self.was, self.to)
        if not after.strip() or not self._is_done(after):
            self.conflict(self._where, "words that the edit replaces for good", shown(after))
        return edits_of(file, file.replace_text(*self.keys, was=self.was, to=self.to))

    @property
    def _where(self) -> str:
        return f"{TEMPLATES}#{'.'.join(self.keys)}"

    def _present_text(self, file: YamlFile) -> str:
        text = file.get(*self.keys)
        if isinstance(text, str):
            return text
        known = file.get(self.template, "text")
        found = f"texts in {', '.join(map(str, known))}" if isinstance(known, dict) else "none"
        return self.conflict(self._where, "a text", found)

    def _is_done(self, text: str) -> bool:
        """Whether the new words are there, and the old ones only as part of them."""
        rest = text.replace(self.to, "\0") if self.was in self.to else text
        return self.to in text and self.was not in rest

    def describe(self) -> str:
        """See TypedOperation."""
        language = f" ({self.language})" if self.language else ""
        return f"In the template {self.template}{language}, say {shown(self.to)} instead of {shown(self.was)}"


class AddTemplate(TypedOperation):
    """A new template, the last of the file."""

    op: ClassVar[str] = "add_template"
    step: ClassVar[str] = "template"
    name: Id
    description: NonBlank
    text: Text | Annotated[dict[Language, Text], Field(min_length=1)]

    def target(self, workspace: Workspace) -> str:
        """The template."""
        return f"{TEMPLATES}#{self.name}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """None yet: nothing answers with it."""
        return frozenset()

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        entry: dict[str, Any] = {"description": self.description, "text": self.text}
        file = read_yaml_file(snapshot, TEMPLATES) or YamlFile(TEMPLATES, b"")
        known = file.get(self.name, default=MISSING)
        if known is MISSING:
            return edits_of(file, file.add(self.name, to=entry))
        if not alike(known, entry):
            self.conflict(f"{TEMPLATES}#{self.name}", f"no template {self.name}, or this one", shown(known))
        return ALREADY

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Add the template {self.name}: {self.description}"
