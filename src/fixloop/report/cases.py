"""Eval cases in a line each, with what tells them apart and without the rest."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fixloop.report.page import Page, dim
from fixloop.workspace.columns import NO_COLUMNS, Columns
from fixloop.workspace.text import count, shown

_MOST = 5
_MARKS = 3
"""Columns that are told of a record: of two that differ in more, the first ones say that they do."""
_LONGEST = 40

_PARTS = frozenset({"leaf", "reply", "tools", "records", "branch"})

JsonCase = Mapping[str, Any]


def draw_cases(
    page: Page,
    title: str,
    cases: Sequence[JsonCase],
    beside: Sequence[JsonCase] = (),
    columns: Columns = NO_COLUMNS,
) -> None:
    """A headed list of cases; what they have in common, also with those beside them, is left out."""
    if not cases:
        return
    page.blank()
    page.line(f"{title} ({len(cases)})")
    records = _Records([*cases, *beside], columns)
    fields_tell = len({_spelled(case.get("fields")) for case in (*cases, *beside)}) > 1
    for case in cases[:_MOST]:
        asked = "; ".join(_asked(case, records, fields_tell)) or "anything"
        page.line(
            dim(f"{case.get('suite', '')}  "), f"{asked} → {expected(case.get('expect'))}", indent=2, hang=4
        )
    if len(cases) > _MOST:
        page.line(dim(f"and {len(cases) - _MOST} more; --json has all of them"), indent=2)


def expected(expect: Any) -> str:
    """What a case wants, in words: the reply, the tools, the records, or the value as it stands."""
    if isinstance(expect, str):
        return expect
    if not isinstance(expect, Mapping) or not expect:
        return shown(expect, 160)
    if _are_fields(expect):
        return _fields(expect)
    if not expect.keys() <= _PARTS:
        return shown(expect, 160)
    parts = [str(expect[key]) for key in ("leaf", "branch") if key in expect]
    if "records" in expect:
        parts.append(", ".join(map(str, expect["records"])) or "no record")
    if "reply" in expect:
        parts.append(expect["reply"] if isinstance(expect["reply"], str) else shown(expect["reply"], 160))
    tools = [tool if isinstance(tool, str) else shown(tool, 120) for tool in expect.get("tools", ())]
    return ", ".join(parts + [f"calls {tool}" for tool in tools]) or "no tool"


def came_out(got: Any, step: str) -> str:
    """What a case got, in the words of `expected`; text and arguments only where they are the point."""
    if not isinstance(got, Mapping) or not got.keys() <= _PARTS:
        return expected(got)
    told = dict(got)
    reply = told.get("reply")
    if isinstance(reply, Mapping) and step != "template":
        told["reply"] = reply.get("template") or "no reply"
    if step != "plan":
        told["tools"] = [tool["name"] for tool in told.get("tools") or ()]
    return expected(told)


def asked_of(case: JsonCase) -> str:
    """What a case asks, in words: its text, its leaf, its fields and how many records it gives."""
    without = {key: value for key, value in case.items() if key != "records"}
    parts = list(_asked(without, _Records([], NO_COLUMNS), True))
    if "records" in case:
        parts.append(count(len(case["records"]), "record"))
    return "; ".join(parts)


def _are_fields(value: Mapping[str, Any]) -> bool:
    groups = [found for found in value.values() if isinstance(found, Mapping)]
    return len(groups) == len(value) and all(isinstance(v, list) for found in groups for v in found.values())


def _asked(case: JsonCase, records: "_Records", fields_tell: bool) -> Iterator[str]:
    ticket = case.get("ticket")
    text = case.get("text") or (ticket.get("text") if isinstance(ticket, Mapping) else None)
    if text:
        yield shown(text, 160)
    if "leaf" in case:
        yield str(case["leaf"])
    if case.get("fields") and fields_tell:
        yield _fields(case["fields"])
    if "records" in case:
        yield records.told(case)


def _fields(fields: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """`account.branch "Riverton"`, field by field."""
    return ", ".join(
        f"{group}.{field} {' or '.join(shown(value) for value in values)}"
        for group, found in fields.items()
        for field, values in found.items()
    )


class _Records:
    """The records of some cases in a few words: which one it is, and what makes the difference.

    That is in what one and the same record differs between cases, and what the leaf's conditions read.
    """

    def __init__(self, cases: Sequence[JsonCase], columns: Columns) -> None:
        self._columns = columns
        self._versions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for case in cases:
            for record in case.get("records", ()):
                self._versions[self._name(record)].append(record)
        versions = self._versions.values()
        every = [record for records in versions for record in records]
        names = sorted({column for record in every for column in record})
        self._telling = [one for one in names if any(_differ(found, one) for found in versions)]
        self._differing = [one for one in names if _differ(every, one)]

    def told(self, case: JsonCase) -> str:
        """The records of one case."""
        records = case["records"]
        if not records:
            return "no record"
        asked = self._columns.asked.get(str(case.get("leaf")), frozenset())
        columns = list(dict.fromkeys([*(one for one in self._differing if one in asked), *self._telling]))
        told = [self._with_marks(record, columns) for record in records[:2]]
        rest = len(records) - len(told)
        return " and ".join(told) + (f" and {count(rest, 'more record')}" if rest else "")

    def _with_marks(self, record: Mapping[str, Any], columns: Sequence[str]) -> str:
        marks = [
            f"{column} {shown(record[column], _LONGEST)}" if column in record else f"no {column}"
            for column in columns[:_MARKS]
        ]
        name = self._name(record)
        more = f" and {len(columns) - _MARKS} more" if len(columns) > _MARKS else ""
        return f"{name} with {', '.join(marks)}{more}" if marks else name

    def _name(self, record: Mapping[str, Any]) -> str:
        """The id by its source's column; without one whatever stands first."""
        ids = (record[column] for column in self._columns.ids if column in record)
        return str(next(ids, next(iter(record.values()), "?")))


def _differ(records: Sequence[Mapping[str, Any]], column: str) -> bool:
    return len({_spelled(record.get(column, ...)) for record in records}) > 1


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
