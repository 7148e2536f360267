"""Very many cases in bounded memory: read where they stand, judged a few thousand at a time, kept packed.

Cases are found by file and place and parsed when they are asked, in the order of their ids, so that a report
is the one that small sets get. What is kept of a result is what metrics and comparisons read and, unless it
passed, its whole case.
"""

import json
import zlib
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, overload

from fixloop.evals.case import SUITES, Case
from fixloop.evals.case_files import read_case_file, read_line
from fixloop.evals.case_ids import folded_id, id_problems
from fixloop.evals.cases import CasesInvalid, located
from fixloop.evals.result import PASS, CaseResult, Packed
from fixloop.workspace.jsonl_source import line_spans
from fixloop.workspace.model import Problem
from fixloop.workspace.snapshot import Snapshot

LARGE = 50_000
"""From so many lines of case files on, cases are read as they are asked; fewer are quicker held in memory."""

CHUNK = 4_096
_FEWER = 1
_MOST_PROBLEMS = 1_000


def is_large(snapshot: Snapshot, suites: Collection[str] | None) -> bool:
    """Whether the cases of some suites are too many to be held as they are."""
    files = (file for file in located(snapshot, suites).files if file.path.endswith(".jsonl"))
    return sum((snapshot.read(file.path) or b"").count(b"\n") for file in files) >= LARGE


class LargeCases:
    """The cases of a snapshot, by where they stand; 18 bytes each."""

    def __init__(self, snapshot: Snapshot, suites: Collection[str] | None = None) -> None:
        """Find and check every case.

        Raises:
            CasesInvalid: one cannot be read, or two have one id.
        """
        self._snapshot = snapshot
        self._files, problems = located(snapshot, suites)
        self._places: dict[str, _Places] = {}
        self._read(problems)

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites that have cases, in the order of the steps."""
        return tuple(suite for suite in SUITES if suite in self._places)

    def size(self, suite: str) -> int:
        """How many cases a suite has."""
        return len(self._places[suite].files)

    def chunks(self, suite: str, size: int = CHUNK) -> Iterator[list[Case]]:
        """The cases of a suite by id, some at a time."""
        places = self._places[suite]
        for start in range(0, len(places.files), size):
            yield [
                self._case(places, number) for number in range(start, min(start + size, len(places.files)))
            ]

    def _case(self, places: "_Places", number: int) -> Case:
        file = self._files[places.files[number]]
        start = places.starts[number]
        if not file.path.endswith(".jsonl"):
            return read_case_file(file.suite, file.path, self._bytes(file.path)).cases[start]
        data = self._bytes(file.path)[start : start + places.sizes[number]]
        return read_line(file.suite, file.path, places.lines[number], data).cases[0]

    def _bytes(self, path: str) -> bytes:
        return self._snapshot.read(path) or b""

    def _read(self, problems: list[Problem]) -> None:
        found: dict[str, tuple[list[str], _Places]] = {}
        looks = array("q")  # eight bytes an id
        for number, file in enumerate(self._files):
            ids, places = found.setdefault(file.suite, ([], _Places.empty()))
            for start, size, line, case, wrong in self._entries(file.suite, file.path):
                problems += wrong[: _MOST_PROBLEMS - len(problems)]
                if case is not None:
                    ids.append(case.id)
                    looks.append(hash(folded_id(case.id)))
                    places.add(number, start, size, line)
        problems += self._doubled(looks)
        errors = tuple(problem for problem in problems if problem.severity == "error")
        if errors:
            raise CasesInvalid(errors)
        for suite, (ids, places) in found.items():
            if ids:
                self._places[suite] = places.by(ids)

    def _entries(self, suite: str, path: str) -> Iterator["_Entry"]:
        data = self._bytes(path)
        if path.endswith(".jsonl"):
            for number, start, size in line_spans(data):
                cases, wrong = read_line(suite, path, number, data[start : start + size])
                yield _Entry(start, size, number, cases[0] if cases else None, wrong)
        else:
            cases, wrong = read_case_file(suite, path, data)
            yield _Entry(0, 0, 0, None, wrong)
            yield from (_Entry(place, 0, 0, case, []) for place, case in enumerate(cases))

    def _doubled(self, looks: "array[int]") -> list[Problem]:
        """Ids that are equal or look equal: where two have one hash, the cases themselves are compared."""
        ranked = sorted(looks)
        twice = {one for one, other in pairwise(ranked) if one == other}
        if not twice:
            return []
        entries = (entry for file in self._files for entry in self._entries(file.suite, file.path))
        alike = [one.case for one in entries if one.case and hash(folded_id(one.case.id)) in twice]
        return id_problems(alike)[:_MOST_PROBLEMS]


class _Entry(NamedTuple):
    start: int
    size: int
    line: int
    case: Case | None
    problems: list[Problem]


class _Places(NamedTuple):
    """Parallel arrays: the file, the first byte (or the number in a YAML file), the size, the line."""

    files: "array[int]"
    starts: "array[int]"
    sizes: "array[int]"
    lines: "array[int]"

    @classmethod
    def empty(cls) -> "_Places":
        return cls(array("H"), array("L"), array("I"), array("I"))

    def add(self, *place: int) -> None:
        for column, value in zip(self, place, strict=True):
            column.append(value)

    def by(self, ids: list[str]) -> "_Places":
        """The same in the order of these ids; most files stand in it already."""
        if all(one < other for one, other in pairwise(ids)):
            return self
        order = array("L", sorted(range(len(ids)), key=ids.__getitem__))
        return _Places(*(array(column.typecode, (column[n] for n in order)) for column in self))


# --- what is kept of results ----------------------------------------------------------------------------


class KeptResults(Packed):
    """Results of one suite, packed a chunk at a time; made again whenever they are read."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self._chunks: list[tuple[int, frozenset[str], bytes | list[CaseResult]]] = []
        self._size = 0

    def add(self, results: Sequence[CaseResult]) -> None:
        """Keep more results; they come in the order of their ids."""
        rows = [_row(result) for result in results]
        data = json.dumps(rows, separators=(",", ":"))
        exact = json.loads(data) == rows  # what JSON would change is kept as it is
        kept = zlib.compress(data.encode(), _FEWER) if exact else list(results)
        self._chunks.append((len(results), frozenset(one.outcome for one in results), kept))
        self._size += len(results)

    def with_outcome(self, outcome: str) -> tuple[CaseResult, ...]:
        """The results with one of the three outcomes."""
        chunks = (kept for _, outcomes, kept in self._chunks if outcome in outcomes)
        return tuple(one for kept in chunks for one in self._unpacked(kept) if one.outcome == outcome)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[CaseResult]:
        for _, _, kept in self._chunks:
            yield from self._unpacked(kept)

    @overload
    def __getitem__(self, index: int) -> CaseResult: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseResult]: ...
    def __getitem__(self, index: int | slice) -> CaseResult | Sequence[CaseResult]:
        """One result, or some as a list."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._size))]
        place = index + self._size if index < 0 else index
        for size, _, kept in self._chunks:
            if 0 <= place < size:
                return list(self._unpacked(kept))[place]
            place -= size
        raise IndexError(index)

    def _unpacked(self, kept: bytes | list[CaseResult]) -> Iterator[CaseResult]:
        if isinstance(kept, list):
            yield from kept
            return
        for spec, digest, path, line, column, *result in json.loads(zlib.decompress(kept)):
            outcome, got, step, error, trace = result
            case = Case(self._suite, spec["id"], spec, path, line, column, digest)
            yield CaseResult(case, outcome, got, step, error, trace)


def _row(result: CaseResult) -> list[Any]:
    case = result.case
    spec = dict(case.spec)
    if result.outcome == PASS:
        spec = {key: spec[key] for key in ("id", "expect", "exact") if key in spec}
    said = [result.outcome, result.got, result.step, result.error, dict(result.trace)]
    return [spec, case.digest, case.path, case.line, case.column, *said]


def kept_results(
    suite: str, chunks: Iterator[list[Case]], ask: Callable[[list[Case]], list[CaseResult]]
) -> KeptResults:
    """The results of a suite's cases, a chunk at a time."""
    kept = KeptResults(suite)
    for cases in chunks:
        by_id = {result.id: result for result in ask(cases)}
        kept.add([by_id[case.id] for case in cases])
    return kept
