"""The values that a ticket's own record and fields have, and the variables of a template that give them."""

import re

from fixloop.pipeline.proposal import Proposal


def values_of(proposal: Proposal) -> dict[str, str]:
    """The values that are surely this ticket's: not words that any text may have ("app", "open")."""
    found = every_value(proposal)
    return {text: path for text, path in found.items() if len(text) >= 3 and not is_plain(text)}


def is_plain(text: str) -> bool:
    """Whether a value is a word or a short number that any text may have."""
    return (text.isalpha() and text.islower()) or (text.isdigit() and len(text) < 4)


def every_value(proposal: Proposal) -> dict[str, str]:
    """Rendered value to the path that gives it, for what a template could use here; longer values first."""
    found: dict[str, str] = {}
    if len(proposal.records) == 1:
        for column, value in sorted(proposal.records[0].row.items()):
            text = "" if isinstance(value, bool | list | dict) or value is None else str(value)
            if text:
                found.setdefault(text, f"{{{{ record.{column} }}}}")
    for group, fields in sorted(proposal.fields.items()):
        for name, values in sorted(fields.items()):
            if values:
                found.setdefault(values[0], f"{{{{ fields.{group}.{name} | first }}}}")
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def in_words(value: str, text: str) -> bool:
    """Whether a text has a value as words of its own."""
    return re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", text.casefold()) is not None
