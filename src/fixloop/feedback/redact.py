"""Personal values replaced together: in the ticket, its fixture, and all that staff and the pipeline said."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fixloop.feedback.detectors import is_email, personal_values
from fixloop.feedback.forms import Forms
from fixloop.feedback.incoming import Incoming
from fixloop.feedback.known import Known, Lesson
from fixloop.feedback.personal import Personal, personal_rules, texts_in
from fixloop.feedback.spelling import WORD, canonical, spell
from fixloop.feedback.surrogates import Surrogates, fitted, is_number
from fixloop.pipeline.fetch import Fields, Rows
from fixloop.pipeline.rows import declared
from fixloop.pipeline.ticket import Attachment, Message, Ticket
from fixloop.workspace.model import Row, Workspace

_SHORTEST = 3
"""A pattern's value of fewer signs, such as two months, is nobody's."""

_LONG_WORD = 4
_BARE = re.compile(r"\d{5,}")
"""So many digits of a value with letters name it without them, too; fewer may be a year or a price."""

_NUMBER = re.compile(r"\w{0,63}\d\w{0,63}")
_NAME_SIGNS = frozenset(" .'’-–,&\u00a0")
_KEPT_IN_EXPECTED = frozenset({"leaf", "path", "branch", "template", "name"})


@dataclass(frozen=True, slots=True)
class Redacted:
    """A row with its fixture after redaction, in the shapes of the record."""

    ticket: Ticket
    comment: str
    reply: str | None
    expected: Mapping[str, Any] | None
    fields: Fields
    rows: Rows
    proposal: Mapping[str, Any]


class Redactor:
    """Redacts rows of one workspace under one key; equal values get equal surrogates in all of them."""

    def __init__(self, workspace: Workspace, key: bytes) -> None:
        self._workspace = workspace
        self._rules = personal_rules(workspace)
        self._forms = Forms(workspace.extraction)
        self._surrogates = Surrogates(key)
        self._made: dict[str, str] = {}
        self._spelt: dict[str, str] = {}
        self._lessons: dict[tuple[str, bool], Lesson] = {}
        self._read: dict[int, tuple[Row, _PersonalPart]] = {}

    @property
    def rules(self) -> Personal:
        """What is personal here."""
        return self._rules

    def redact(
        self, row: Incoming, proposal: Mapping[str, Any], fields: Fields, rows: Rows, said: Fields
    ) -> Redacted:
        """A row, what staff saw, and its fixture; `said` are field values found in staff's own words."""
        return _OneRow(self, self._declared(rows)).redact(row, proposal, fields, said)

    def surrogate(self, text: str) -> str:
        """The canonical surrogate of a value: of each word of a name, of a number as a whole."""
        found = self._made.get(text)
        if found is None:
            found = self._made[text] = self._make(text)
        return found

    def _make(self, text: str) -> str:
        signs = canonical(text)
        if signs in self._rules.kept_words:
            return signs
        if is_name(text):
            return "".join(map(self.surrogate, WORD.findall(text)))
        by_word = is_address(text) and len(words := WORD.findall(text)) > 1
        drawn = "".join(map(self.surrogate, words)) if by_word else self._surrogates.of(signs)
        return fitted(signs, drawn, partial(self._forms.fits, text))

    def replaced(self, text: str) -> str:
        """A value replaced as a whole."""
        found = self._spelt.get(text)
        if found is None:
            found = self._spelt[text] = spell(text, self.surrogate(text))
        return found

    def record_id(self, record: str) -> str:
        """A record's id after redaction."""
        return self.replaced(record) if self._rules.ids else record

    def personal_part(self, source: str, row: Row) -> "_PersonalPart":
        """A row's personal columns, replaced, and what there is to learn from them; a row is read once."""
        there = self._read.get(id(row))
        if there is None:
            there = self._read[id(row)] = (row, self._read_row(source, row))
        return there[1]

    def forget_rows(self) -> None:
        """Let go of the rows read so far."""
        self._read.clear()

    def _read_row(self, source: str, row: Row) -> "_PersonalPart":
        rules = self._rules
        columns, numbers, kept = rules.columns[source], rules.numbers[source], rules.kept_paths[source]
        reader = _ColumnReader(self, kept)
        replaced = {
            column: reader.replaced(value, column, column in numbers)
            for column, value in row.items()
            if column in columns
        }
        lesson = Lesson()
        for text in reader.seen:
            lesson.learn(self.lesson(text))
        rest = (text for column, value in row.items() if column not in columns for text in texts_in(value))
        return _PersonalPart(replaced, lesson, frozenset(map(canonical, reader.seen)), frozenset(rest))

    # --- what a value teaches ---------------------------------------------------------------------------

    def lesson(self, text: str, short: bool = False) -> Lesson:
        """What else to replace for a value; a number of one or two digits only where `short` ones count."""
        found = self._lessons.get((text, short))
        if found is None:
            found = self._lessons[text, short] = self._lesson(text, short)
        return found

    def _lesson(self, text: str, short: bool) -> Lesson:
        found = Lesson()
        signs, surrogate = canonical(text), self.surrogate(text)
        if signs == surrogate:
            return found
        if is_name(text):
            found.phrases[signs] = surrogate
            for word in WORD.findall(text):
                self._add_word(found, word)
        elif WORD.fullmatch(text) and not any(map(str.isdigit, text)):
            self._add_word(found, text)
        elif short or len(signs) >= _SHORTEST or not is_number(signs):
            found.values[signs] = surrogate
            for digits in _BARE.finditer(text) if any(map(str.isalpha, text)) else ():
                at, bare = len(canonical(text[: digits.start()])), canonical(digits[0])
                found.bare[bare] = surrogate[at : at + len(bare)]
            for word in WORD.findall(text) if " " in text else ():
                if len(word) > _LONG_WORD and word.isalpha():  # the street of "12 Harbour Row"
                    self._add_word(found, word)
        return found

    def _add_word(self, lesson: Lesson, word: str) -> None:
        """A word of a name; "de" and "4" are replaced inside their name only."""
        signs, surrogate = canonical(word), self.surrogate(word)
        mixed = any(map(str.isdigit, word))
        if surrogate == signs or len(word) < 2 or (mixed and len(word) < _SHORTEST):
            return
        if mixed:
            lesson.values[signs] = surrogate
        elif len(word) >= _LONG_WORD or not word.islower():
            lesson.add_word(word, surrogate, signs in self._rules.ordinary)

    def _declared(self, rows: Rows) -> Rows:
        """Rows of declared sources with declared columns: nothing else is replayed, so nothing else stays."""
        sources = self._workspace.fetch.sources
        return {
            name: [declared(row, sources[name]) for row in found]
            for name, found in rows.items()
            if name in sources
        }


@dataclass(frozen=True, slots=True)
class _PersonalPart:
    """A row's personal columns after redaction, what they teach, their values, and the texts beside them."""

    replaced: Mapping[str, Any]
    lesson: Lesson
    values: frozenset[str]
    rest: frozenset[str]


class _ColumnReader:
    """Personal columns with what is in them replaced, and noted; true and false say nothing."""

    def __init__(self, redactor: Redactor, kept_paths: frozenset[str]) -> None:
        self._redactor = redactor
        self._kept = kept_paths
        self.seen: list[str] = []

    def replaced(self, value: Any, path: str, numbers: bool) -> Any:
        if path in self._kept:
            return value
        if isinstance(value, Mapping):
            return {key: self.replaced(part, f"{path}.{key}", numbers) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.replaced(part, path, numbers) for part in value]
        if isinstance(value, str):
            self.seen.append(value)
            return self._redactor.replaced(value)
        if numbers and isinstance(value, int | float) and not isinstance(value, bool):
            self.seen.append(str(value))
            return self._number(value)
        return value

    def _number(self, value: int | float) -> int | float:
        try:
            return type(value)(self._redactor.replaced(str(value)))
        except ValueError:
            return value


def is_name(text: str) -> bool:
    """Whether a value is made of words that also stand alone: a name, not a number or a link."""
    words = WORD.findall(text)
    plain = all(char.isalpha() or char in _NAME_SIGNS or unicodedata.combining(char) for char in text)
    return len(words) > 1 and plain


def is_address(text: str) -> bool:
    """Whether a value is an e-mail address or a link: names stand in them that also stand alone."""
    return is_email(text) or text.lower().startswith(("http://", "https://", "www."))


class _OneRow:
    """The values of one row, collected first and then replaced everywhere."""

    def __init__(self, redactor: Redactor, rows: Rows) -> None:
        self._redactor = redactor
        self._rules = redactor.rules
        self._parts = [
            (source, [(row, redactor.personal_part(source, row)) for row in found])
            for source, found in rows.items()
        ]
        self._lesson = Lesson()
        self._in_columns: set[str] = set()
        for _, parts in self._parts:
            for _, part in parts:
                self._lesson.learn(part.lesson)
                self._in_columns |= part.values

    def redact(self, row: Incoming, proposal: Mapping[str, Any], fields: Fields, said: Fields) -> Redacted:
        self._learn_fields(fields)
        self._learn_said(said)
        self._learn_expected(row.expected or {})
        for text in _free_texts(row):
            self._learn_forms(text)
        self._known = Known(self._lesson)
        return Redacted(
            ticket=self._ticket(row.ticket),
            comment=self._known.replace(row.comment),
            reply=None if row.reply is None else self._known.replace(row.reply),
            expected=None if row.expected is None else self._expected(row.expected),
            fields=self._fields(fields),
            rows=self._rows(),
            proposal=self._proposal(proposal),
        )

    # --- learning what is personal ----------------------------------------------------------------------

    def _learn(self, text: str, short: bool = False) -> None:
        self._lesson.learn(self._redactor.lesson(text, short))

    def _learn_fields(self, fields: Fields) -> None:
        for path, values in _by_path(fields):
            for value in values:
                if self._is_personal_value(path, value):
                    self._learn(value, short=True)

    def _learn_said(self, said: Fields) -> None:
        """What names a record in staff's words; "Will call her" begins with a verb."""
        for path, values in _by_path(said):
            if path in self._rules.matched_fields:
                for value in values:
                    if self._is_personal_value(path, value) and canonical(value) not in self._rules.ordinary:
                        self._learn(value)

    def _learn_expected(self, expected: Mapping[str, Any]) -> None:
        self._learn_fields(expected.get("fields") or {})
        if self._rules.ids:
            for record in expected.get("records") or ():
                self._learn(record)

    def _learn_forms(self, text: str) -> None:
        for value in personal_values(text):
            if not self._is_kept_value(value):
                self._learn(value)
        for match in _NUMBER.finditer(text):
            if canonical(match[0]) in self._rules.on_record:
                self._learn(match[0])

    def _is_personal_value(self, path: str, value: str) -> bool:
        if not self._rules.is_field(path):
            return False
        signs = canonical(value)
        if signs in self._in_columns:
            return not self._is_ordinary(path, value)
        return (
            len(signs) >= _SHORTEST and not self._is_kept_value(value) and not self._is_ordinary(path, value)
        )

    def _is_kept_value(self, value: str) -> bool:
        signs = canonical(value)
        return signs not in self._in_columns and signs in self._rules.kept_values

    def _is_ordinary(self, path: str, value: str) -> bool:
        """The verb "will", which a vocabulary of names has found."""
        return (
            path in self._rules.word_fields and value.islower() and canonical(value) in self._rules.ordinary
        )

    # --- replacing it -----------------------------------------------------------------------------------

    def _ticket(self, ticket: Ticket) -> Ticket:
        replace = self._known.replace
        return Ticket(
            id=ticket.id,
            text=None if ticket.text is None else replace(ticket.text),
            messages=tuple(Message(one.sender, replace(one.text)) for one in ticket.messages),
            attachments=tuple(Attachment(replace(one.name), replace(one.text)) for one in ticket.attachments),
            language=ticket.language,
            at=ticket.at,
            meta=self._deep(ticket.meta),
        )

    def _fields(self, fields: Fields) -> Fields:
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for group, named in fields.items():
            for name, values in named.items():
                new = [self._field_value(f"{group}.{name}", value) for value in values]
                found.setdefault(group, {})[name] = tuple(dict.fromkeys(new))
        return found

    def _field_value(self, path: str, value: str) -> str:
        return self._redactor.replaced(value) if self._is_personal_value(path, value) else value

    def _rows(self) -> Rows:
        rest = {text for _, parts in self._parts for _, part in parts for text in part.rest}
        other = _as_it_is if self._known.leaves_alone(rest) else self._deep
        return {
            source: tuple(_new_row(row, part.replaced, other) for row, part in parts)
            for source, parts in self._parts
        }

    def _deep(self, value: Any) -> Any:
        """A JSON value with the texts in it redacted; a text may be a key, too."""
        if isinstance(value, str):
            return self._known.replace(value)
        if isinstance(value, Mapping):
            return {self._known.replace(str(key)): self._deep(part) for key, part in value.items()}
        return [self._deep(part) for part in value] if isinstance(value, list | tuple) else value

    def _expected(self, expected: Mapping[str, Any]) -> dict[str, Any]:
        found = {key: self._named(key, value) for key, value in expected.items()}
        if "records" in found:
            found["records"] = [self._redactor.record_id(record) for record in expected["records"]]
        if "fields" in found:
            fields = self._fields(expected["fields"])
            found["fields"] = {
                group: {k: list(v) for k, v in named.items()} for group, named in fields.items()
            }
        if isinstance(expected.get("reply"), str):
            found["reply"] = expected["reply"]
        if "tools" in found:
            found["tools"] = [
                tool if isinstance(tool, str) else self._named("tool", tool) for tool in expected["tools"]
            ]
        return found

    def _named(self, key: str, value: Any) -> Any:
        """A value below a key of ours: names of leaves, branches, templates and tools are not free text."""
        if key in _KEPT_IN_EXPECTED:
            return value
        if isinstance(value, Mapping):
            return {below: self._named(below, part) for below, part in value.items()}
        return self._deep(value)

    def _proposal(self, proposal: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in proposal.items() if key in _AS_THEY_ARE}
        records = [
            {**one, "id": self._redactor.record_id(one["id"]), "matched": self._deep(one.get("matched", []))}
            for one in proposal.get("records", ())
        ]
        tools = [
            {"name": tool["name"], "args": self._deep(tool.get("args", {}))}
            for tool in proposal.get("tools", ())
        ]
        reply = proposal.get("reply") or {}
        said = {"template": reply.get("template", ""), "text": self._known.replace(reply.get("text", ""))}
        return {**kept, "records": records, "reply": said, "tools": tools}


_AS_THEY_ARE = frozenset({"workspace", "leaf", "path", "branch", "needs_review"})


def _new_row(row: Row, replaced: Mapping[str, Any], other: Callable[[Any], Any]) -> Row:
    return {column: replaced[column] if column in replaced else other(value) for column, value in row.items()}


def _as_it_is(value: Any) -> Any:
    return value


def _free_texts(row: Incoming) -> Iterator[str]:
    """What people wrote by hand."""
    ticket = row.ticket
    yield ticket.text or ""
    yield from (one.text for one in ticket.messages)
    yield from (text for one in ticket.attachments for text in (one.name, one.text))
    yield from texts_in(ticket.meta)
    yield row.comment
    yield row.reply or ""
    yield from texts_in(row.expected or {})


def _by_path(fields: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, Sequence[str]]]:
    return ((f"{group}.{name}", values) for group, named in fields.items() for name, values in named.items())
