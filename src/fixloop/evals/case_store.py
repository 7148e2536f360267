"""Case files read before, kept by content: a gate reads 10,000 cases three times and parses none twice.

In memory a file is known by path and blob id. In the cache about thirty packs hold the cases of all files,
each under the digest of the files it was read from, so that one more case file rewrites one pack. Only files
without a problem are kept: what is wrong is said anew, in the words of today.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.case_files import FileCases, read_case_file
from fixloop.ports.cache import Cache
from fixloop.workspace.code import code_digest
from fixloop.workspace.snapshot import Snapshot

MOST_IN_MEMORY = 200_000
MOST_IN_PACK = 20_000
"""Cases beyond which reading anew costs less than keeping."""

_KIND = "cases"


class CaseFile(NamedTuple):
    """A case file of a snapshot: its suite, path and blob id."""

    suite: str
    path: str
    blob: str


class Remembered:
    """The files read last, by path and blob id; the oldest go where all have more than `MOST_IN_MEMORY`."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, str], FileCases] = OrderedDict()
        self._held = 0  # counted as they come and go: to count all at each file takes as long as reading them

    def get(self, file: CaseFile) -> FileCases | None:
        """What the file holds, where it was read before."""
        return self._files.get((file.path, file.blob))

    def add(self, file: CaseFile, cases: FileCases) -> None:
        """Remember a file as the newest; one that is too large is let go at once."""
        before = self._files.pop((file.path, file.blob), None)
        self._held -= len(before.cases) if before else 0
        if len(cases.cases) <= MOST_IN_PACK:
            self._files[file.path, file.blob] = cases
            self._held += len(cases.cases)
        while len(self._files) > 1 and self._held > MOST_IN_MEMORY:
            self._held -= len(self._files.popitem(last=False)[1].cases)


_REMEMBERED = Remembered()


def read_case_files(snapshot: Snapshot, files: Sequence[CaseFile], cache: Cache) -> Mapping[str, FileCases]:
    """Path to what each file holds."""
    packs: dict[str, list[CaseFile]] = {}
    for file in files:
        packs.setdefault(_pack_of(file), []).append(file)
    found: dict[str, FileCases] = {}
    for members in packs.values():
        found |= _read_pack(snapshot, members, cache)
    return found


def _read_pack(snapshot: Snapshot, files: Sequence[CaseFile], cache: Cache) -> Mapping[str, FileCases]:
    found = {file.path: _REMEMBERED.get(file) for file in files}
    if None in found.values():
        key = _key(files)
        kept = _parse(files, cache.load(_KIND, key))
        read = kept if kept is not None else _parsed(snapshot, files, found)
        if kept is None:
            _save(cache, key, read)
        found |= read
        for file in files:
            _REMEMBERED.add(file, read[file.path])
    return {path: cases for path, cases in found.items() if cases is not None}


def _parsed(
    snapshot: Snapshot, files: Sequence[CaseFile], known: Mapping[str, FileCases | None]
) -> dict[str, FileCases]:
    return {
        file.path: known[file.path] or read_case_file(file.suite, file.path, snapshot.read(file.path) or b"")
        for file in files
    }


# --- packs ----------------------------------------------------------------------------------------------


def _pack_of(file: CaseFile) -> str:
    """Four packs a suite: the files of each are told by their names alone."""
    return f"{file.suite} {int(hashlib.sha256(file.path.encode()).hexdigest()[0], 16) // 4}"


def _key(files: Sequence[CaseFile]) -> str:
    named = "".join(f"{path}\0{blob}\n" for _, path, blob in files)
    return f"{code_digest('evals', 'workspace')}-{hashlib.sha256(named.encode()).hexdigest()}"


def _save(cache: Cache, key: str, read: Mapping[str, FileCases]) -> None:
    if any(file.problems for file in read.values()):
        return
    if sum(len(file.cases) for file in read.values()) > MOST_IN_PACK:
        return
    rows = {
        path: [[case.line, case.column, case.digest, case.spec] for case in file.cases]
        for path, file in read.items()
    }
    data = json.dumps(rows, separators=(",", ":"))
    if json.loads(data) == rows:  # what JSON would change is read anew
        cache.save(_KIND, key, data.encode())


def _parse(files: Sequence[CaseFile], data: bytes | None) -> dict[str, FileCases] | None:
    """The files of a pack; None for a pack that is absent or damaged."""
    try:
        rows = json.loads(data or b"")
        return {file.path: FileCases(_cases(file, rows[file.path]), []) for file in files}
    except (ValueError, LookupError, TypeError):
        return None


def _cases(file: CaseFile, rows: Sequence[Any]) -> list[Case]:
    suite, path, _ = file
    return [Case(suite, spec["id"], spec, path, line, column, known) for line, column, known, spec in rows]
