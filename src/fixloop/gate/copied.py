"""What a change takes over from customers: the texts that are new, and somebody's values in them.

Both ask it: the gate of a tree that is to land, and the dry run of a draft, so that none is offered that the
gate would refuse for this.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.detectors import personal_values
from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import personal_rules, texts_in
from fixloop.feedback.spelling import canonical
from fixloop.gate.parts import changed_parts, parts_of
from fixloop.pipeline.rows import values_at
from fixloop.workspace.model import All, AnyOf, Branch, Condition, Example, Not, PlanTree, Template, Workspace
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import text_digest

Words = frozenset[str]

_EXAMPLES = "workspace/examples"
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Said:
    """A text of a workspace: its kind of file, and the place that says it (a file, or `<path>#<name>`)."""

    kind: str
    where: str
    text: str

    @property
    def is_example(self) -> bool:
        """Whether it teaches a leaf, and is neither rule nor reply."""
        return self.kind == _EXAMPLES


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody's value in a text."""

    said: Said
    value: str


def masked(value: str) -> str:
    """Enough of a value to find it by, and too little to know whose it is."""
    return value[:2] + "…" if len(value) > 2 else "…"


class Owners:
    """Tells of some words, in canonical spelling, which of them are somebody's on a base.

    With `index`, for a run that asks of many drafts, what there is is read once and kept; else each question
    reads, and nothing is held.
    """

    def __init__(self, base: Workspace, stored: Sequence[Feedback], *, index: bool = False) -> None:
        self._base = base
        self._stored = stored
        self._index: dict[str, Words] | None = {} if index else None
        self._tickets: dict[str, list[Feedback]] | None = None

    def on_record(self, wanted: Words) -> Words:
        """Those that stand in a personal column of a record, and are no ordinary words."""
        return self._among(wanted, "record", _words_on_record(self._base))

    def in_fixtures(self, wanted: Words) -> Words:
        """Those that stand in for somebody's in a stored ticket, and are no ordinary words."""
        return self._among(wanted, "fixtures", _words_in_fixtures(self._base, self._stored))

    def surrogates_in(self, text: str) -> Words:
        """Of a text that is a stored ticket's, word for word: the values that ingest put there for its own.

        They stand in the fixture too, where a personal value never stays. That somebody on record has such a
        number is chance, and where all numbers are taken it is the rule.
        """
        if self._tickets is None:
            self._tickets = {}
            for one in self._stored:
                self._tickets.setdefault(one.text_digest, []).append(one)
        told = self._tickets.get(text_digest(text), ())
        return frozenset(_words_in_fixtures(self._base, told)) | frozenset(_words_in_fields(self._base, told))

    def _among(self, wanted: Words, where: str, words: Iterator[str]) -> Words:
        # Most examples have no number in them, and even to learn the rules reads all records.
        open_words = _open(self._base, wanted) if wanted else wanted
        if not open_words:
            return open_words
        if self._index is None:
            return open_words.intersection(words)
        if where not in self._index:
            self._index[where] = frozenset(words)
        return open_words & self._index[where]


@dataclass(frozen=True, slots=True)
class Change:
    """The texts that a change brings, and those that it takes away: what only moves is neither."""

    brought: tuple[Said, ...]
    gone: tuple[Said, ...]


def texts_between(base: Workspace, result: Workspace) -> Change:
    """What the result says and the base does not, by kind of file, and the other way round.

    An example that goes from leaf to leaf word for word is no new text, nor is a branch's or a template's.
    """
    old, new, names = parts_of(base), parts_of(result), sorted(changed_parts(base, result))
    return Change(_new_in(new, old, names), _new_in(old, new, names))


def named_in(base: Workspace, change: Change, owners: Owners) -> Iterator[Named]:
    """Texts that name somebody: in a rule or reply by name or number, in an example by a number on record.

    A value that the change takes out of as many texts of that kind as it puts it into stood there before.
    """
    words = {one: _words_of(one) for one in change.brought}
    wanted = Words().union(*words.values())
    on_record, held = owners.on_record(wanted), _Held(change)
    found = on_record | owners.in_fixtures(wanted)
    house = _house(base) if any(not one.is_example for one in words) else Words()
    for one, own in words.items():
        hits = own & (on_record if one.is_example else found)  # a fixture's numbers are surrogates already
        if one.is_example and hits:
            hits -= owners.surrogates_in(one.text)
        forms = () if one.is_example else tuple(personal_values(one.text))
        for hit in sorted({*hits, *(form for form in forms if form not in house)}):
            if not held.before(one, hit):
                yield Named(one, hit)


def exposed_in(base: Workspace, result: Workspace) -> Iterator[str]:
    """Templates that now show personal columns of whatever records tie, other customers' among them."""
    edited = {name: one for name, one in result.templates.items() if one != base.templates.get(name)}
    columns = frozenset[str]().union(*personal_rules(base).columns.values()) if edited else frozenset[str]()
    for name, template in edited.items():
        for language, text in template.texts.items():
            known = base.templates.get(name)
            old = set(uses_of(known.texts[language]).paths) if known and language in known.texts else set()
            for path in sorted(set(uses_of(text).paths) - old):
                root, _, column = path.partition(".")
                if root == "records" and (not column or column.split(".")[0] in columns):
                    yield f"workspace/templates.yaml#{name} reads {path}"


# --- what is new ------------------------------------------------------------------------------------------


def _new_in(parts: Mapping[str, Any], known: Mapping[str, Any], names: Sequence[str]) -> tuple[Said, ...]:
    """What the named parts say and no known part of their kind does."""
    found = {said: None for name in names if name in parts for said in _texts(name, parts[name])}
    # A change is small, a workspace need not be: all of it is only asked for the few texts that are left.
    said = {kind: {one.text for one in found if one.kind == kind} for kind in {one.kind for one in found}}
    for name, part in known.items():
        kind = name.partition("#")[0]
        if kind in said:
            said[kind].difference_update(_strings(name, part))
    return tuple(one for one in found if one.text in said[one.kind])


def _strings(name: str, part: Any) -> Iterator[str]:
    if isinstance(part, tuple):  # examples are many
        return (example.text for example in part)
    return (said.text for said in _texts(name, part))


def _texts(name: str, part: Any) -> Iterator[Said]:
    kind, _, called = name.partition("#")
    if isinstance(part, Template):
        yield from (Said(kind, name, text) for text in part.texts.values())
    elif isinstance(part, PlanTree):
        for branch in part.branches:
            yield from _texts_of_branch(kind, part.path, branch)
    elif isinstance(part, tuple) and part and isinstance(part[0], Example):
        yield from (Said(kind, f"{kind}/{called}.jsonl", example.text) for example in part)


def _texts_of_branch(kind: str, path: str, branch: Branch) -> Iterator[Said]:
    where = f"{path}#{branch.id}"
    if branch.when is not None:
        yield from (Said(kind, where, text) for text in _literals(branch.when))
    for call in branch.tools:
        yield from (Said(kind, where, text) for text in texts_in(call.args))
    for nested in branch.branches:
        yield from _texts_of_branch(kind, path, nested)


def _literals(condition: Condition) -> Iterator[str]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _literals(part)
    elif isinstance(condition, Not):
        yield from _literals(condition.part)
    else:
        yield from texts_in(condition.value)


class _Held:
    """Which values stood in texts of the same kind before: those that leave as many as they come into."""

    def __init__(self, change: Change) -> None:
        self._gone, self._brought = _counted(change.gone), _counted(change.brought)

    def before(self, said: Said, value: str) -> bool:
        return self._gone[said.kind, value] >= self._brought[said.kind, value] > 0


def _counted(texts: Iterable[Said]) -> Counter[tuple[str, str]]:
    """How many texts of each kind hold a value."""
    return Counter(
        (one.kind, value) for one in texts for value in {*_words(one.text), *personal_values(one.text)}
    )


# --- who it belongs to ------------------------------------------------------------------------------------


def _words_of(said: Said) -> Words:
    words = _words(said.text)
    return frozenset(word for word in words if any(map(str.isdigit, word))) if said.is_example else words


def _words(text: str) -> Words:
    """The words and numbers of a text that could be somebody's, in canonical spelling."""
    pieces = (piece.strip(".,;:!?()[]\"'{}") for piece in text.split())
    return frozenset(canonical(piece) for piece in pieces if len(piece) >= _SHORTEST)


def _house(base: Workspace) -> Words:
    """Numbers and addresses of the house itself, in the replies it gives already."""
    texts = (text for template in base.templates.values() for text in template.texts.values())
    return frozenset(value for text in texts for value in personal_values(text))


def _open(base: Workspace, wanted: Words) -> Words:
    rules = personal_rules(base)
    return wanted - rules.kept_words - rules.ordinary - rules.kept_values


def _words_on_record(base: Workspace) -> Iterator[str]:
    for source, columns in personal_rules(base).columns.items():
        for row in base.records.get(source, ()):
            yield from _parts(row, columns)


def _words_in_fixtures(base: Workspace, stored: Iterable[Feedback]) -> Iterator[str]:
    columns = personal_rules(base).columns
    for one in stored:
        for source, rows in one.proposal.get("rows", {}).items():
            for row in rows:
                yield from _parts(row, columns.get(source, frozenset()))


def _words_in_fields(base: Workspace, stored: Iterable[Feedback]) -> Iterator[str]:
    rules = personal_rules(base)
    for one in stored:
        for group, fields in one.proposal.get("fields", {}).items():
            for name, values in fields.items():
                if rules.is_field(f"{group}.{name}"):
                    yield from map(canonical, texts_in(values))


def _parts(row: Mapping[str, Any], columns: Words) -> Iterator[str]:
    for column in columns:
        for text in texts_in([*values_at(row, [column]), row.get(column)]):
            yield from map(canonical, (text, *text.split()))
