"""The words for what a proposal rests on: its records and their columns, the arguments of its calls."""

import re
from collections.abc import Mapping
from typing import Any

from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import record_ids
from fixloop.propose.evidence.heard import Heard
from fixloop.propose.readings.actions import Action
from fixloop.propose.words.lexicon import Lexicon
from fixloop.propose.words.words import stems

NONE: frozenset[str] = frozenset()


def record_terms(proposal: Proposal, other: Proposal) -> frozenset[str]:
    """The words of the records that a proposal has and another has not."""
    return frozenset(one for row in _rows_apart(proposal, other) for one in _row_terms(row))


def record_names(proposal: Proposal, other: Proposal) -> frozenset[str]:
    """The values of records as staff would write them."""
    return frozenset(one for row in _rows_apart(proposal, other) for one in _row_names(row))


def _rows_apart(proposal: Proposal, other: Proposal) -> list[Mapping[str, Any]]:
    there = set(record_ids(other))
    return [record.row for record in proposal.records if str(record.id) not in there]


def _row_terms(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(one for value in row.values() for one in stems(_flat(value)))


def _row_names(row: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        str(v).casefold() for v in row.values() if isinstance(v, str) and any(c.isdigit() for c in v)
    )


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_flat(one) for one in value.values())
    if isinstance(value, list | tuple):
        return " ".join(_flat(one) for one in value)
    return "" if isinstance(value, bool) or value is None else str(value)


def names_argument(heard: Heard, action: Action) -> bool:
    """Whether staff name a value that an argument would have and has not."""
    present = {(call.name, arg): value for call in heard.before.tools for arg, value in call.args.items()}
    row = heard.before.records[0].row if len(heard.before.records) == 1 else {}
    for call in action.tools:
        for arg, written in call.args.items():
            path = _COLUMN.fullmatch(str(written))
            value = row.get(path[1]) if path else written
            spelled = str(value).replace("_", " ").casefold()
            if value is not None and value != present.get((call.name, arg)) and spelled in heard.spoken:
                return True
    return False


_COLUMN = re.compile(r"\{\{ record\.(\w+) \}\}")


def literals(args: Mapping[str, Any]) -> frozenset[str]:
    """The words for what a call is made with."""
    return stems(" ".join(f"{name} {_flat(value)}" for name, value in args.items()))


def column_terms(before: Proposal, lexicon: Lexicon) -> frozenset[str]:
    """The words for the columns of the one selected record: what a condition could be about."""
    if len(before.records) != 1:
        return NONE
    named = (lexicon.columns.get(column, NONE) for column in before.records[0].row)
    return NONE.union(*named)


def fact_terms(before: Proposal) -> frozenset[str]:
    """The words for what is so of the one selected record: flags that are set, short values."""
    if len(before.records) != 1:
        return NONE
    row = before.records[0].row
    flags = " ".join(column for column, value in row.items() if value is True)
    return stems(flags) | stems(" ".join(v for v in row.values() if isinstance(v, str) and len(v) <= 20))
