"""Step two: field values by patterns and vocabularies. One too many costs nothing, a missed one a reply."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, islice
from typing import Any, NamedTuple

from fixloop.errors import BadInput
from fixloop.pipeline.fetch import Fields
from fixloop.pipeline.vocabulary import Vocabulary
from fixloop.workspace.model import FieldRule
from fixloop.workspace.text import shown

MAX_CHARACTERS = 20_000
MAX_VALUES = 200
"""The most values of one field: a pattern that fits everything must not flood what follows."""

MAX_VARIANTS = 16
_TRIES = 256
_TWIN_LENGTH = 64
_TWINS = {"0": "O", "O": "0", "1": "I", "I": "1", "5": "S", "S": "5", "o": "0", "i": "1", "s": "5"}
_LOWER_TWINS = _TWINS | {"0": "o", "1": "i", "5": "s"}


class Hit(NamedTuple):
    """One value, where it starts in the text, and why it was taken."""

    start: int
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """The values found, and for each field path its hits in order (values' origins, for people)."""

    fields: Fields
    hits: Mapping[str, tuple[Hit, ...]]


class Rules:
    """The extraction rules with their patterns compiled; vocabularies come with the rows behind them."""

    def __init__(self, rules: Sequence[FieldRule]) -> None:
        self.fields = tuple(map(_CompiledField, rules))

    def with_values(self, from_rows: Callable[[str], Iterable[str]]) -> "Extractor":
        """An extractor whose `values_from` vocabularies hold what `from_rows` gives for each of them."""
        words = {}
        for field in self.fields:
            given = from_rows(field.rule.values_from) if field.rule.values_from else ()
            if field.has_vocabulary:
                words[field.rule.path] = chain(field.rule.values, given)
        return Extractor(self, Vocabulary(words))


class Extractor:
    """Finds values in one text at a time; never fails on any text."""

    def __init__(self, rules: Rules, vocabulary: Vocabulary) -> None:
        self._rules = rules
        self._vocabulary = vocabulary

    def extract(self, text: str, known: Fields | None = None) -> Extracted:
        """The values in a text's first 20,000 characters; `known` ones count as words of vocabularies."""
        text = text[:MAX_CHARACTERS]
        by_pattern = {field.rule.path: field.pattern_hits(text) for field in self._rules.fields}
        vocabulary = self._vocabulary
        if known:
            vocabulary = vocabulary.with_words(self._recorded(known, by_pattern))
        by_word = vocabulary.find(text)
        fields: dict[str, dict[str, tuple[str, ...]]] = {}
        kept: dict[str, tuple[Hit, ...]] = {}
        for field in self._rules.fields:
            path = field.rule.path
            hits = by_pattern[path]
            if path in by_word:
                origin = field.vocabulary_origin
                hits = hits + [Hit(start, word, origin) for start, word in by_word[path]]
            if hits:
                kept[path] = field.completed(hits, vocabulary)
                fields.setdefault(field.rule.group, {})[field.rule.name] = tuple(
                    [hit.value for hit in kept[path]]
                )
        return Extracted(fields, kept)

    def _recorded(self, known: Fields, by_pattern: Mapping[str, Sequence[Hit]]) -> dict[str, list[str]]:
        """Recorded values that only a vocabulary can have found: its rows may be gone since."""
        words: dict[str, list[str]] = {}
        for field in self._rules.fields:
            if field.rule.values_from:
                recorded = known.get(field.rule.group, {}).get(field.rule.name, ())
                hits = field.completed(by_pattern[field.rule.path], self._vocabulary)
                seen = {hit.value for hit in hits}
                words[field.rule.path] = [value for value in recorded if value not in seen]
        return words


class _CompiledField:
    """One field's rule, ready to run."""

    def __init__(self, rule: FieldRule) -> None:
        self.rule = rule
        self.patterns = tuple(compiled_pattern(pattern, rule.path) for pattern in rule.patterns)
        self.has_vocabulary = bool(rule.values or rule.values_from)
        self.vocabulary_origin = f"vocabulary {rule.values_from}" if rule.values_from else "vocabulary"
        self._searches = tuple(
            (pattern.finditer, int(pattern.groups == 1), f"pattern {pattern.pattern}")
            for pattern in self.patterns
        )

    def pattern_hits(self, text: str) -> list[Hit]:
        found: list[Hit] = []
        for finditer, group, origin in self._searches:
            for match in finditer(text):
                value = match[group]
                if value:
                    found.append(Hit(match.start(group), value, origin))
                    if len(found) > MAX_VALUES:
                        break
        return found

    def completed(self, hits: Sequence[Hit], vocabulary: Vocabulary) -> tuple[Hit, ...]:
        """The hits in the order of the text, each value once and followed by its variants."""
        if len(hits) > 1:
            hits = sorted(hits, key=_start)
        distinct: dict[str, Hit] = {}
        for hit in hits:
            distinct.setdefault(hit.value, hit)
            if self.rule.variants == "confusable":
                for twin in self._twins(hit.value, vocabulary):
                    distinct.setdefault(twin, Hit(hit.start, twin, f"confusable with {hit.value}"))
            if len(distinct) > MAX_VALUES:
                break
        return tuple(distinct.values())[:MAX_VALUES]

    def _twins(self, value: str, vocabulary: Vocabulary) -> list[str]:
        if not self.has_vocabulary:
            return list(_pattern_twins(value, self.patterns))
        path = self.rule.path
        return [
            twin
            for twin in confusable_twins(value)
            if vocabulary.has(path, twin) or any(pattern.fullmatch(twin) for pattern in self.patterns)
        ][: MAX_VARIANTS - 1]


def _start(hit: Hit) -> int:
    return hit.start


@lru_cache(maxsize=1024)
def compiled_pattern(pattern: str, field: str) -> re.Pattern[str]:
    """The compiled pattern; patterns match as written.

    Raises:
        BadInput: it is no regular expression.
    """
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(
            f"pattern {shown(pattern)} of {field} cannot be used: {error}", mend="run `fixloop check`"
        ) from None


@lru_cache(maxsize=4096)
def _pattern_twins(value: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[str, ...]:
    found = [twin for twin in confusable_twins(value) if any(pattern.fullmatch(twin) for pattern in patterns)]
    return tuple(found[: MAX_VARIANTS - 1])


@lru_cache(maxsize=4096)
def confusable_twins(value: str) -> tuple[str, ...]:
    """Other spellings of a value within 0/O, 1/I and 5/S: fewest exchanges first, then from the left."""
    if len(value) > _TWIN_LENGTH:
        return ()
    twins = _LOWER_TWINS if value.islower() else _TWINS
    places = [index for index, char in enumerate(value) if char in twins]
    exchanged = chain.from_iterable(combinations(places, size) for size in range(1, len(places) + 1))
    return tuple(_exchange(value, chosen, twins) for chosen in islice(exchanged, _TRIES))


def _exchange(value: str, places: Iterable[int], twins: Mapping[str, str]) -> str:
    chars = list(value)
    for place in places:
        chars[place] = twins[chars[place]]
    return "".join(chars)


def fields_from(value: Mapping[str, Mapping[str, Iterable[Any]]]) -> Fields:
    """Field values as JSON or YAML has them, as the pipeline holds them: tuples, empty ones left out."""
    found = {
        group: {name: tuple(values) for name, values in fields.items() if values}
        for group, fields in value.items()
    }
    return {group: fields for group, fields in found.items() if fields}
