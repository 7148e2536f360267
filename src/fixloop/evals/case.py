"""The value every suite works on: one eval example, and the set of them that a snapshot holds."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fixloop.errors import Place

SUITES = ("intent", "extraction", "fetch", "plan", "pipeline", "fallback", "known_good")
"""Every suite, in the order of the steps."""

WHOLE_TICKETS = frozenset({"pipeline", "fallback", "known_good"})
"""The suites whose cases go all the way; those of the others ask one step."""

_REMARKS = frozenset({"id", "note", "source"})


@dataclass(frozen=True, slots=True)
class Case:
    """One eval example; `spec` is the mapping as written, valid for its suite."""

    suite: str
    id: str
    spec: Mapping[str, Any] = field(hash=False)
    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    known_digest: str = field(default="", compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Where the case stands."""
        return Place(self.path, self.line, self.column)

    @property
    def expect(self) -> Any:
        """What should come out."""
        return self.spec["expect"]

    @property
    def digest(self) -> str:
        """What the case asks, without its id and remarks: two cases with one digest are the same question."""
        if not self.known_digest:  # a gate asks for it many times
            object.__setattr__(self, "known_digest", self._digest())
        return self.known_digest

    def _digest(self) -> str:
        asked = {key: value for key, value in self.spec.items() if key not in _REMARKS}
        text = _ENCODER.encode([self.suite, asked])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


# Made once: `json.dumps` with settings of one's own makes one a call.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class CaseSet:
    """Cases of one snapshot: ids are unique over all suites, and order means nothing."""

    cases: tuple[Case, ...] = ()
    _sorted: dict[str, tuple[Case, ...]] = field(init=False, default_factory=dict, compare=False, repr=False)

    def of(self, suite: str) -> tuple[Case, ...]:
        """The cases of one suite."""
        return self._by_suite.get(suite, ())

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites that have cases, in the order of the steps."""
        return tuple(suite for suite in SUITES if suite in self._by_suite)

    @property
    def _by_suite(self) -> Mapping[str, tuple[Case, ...]]:
        """Sorted when first asked: a gate asks for all suites of both sides."""
        if self.cases and not self._sorted:
            found: dict[str, list[Case]] = {}
            for case in self.cases:
                found.setdefault(case.suite, []).append(case)
            self._sorted.update({suite: tuple(cases) for suite, cases in found.items()})
        return self._sorted

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __len__(self) -> int:
        return len(self.cases)
