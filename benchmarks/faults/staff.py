"""Scripted staff: they know the right proposal, see the given one, and say so in one of five manners.

Sentences are in `sentences/<half>.txt`, or in `sentences/<world>.<half>.txt` where a world has its own; words
for leaves, templates and tools in `words/<world>.<half>.txt`. No frame or phrase of one half is in the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

from draws import draw, pick

from fixloop.pipeline.proposal import Proposal, ToolCallMade

HERE = Path(__file__).parent
LOOP = HERE.parent / "loop_sentences"
"""What staff call the 150 intents of CLINC150, in two halves as well."""

CRYPTIC, WISH, HAPPENED, PRECISE, CORRECTED = "cryptic", "wish", "happened", "precise", "corrected"
MANNERS = (CRYPTIC, WISH, HAPPENED, PRECISE, CORRECTED)
TUNING = ("tune", "tune_b", "tune_c", "tune_d")
"""Voices to tune on: sets of names and sentences by different people."""

OFFICE = "tune_e"
"""A back office's voice, mixed in where a world has its words: it is younger than the others' figures."""

OTHER_WORDS = {"en": "none of our topics", "de": "keines unserer Themen"}


@dataclass(frozen=True)
class Remark:
    """What somebody says of one proposal."""

    manner: str
    comment: str = ""
    outcome: str = "rejected"
    reason: str | None = None
    expected: Mapping[str, Any] | None = None
    reply: str | None = None


class Change(NamedTuple):
    """A part of a text that differs: what is there, and what should be."""

    wrong: str
    right: str


@dataclass(frozen=True)
class Words:
    """What staff call things: (kind, id) to phrases, in English and German; frames by manner and language."""

    names: Mapping[tuple[str, str, str], Sequence[str]]
    wishes: Mapping[tuple[str, str], Sequence[str]]
    frames: Mapping[tuple[str, str], Sequence[str]]
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def frame(self, what: str, language: str, seed: str, **parts: str) -> str:
        """A sentence with its parts filled in."""
        chosen = pick(self.frames[what, language], "frame", what, seed)
        return chosen.format(**parts) if parts else chosen

    def name(self, kind: str, key: str, language: str, seed: str) -> str:
        """What staff call a leaf, template, tool, column or field."""
        found = self.names.get((kind, key, language)) or self.names.get((kind, key, "en"))
        if found is None and kind == "leaf":
            return OTHER_WORDS[language]
        return pick(found, "name", key, seed) if found else key.rpartition(".")[2].replace("_", " ")

    def wish(self, leaf: str, language: str, seed: str) -> str:
        """What somebody with a ticket of this leaf wants."""
        found = self.wishes.get((leaf, language)) or self.wishes.get((leaf, "en"))
        found = found or self.wishes["other", language]
        return pick(found, "wish", leaf, seed)


def voices_of(world: str) -> tuple[str, ...]:
    """The voices that take turns in a world."""
    return (*TUNING, OFFICE) if _words_file(world, OFFICE).is_file() else TUNING


def _words_file(world: str, voice: str) -> Path:
    return HERE / "words" / f"{world}.{voice}.txt"


def load_words(world: str, half: str) -> Words:
    """The sentences of a half or voice, and its words of a world: where it has none, those of `tune`.

    A world may have sentences of its own for a half or voice; the others' are then not said there.
    """
    own = _words_file(world, half)
    names: dict[tuple[str, str, str], Sequence[str]] = {}
    wishes: dict[tuple[str, str], Sequence[str]] = {}
    for head, *cells in _rows(own if own.is_file() else _words_file(world, TUNING[0])):
        kind, key = head.split(" ", 1)
        if kind == "leaf":
            names["leaf", key, "en"], wishes[key, "en"] = cells[0], cells[1]
            if len(cells) > 2:
                names["leaf", key, "de"], wishes[key, "de"] = cells[2], cells[3]
        else:
            names[kind, key, "en"] = cells[0]
            if len(cells) > 1:
                names[kind, key, "de"] = cells[1]
    if world == "clinc":
        for head, *cells in _rows(LOOP / f"{TUNING[0] if half == OFFICE else half}.txt"):
            if not head.startswith("*"):
                names["leaf", head, "en"], wishes[head, "en"] = cells[0], cells[1]
        wishes["other", "en"] = wishes["other", "de"] = ["asks for what we have no topic for"]
    frames = {(what, language[0]): said for what, language, said in _frames(world, half)}
    return Words(names, wishes, frames)


def _rows(path: Path) -> list[list[Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return [
        [row[0].strip(), *([one.strip() for one in cell.split(" / ")] for cell in row[1:])] for row in rows
    ]


def _frames(world: str, half: str) -> list[list[Any]]:
    own = HERE / "sentences" / f"{world}.{half}.txt"
    return _rows(own if own.is_file() else HERE / "sentences" / f"{half}.txt")


@dataclass(frozen=True)
class Case:
    """One ticket before staff: what it got, what it should have got, and in which language they speak."""

    ticket: str
    given: Proposal
    right: Proposal
    language: str

    @property
    def seed(self) -> str:
        """What sentences are drawn by."""
        return self.ticket


class Staff:
    """Speaks of proposals in the words of one half."""

    def __init__(self, words: Words, title: str = "account_number") -> None:
        self._words = words
        self._title = title

    def remark(self, case: Case, manner: str) -> Remark:
        """What is said of a wrong proposal in one manner; a corrected reply needs one that differs."""
        if manner == CRYPTIC:
            return Remark(CRYPTIC, self._words.frame("cryptic", case.language, case.seed))
        if manner == CORRECTED:
            if case.right.reply.text == case.given.reply.text:
                return self.remark(case, HAPPENED)
            return Remark(CORRECTED, "", "edited", reply=case.right.reply.text)
        if manner == WISH:
            return Remark(WISH, self._wish(case))
        if manner == PRECISE:
            return self._precise(case)
        return Remark(HAPPENED, self._happened(case))

    def grumble(self, case: Case) -> Remark:
        """A rejection of a right proposal: of nothing, or for another topic."""
        leaf = pick(sorted({key for key, _ in self._words.wishes}), "grumble", case.seed)
        wish = self._words.name("leaf", leaf, case.language, case.seed)
        said = self._words.frame("grumble", case.language, case.seed, wish=wish)
        reason = pick((None, None, "other", "wrong_reply", "wrong_intent"), "grumble reason", case.seed)
        return Remark("wrong", said, reason=reason)

    def accept(self, case: Case) -> Remark:
        """A right proposal sent as it is."""
        said = self._words.frame("accept", case.language, case.seed) if draw(3, "ok", case.seed) == 0 else ""
        return Remark("accepted", said, "accepted")

    # --- what the customer wanted -----------------------------------------------------------------------

    def _wish(self, case: Case) -> str:
        language, seed = case.language, case.seed
        if case.given.leaf != case.right.leaf:
            wish = self._words.wish(case.right.leaf, language, seed)
            return self._words.frame("wish", language, seed, right=wish)
        if _ids(case.given) != _ids(case.right) and case.right.records:
            right = self._record(case.right, language, seed)
            return self._words.frame("wish_record", language, seed, right=right)
        return self._words.frame("wish_answer", language, seed, right=self._answer(case))

    def _answer(self, case: Case) -> str:
        """Words for what the right proposal does that the given one does not."""
        language, seed = case.language, case.seed
        if case.given.reply.template != case.right.reply.template:
            return self._words.name("template", case.right.reply.template, language, seed)
        if change := text_change(case.given, case.right):
            return change.right or self._words.name("template", case.right.reply.template, language, seed)
        missing = _missing(case.given, case.right)
        called = missing[0] if missing else None
        if called:
            return self._words.name("tool", called.name, language, seed)
        return self._words.name("template", case.right.reply.template, language, seed)

    # --- what should have happened ----------------------------------------------------------------------

    def _happened(self, case: Case) -> str:
        given, right = case.given, case.right
        if given.leaf != right.leaf and draw(4, "leaf?", case.seed):
            return self._said_leaf(case)
        if _ids(given) != _ids(right):
            return self._said_record(case)
        if given.reply.template != right.reply.template:
            value = _unread(given, right)
            if value and draw(2, "unread", case.seed):
                return self._said_unread(case, *value)
            return self._said_reply(case)
        if change := text_change(given, right):
            return self._said_text(case, change)
        if _calls(given) != _calls(right):
            return self._said_tool(case)
        return self._said_leaf(case)

    def _said_leaf(self, case: Case) -> str:
        language, seed = case.language, case.seed
        right = self._words.name("leaf", case.right.leaf, language, seed)
        wrong = self._words.name("leaf", case.given.leaf, language, seed + "wrong")
        return self._words.frame("leaf", language, seed, right=right, wrong=wrong)

    def _said_reply(self, case: Case) -> str:
        language, seed = case.language, case.seed
        right = self._words.name("template", case.right.reply.template, language, seed)
        wrong = self._words.name("template", case.given.reply.template, language, seed + "wrong")
        return self._words.frame("reply", language, seed, right=right, wrong=wrong)

    def _said_record(self, case: Case) -> str:
        language, seed = case.language, case.seed
        value = _unread(case.given, case.right)
        if value and not case.given.records and draw(4, "unread", seed):
            return self._said_unread(case, *value)
        right = self._record(case.right, language, seed)
        wrong = self._record(case.given, language, seed + "wrong")
        what = _record_change(len(case.given.records), len(case.right.records))
        return self._words.frame(what, language, seed, right=right, wrong=wrong)

    def _said_unread(self, case: Case, path: str, value: str) -> str:
        name = self._words.name("field", path, case.language, case.seed)
        return self._words.frame("record_missed", case.language, case.seed, field=name, value=value)

    def _said_text(self, case: Case, change: Change) -> str:
        what = "text" if change.wrong and change.right else "text_missing" if change.right else "text_extra"
        return self._words.frame(what, case.language, case.seed, right=change.right, wrong=change.wrong)

    def _said_tool(self, case: Case) -> str:
        language, seed = case.language, case.seed
        missing, extra = _missing(case.given, case.right), _missing(case.right, case.given)
        if missing and extra and missing[0].name == extra[0].name:
            return self._said_argument(case, extra[0], missing[0])
        if missing:
            right = self._words.name("tool", missing[0].name, language, seed)
            return self._words.frame("tool_missing", language, seed, right=right)
        wrong = self._words.name("tool", extra[0].name, language, seed) if extra else ""
        return self._words.frame("tool_extra", language, seed, wrong=wrong)

    def _said_argument(self, case: Case, given: ToolCallMade, right: ToolCallMade) -> str:
        keys = sorted(set(given.args) | set(right.args))
        arg = next((key for key in keys if given.args.get(key) != right.args.get(key)), keys[0])
        return self._words.frame(
            "tool_arg",
            case.language,
            case.seed,
            tool=self._words.name("tool", right.name, case.language, case.seed),
            arg=arg.replace("_", " "),
            right=str(right.args.get(arg, "-")).replace("_", " "),
            wrong=str(given.args.get(arg, "-")).replace("_", " "),
        )

    def _record(self, proposal: Proposal, language: str, seed: str) -> str:
        """A record as staff name it: by its title or by its holder."""
        if not proposal.records:
            return {"en": "nobody", "de": "niemand"}[language]
        row = proposal.records[0].row
        names = _holder(row)
        if names and draw(2, "by name", seed):
            return names
        return str(row.get(self._title) or proposal.records[0].id)

    # --- precise ----------------------------------------------------------------------------------------

    def _precise(self, case: Case) -> Remark:
        expected = _expected(case.given, case.right) if draw(10, "expected", case.seed) < 6 else None
        reason = (
            _reason(case.given, case.right) if draw(10, "reason", case.seed) < 8 or not expected else None
        )
        return Remark(PRECISE, self._happened(case), reason=reason, expected=expected)


# --- how two proposals differ ---------------------------------------------------------------------------


def text_change(given: Proposal, right: Proposal) -> Change | None:
    """The first and last word where two texts of one template differ, with what lies between."""
    if given.reply.template != right.reply.template or given.reply.text == right.reply.text:
        return None
    a, b = given.reply.text.split(), right.reply.text.split()
    blocks = [one for one in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if one[0] != "equal"]
    first, last = blocks[0], blocks[-1]
    if last[2] - first[1] > 25:
        last = first
    return Change(_trimmed(a[first[1] : last[2]]), _trimmed(b[first[3] : last[4]]))


def _trimmed(words: Sequence[str]) -> str:
    return re.sub(r"[.,;:]$", "", " ".join(words))


def _ids(proposal: Proposal) -> tuple[str, ...]:
    return tuple(sorted(str(record.id) for record in proposal.records))


def _calls(proposal: Proposal) -> list[str]:
    return sorted(f"{one.name} {sorted(one.args.items())}" for one in proposal.tools)


def _missing(given: Proposal, right: Proposal) -> list[ToolCallMade]:
    """The calls of the right proposal that the given one does not make."""
    there = [(one.name, dict(one.args)) for one in given.tools]
    return [one for one in right.tools if (one.name, dict(one.args)) not in there]


def _unread(given: Proposal, right: Proposal) -> tuple[str, str] | None:
    """A value that should have been read and was not."""
    for group, fields in sorted(right.fields.items()):
        for name, values in sorted(fields.items()):
            there = given.fields.get(group, {}).get(name, ())
            for value in values:
                if value not in there:
                    return f"{group}.{name}", value
    return None


def _record_change(given: int, right: int) -> str:
    if given == 1 and right == 1:
        return "record"
    if right > 1:
        return "record_several"
    return "record_found" if right else "record_none"


def _holder(row: Mapping[str, Any]) -> str:
    """A person's name in a row: in the shapes of the benchmark's sources."""
    holders = row.get("holders")
    if isinstance(holders, list) and holders:
        return f"{holders[0].get('given_name', '')} {holders[0].get('family_name', '')}".strip()
    if "nachname" in row:
        return f"{row.get('vorname', '')} {row['nachname']}".strip()
    if isinstance(guest := row.get("guest"), Mapping):
        return f"{guest.get('first', '')} {guest.get('last', '')}".strip()
    if isinstance(person := row.get("person"), Mapping):
        return f"{person.get('given', '')} {person.get('family', '')}".strip()
    name = row.get("name")
    if isinstance(name, Mapping):
        return f"{name.get('first_name', '')} {name.get('last_name', '')}".strip()
    return ""


def _expected(given: Proposal, right: Proposal) -> dict[str, Any]:
    """What staff fill in: the part that is wrong, no more."""
    if given.leaf != right.leaf:
        return {"leaf": right.leaf}
    if _ids(given) != _ids(right):
        return {"records": list(_ids(right))}
    if given.reply.template != right.reply.template:
        return {"reply": right.reply.template}
    if change := text_change(given, right):
        parts = {"contains": [change.right] if change.right else [], "excludes": [change.wrong]}
        return {"reply": {key: value for key, value in parts.items() if value and value[0]}}
    return {"tools": [{"name": one.name, "args": dict(one.args)} for one in right.tools]}


def _reason(given: Proposal, right: Proposal) -> str:
    if given.leaf != right.leaf:
        return "wrong_intent"
    if _ids(given) != _ids(right):
        return "wrong_data" if _unread(given, right) else "wrong_record"
    if given.reply.text != right.reply.text:
        return "wrong_reply"
    return "wrong_action"
