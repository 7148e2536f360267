"""Labelled texts into the files of a workspace: a pure function, nothing is read or written here."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files as package_files
from typing import NamedTuple

from fixloop.commands.labelled import LabelledText
from fixloop.errors import BadInput, Place
from fixloop.fixes.yaml_style import Style, entry_text, scalar
from fixloop.workspace.model import OTHER, is_other, other_of
from fixloop.workspace.text import named, normalise, shown, text_digest

ROOT = "root"
REPLY = "handover"
_RESERVED = frozenset({ROOT, OTHER})
_LONGEST_ID = 80
_STYLE = Style()


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels as ids: the children of every level, what each intent was called, and what had to be renamed."""

    children: Mapping[str, tuple[str, ...]]
    called: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def leaves(self) -> tuple[str, ...]:
        """The named leaves, sorted."""
        return tuple(
            sorted({child for below in self.children.values() for child in below} - set(self.children))
        )

    @property
    def parents(self) -> tuple[str, ...]:
        """The intents with children, sorted."""
        return tuple(sorted(set(self.children) - {ROOT}))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every text once, under one leaf, as example or as case; and what was left out on the way."""

    labels: Labels
    examples: Mapping[str, tuple[str, ...]]
    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    duplicates: int = 0
    contested: int = 0
    blank: int = 0


# --- rows to texts --------------------------------------------------------------------------------------


def sort_corpus(name: str, rows: Sequence[LabelledText], share: float) -> Corpus:
    """Labelled rows as examples and held-back cases.

    A text filed under several labels goes where most of its rows say, among equals where its first row says.
    Every leaf gives its share of cases, those of its texts whose normalised forms have the lowest digests,
    and keeps at least one example.

    Raises:
        BadInput: no row has an intent.
    """
    kept = [row for row in rows if row.text.strip()]
    if not any(_key(row.intent) for row in kept):
        mend = "give most rows an intent; an empty one means `other`"
        raise BadInput(
            "no row has an intent, so there is nothing to tell apart", place=Place(name), mend=mend
        )
    labels, leaf_of = read_labels(kept)
    filed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in kept:
        filed[text_digest(row.text)].append((leaf_of[_key(row.intent), _key(row.parent)], row.text))
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for digest, found in filed.items():
        leaf = _majority([leaf for leaf, _ in found])
        texts[leaf][digest] = next(text for one, text in found if one == leaf)
    held = _shares({leaf: sorted(found) for leaf, found in texts.items()}, share)
    split = {leaf: _split(found, held[leaf]) for leaf, found in sorted(texts.items())}
    contested = sum(len({leaf for leaf, _ in found}) > 1 for found in filed.values())
    return Corpus(
        labels=labels,
        examples={leaf: part.examples for leaf, part in split.items() if part.examples},
        cases={leaf: part.cases for leaf, part in split.items() if part.cases},
        duplicates=len(kept) - len(filed),
        contested=contested,
        blank=len(rows) - len(kept),
    )


def _majority(leaves: Sequence[str]) -> str:
    """The commonest, among equals the first."""
    return Counter(leaves).most_common(1)[0][0]


class _Parts(NamedTuple):
    examples: tuple[str, ...]
    cases: tuple[str, ...]


def _shares(digests: Mapping[str, Sequence[str]], share: float) -> dict[str, int]:
    """How many texts of each leaf are held back: its share, and what the rounding leaves goes round.

    The largest remainder first (Hamilton's method), among equals the leaf with the lowest digest: no leaf
    gives a whole text more or less than its share, and what many small leaves owe together some of them give.
    """
    due = {leaf: share * len(found) for leaf, found in digests.items()}
    held = {leaf: int(number) for leaf, number in due.items()}
    left = round(sum(due.values())) - sum(held.values())
    by_rest = sorted(due, key=lambda leaf: (round(held[leaf] - due[leaf], 9), digests[leaf][0]))
    for leaf in by_rest[:left]:
        held[leaf] += 1
    return {leaf: min(number, len(digests[leaf]) - 1) for leaf, number in held.items()}


def _split(texts: Mapping[str, str], number: int) -> _Parts:
    chosen = frozenset(sorted(texts)[:number])
    return _Parts(
        tuple(text for digest, text in texts.items() if digest not in chosen),
        tuple(text for digest, text in texts.items() if digest in chosen),
    )


# --- labels to ids --------------------------------------------------------------------------------------


class Read(NamedTuple):
    """The labels as ids, and the leaf of every (intent, parent) as the rows spell them, normalised."""

    labels: Labels
    leaf_of: Mapping[tuple[str, str], str]


def read_labels(rows: Iterable[LabelledText]) -> Read:
    """Labels into a DAG of ids.

    Spellings that differ in case or white space are one label. A label under several parents is one leaf
    they share; one that has a parent in some rows only is taken to have it in all.
    """
    spelt: dict[str, str] = {}
    above: dict[str, set[str]] = defaultdict(set)
    filed: set[tuple[str, str]] = set()
    for row in rows:
        intent, parent = _key(row.intent), _key(row.parent)
        filed.add((intent, parent))
        spelt.setdefault(intent, row.intent)
        spelt.setdefault(parent, row.parent)
        if intent:
            above[intent] |= {parent} - {""}
    ids = _Ids()
    # A parent that no leaf names has nothing to tell apart: it is no level.
    parent_ids = ids.take_all("parent", set().union(*above.values()), spelt)
    leaf_ids = ids.take_all("intent", set(above), spelt)
    leaf_of = {
        (intent, parent): leaf_ids[intent] if intent else other_of(parent_ids.get(parent, ROOT))
        for intent, parent in filed
    }
    return Read(_dag(parent_ids, leaf_ids, above, spelt, ids.notes), leaf_of)


def _dag(
    parent_ids: Mapping[str, str],
    leaf_ids: Mapping[str, str],
    above: Mapping[str, set[str]],
    spelt: Mapping[str, str],
    notes: Sequence[str],
) -> Labels:
    children: dict[str, list[str]] = {ROOT: []}
    for leaf, leaf_id in leaf_ids.items():
        for level in sorted(parent_ids[parent] for parent in above[leaf]) or [ROOT]:
            children.setdefault(level, []).append(leaf_id)
    children[ROOT] += [level for level in children if level != ROOT]
    called = {one: _readable(spelt[label]) for ids in (parent_ids, leaf_ids) for label, one in ids.items()}
    return Labels({level: tuple(sorted(below)) for level, below in children.items()}, called, tuple(notes))


class _Ids:
    """Hands out ids, each once."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = dict.fromkeys(_RESERVED, "")
        self.notes: list[str] = []

    def take_all(self, what: str, labels: Iterable[str], spelt: Mapping[str, str]) -> dict[str, str]:
        """Label to id; labels that are ids already come first, so that they keep their names."""
        ordered = sorted(labels, key=lambda label: (slug(label) != label, label))
        return {label: self.take(label, spelt[label], what) for label in ordered}

    def take(self, label: str, spelt: str, what: str) -> str:
        """The id of a label; where another has it already, the next free number behind it."""
        wanted = slug(label)
        found, number = wanted, 1
        while found in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        if found != wanted:
            other = self._taken.get(wanted)
            owner = f"the id of {other}" if other else "reserved"
            self.notes.append(f"{what} {shown(spelt)} is {named(found)}: {named(wanted)} is {owner}")
        self._taken[found] = f"{what} {shown(spelt)}"
        return found


def slug(label: str) -> str:
    """A label as an id: small letters, digits and `_`; a label in no Latin letters gets its digest."""
    apart = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_ID].rstrip("_")
    if not words:
        words = sha256(label.encode()).hexdigest()[:8]
    return words if words[0].isalpha() else f"intent_{words}"


def _key(label: str) -> str:
    """The form in which two labels count as one; the word `other` says what an empty one says."""
    key = normalise(label)
    return "" if key == OTHER else key


def _readable(label: str) -> str:
    return " ".join(label.replace("_", " ").split())


# --- files ----------------------------------------------------------------------------------------------


def starter_files() -> dict[str, bytes]:
    """What `init` writes without a labelled file: two leaves, and one of every file a newcomer meets."""
    found: dict[str, bytes] = {}
    top = package_files("fixloop.commands") / "starter"
    waiting = [("", top)]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{prefix}{entry.name}/", entry))
            else:
                found[prefix + entry.name] = entry.read_bytes()
    return dict(sorted(found.items()))


def floors_of(measured: Mapping[str, float]) -> bytes:
    """What fixloop.yaml says of the share of cases that pass today."""
    return (_FLOORS + entry_text("evals", {"floors": dict(measured)}, 0, _STYLE) + "\n").encode()


def render_workspace(corpus: Corpus, thresholds: Mapping[str, float]) -> dict[str, bytes]:
    """All files of a workspace: path to bytes."""
    starter = starter_files()
    files = {
        "fixloop.yaml": starter["fixloop.yaml"],
        "workspace/intents.yaml": _intents(corpus.labels, thresholds),
        "workspace/templates.yaml": _TEMPLATES.encode(),
    }
    files |= {f"plan_trees/{leaf}.yaml": _plan_tree(leaf) for leaf in corpus.labels.leaves}
    files |= {
        f"workspace/examples/{leaf}.jsonl": _jsonl({"text": text} for text in texts)
        for leaf, texts in corpus.examples.items()
    }
    return files | _cases(corpus)


_FLOORS = """
# The share of a suite's cases below which `fixloop eval` ends with 1; without a floor all of them must pass.
# Measured when this was written: raise it as the examples get better.
"""

_TEMPLATES = """\
# What customers are told. A text may use {{ ticket.… }}, {{ fields.<group>.<field> }} and, where exactly one
# record is certain, {{ record.… }}.
handover:
  description: A person takes over.
  text: Thank you for your message. A colleague will read it and answer you in person.
"""

_INTENTS = """\
# What customers write about. "Something else" needs no entry: every level has its own `other`.
# A leaf may stand below several parents. Below its level's threshold a text is `other`.
"""

_PLAN_TREE = """\
# A person answers everything, until branches before the last one say when not to.
leaf: {leaf}
owner: ""
stability: open
branches:
  - {{reply: handover, review: always}}
"""


def _plan_tree(leaf: str) -> bytes:
    return _PLAN_TREE.format(leaf=scalar(leaf)).encode()


def _intents(labels: Labels, thresholds: Mapping[str, float]) -> bytes:
    lines = [entry_text(ROOT, list(labels.children[ROOT]), 0, _STYLE)]
    if thresholds:
        lines.append(entry_text("thresholds", dict(sorted(thresholds.items(), key=_root_first)), 0, _STYLE))
    lines.append("intents:")
    for intent in _in_reading_order(labels):
        entry: dict[str, object] = {"description": labels.called[intent]}
        if intent in labels.children:
            entry["children"] = list(labels.children[intent])
        lines.append("  " + entry_text(intent, entry, 2, _STYLE))
    return (_INTENTS + "\n".join(lines) + "\n").encode()


def _root_first(item: tuple[str, float]) -> tuple[bool, str]:
    return item[0] != ROOT, item[0]


def _in_reading_order(labels: Labels) -> Iterable[str]:
    """Each parent followed by its leaves, a shared leaf below the first of its parents."""
    top = labels.children[ROOT]
    nested = (one for parent in top for one in (parent, *labels.children.get(parent, ())))
    return dict.fromkeys(nested)


def _cases(corpus: Corpus) -> dict[str, bytes]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for leaf, texts in corpus.cases.items():
        for text in texts:
            case_id = f"int-{leaf}-{text_digest(text)}"
            rows[_case_file(corpus.labels, leaf)].append({"id": case_id, "text": text, "expect": leaf})
    return {path: _jsonl(found) for path, found in sorted(rows.items())}


def _case_file(labels: Labels, leaf: str) -> str:
    """A file a parent; without parents one for all."""
    above = sorted(level for level, below in labels.children.items() if leaf in below and level != ROOT)
    level = leaf.removesuffix(".other") if is_other(leaf) and leaf != OTHER else next(iter(above), "")
    return f"evals/intent/{level or (OTHER if labels.parents and leaf == OTHER else 'all')}.jsonl"


def _jsonl(rows: Iterable[Mapping[str, str]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
