"""One case file: bytes to cases and problems, each case with the line it stands on."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fixloop.errors import Place
from fixloop.evals.case import Case
from fixloop.evals.case_schema import Fault, faults_of
from fixloop.workspace.jsonl_source import raw_lines, read_json_line
from fixloop.workspace.model import Problem
from fixloop.workspace.snapshot import Snapshot

KeyPath = Sequence[str | int]


class FileCases(NamedTuple):
    """What one file holds."""

    cases: list[Case]
    problems: list[Problem]


def read_case_file(suite: str, path: str, data: bytes) -> FileCases:
    """The cases of a file; a case with a problem is left out, the others are kept."""
    return _read_jsonl(suite, path, data) if path.endswith(".jsonl") else _read_yaml(suite, path, data)


def problem_at(snapshot: Snapshot, case: Case, fault: Fault) -> Problem:
    """A problem with a case that was read well; its file is read again to say where."""
    data = snapshot.read(case.path) or b""
    if case.path.endswith(".jsonl"):
        raw = next((raw for number, raw in raw_lines(data) if number == case.line), b"")
        return _in_line(case.path, case.line, raw, fault)
    from fixloop.workspace.yaml_source import parse_yaml

    document = parse_yaml(case.path, data)
    keys = (
        keys for keys, spec in _items(document.value) if isinstance(spec, dict) and spec.get("id") == case.id
    )
    return _problem(document.key_place(*next(keys, ()), *fault.at), fault)


def _problem(place: Place, fault: Fault) -> Problem:
    return Problem(place, fault.message, fault.mend, fault.severity)


# --- JSON Lines -----------------------------------------------------------------------------------------


def _read_jsonl(suite: str, path: str, data: bytes) -> FileCases:
    """One case a line, through the bare scanner: `json.loads` costs as much again around it.

    Whatever the scanner does not take whole, or might mislead it (an escaped lone surrogate), is read again
    line by line by the workspace's reader, which knows why.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for number, raw in raw_lines(data):
        _read_case(suite, path, number, raw, cases, problems)
    return FileCases(cases, problems)


def read_line(suite: str, path: str, number: int, data: bytes) -> FileCases:
    """The case of one line of a JSON Lines file, or its problems; nothing of a blank line."""
    found = FileCases([], [])
    raw = data.strip()
    if raw:
        _read_case(suite, path, number, raw, *found)
    return found


def _read_case(
    suite: str, path: str, number: int, raw: bytes, cases: list[Case], problems: list[Problem]
) -> None:
    try:
        line = raw.decode()
        spec, end = _SCAN(line, 0)
        slow = end != len(line) or "\\u" in line
    except (StopIteration, ValueError, RecursionError):
        slow = True
    if slow:
        _, spec, problem = read_json_line(path, number, raw)
        if problem:
            problems.append(problem)
            return
    faults = faults_of(suite, spec)
    if faults:
        problems += (_in_line(path, number, raw, fault) for fault in faults)
    else:
        cases.append(Case(suite, spec["id"], spec, path, number, 1))


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _refuse(_constant: str) -> None:
    raise ValueError


_DECODER: Any = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_refuse)
_SCAN = _DECODER.scan_once


def _in_line(path: str, number: int, raw: bytes, fault: Fault) -> Problem:
    line = raw.decode("utf-8", "replace")
    return _problem(Place(path, number, _column(line, fault.at)), fault)


def _column(line: str, at: KeyPath) -> int:
    """The column of the last key of a key path that can be found, each searched behind the one before."""
    start = 0
    for key in at:
        found = line.find(json.dumps(key, ensure_ascii=False), start) if isinstance(key, str) else -1
        start = found if found >= 0 else start
    return start + 1


# --- YAML -----------------------------------------------------------------------------------------------


def _read_yaml(suite: str, path: str, data: bytes) -> FileCases:
    from fixloop.workspace.yaml_source import read_yaml

    document, problems = read_yaml(path, data)
    if document is None:
        return FileCases([], list(problems))
    cases: list[Case] = []
    found = list(problems)
    for key_path, spec in _items(document.value):
        place = document.place(*key_path)
        faults = faults_of(suite, spec)
        found += (_problem(document.key_place(*key_path, *fault.at), fault) for fault in faults)
        if not faults:
            cases.append(Case(suite, spec["id"], spec, path, place.line, place.column))
    return FileCases(cases, found)


def _items(value: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The cases of a YAML file: a list of them, one alone, or nothing yet."""
    if isinstance(value, list):
        yield from (((index,), item) for index, item in enumerate(value))
    elif value is not None:
        yield (), value
