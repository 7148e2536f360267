"""Eval cases in a line each, with what tells them apart and without the rest."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fixloop.report.page import Page, dim
from fixloop.workspace.text import count, shown

_MOST = 5
_PARTS = frozenset({"leaf", "reply", "tools", "records", "branch"})

JsonCase = Mapping[str, Any]


def draw_cases(page: Page, title: str, cases: Sequence[JsonCase], beside: Sequence[JsonCase] = ()) -> None:
    """A headed list of cases; what they have in common, also with those beside them, is left out."""
    if not cases:
        return
    page.blank()
    page.line(f"{title} ({len(cases)})")
    telling = _telling_columns([*cases, *beside])
    fields_tell = len({_spelled(case.get("fields")) for case in (*cases, *beside)}) > 1
    for case in cases[:_MOST]:
        asked = "; ".join(_asked(case, telling, fields_tell)) or "anything"
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
    parts = list(_asked({key: value for key, value in case.items() if key != "records"}, frozenset(), True))
    if "records" in case:
        parts.append(count(len(case["records"]), "record"))
    return "; ".join(parts)


def _are_fields(value: Mapping[str, Any]) -> bool:
    groups = [found for found in value.values() if isinstance(found, Mapping)]
    return len(groups) == len(value) and all(isinstance(v, list) for found in groups for v in found.values())


def _asked(case: JsonCase, telling: frozenset[str], fields_tell: bool) -> Iterator[str]:
    ticket = case.get("ticket")
    text = case.get("text") or (ticket.get("text") if isinstance(ticket, Mapping) else None)
    if text:
        yield shown(text, 160)
    if "leaf" in case:
        yield str(case["leaf"])
    if case.get("fields") and fields_tell:
        yield _fields(case["fields"])
    if "records" in case:
        yield _records(case["records"], telling)


def _fields(fields: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """`account.branch "Riverton"`, field by field."""
    return ", ".join(
        f"{group}.{field} {' or '.join(shown(value) for value in values)}"
        for group, found in fields.items()
        for field, values in found.items()
    )


def _records(records: Sequence[Mapping[str, Any]], telling: frozenset[str]) -> str:
    if not records:
        return "no record"
    told = []
    for record in records[:2]:
        name = str(next(iter(record.values()), "?"))
        marks = [
            f"{column} {shown(record[column])}" if column in record else f"no {column}"
            for column in sorted(telling)
        ]
        told.append(f"{name} with {', '.join(marks)}" if marks else name)
    rest = len(records) - len(told)
    return " and ".join(told) + (f" and {count(rest, 'more record')}" if rest else "")


def _telling_columns(cases: Sequence[JsonCase]) -> frozenset[str]:
    """The columns in which one and the same record differs between the cases."""
    seen: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in cases:
        for record in case.get("records", ()):
            seen[_spelled(next(iter(record.values()), None))].append(record)
    columns = {column for records in seen.values() for record in records for column in record}
    return frozenset(
        column
        for column in columns
        if any(
            len({_spelled(record.get(column, ...)) for record in records}) > 1 for records in seen.values()
        )
    )


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
