"""The reply as staff would have it: as they wrote it, else as what they quote or expect says it."""

import re

from fixloop.feedback.model import Feedback
from fixloop.propose.words.words import (
    LEAST_SAID,
    exchanged_parts,
    inserted_sentence,
    numbers_in,
    quoted_parts,
    spoken_sentence,
)

_QUOTED = re.compile(r"[\"“„«»]([^\"“”„«»]{2,600})[\"“”«»]")
_ENDS = (".", "!", "?")
MOST_KEPT = 0.5
"""The share of digits from which a part of a number is the one that was meant."""

_SAID = re.compile(r"(?:also say|is missing|ergänzen|add(?: this)?|es fehlt)\s*:\s*(.{8,600})$", re.S | re.I)


def corrected_reply(one: Feedback, sent: str) -> str | None:
    """The whole reply as it should have been, or None where nothing says it."""
    if one.reply:
        return one.reply
    return _expected(one, sent) or _from_comment(one.comment, sent)


def _expected(one: Feedback, sent: str) -> str | None:
    """From `expected`: a whole text, or parts that must be in it or must not."""
    reply = (one.expected or {}).get("reply")
    if not isinstance(reply, dict):
        return None
    if reply.get("text"):
        return str(reply["text"])
    missing = [str(part) for part in reply.get("contains", ()) if part not in sent]
    extra = [str(part) for part in reply.get("excludes", ()) if part in sent]
    return _changed(sent, missing[0] if missing else "", extra[0] if extra else "")


def _from_comment(comment: str, sent: str) -> str | None:
    """From what a comment quotes: what the reply says and should not, what it should say and does not."""
    parts = [part.strip() for part in _QUOTED.findall(comment)] or list(quoted_parts(comment))
    if not parts and (told := exchanged_parts(comment)):
        parts = list(told)
    if not parts and (found := _SAID.search(comment.strip())):
        parts = [found[1].strip()]
    if not parts and (sentence := spoken_sentence(comment) or _copied(comment)):
        parts = [sentence if sentence[-1] in ".!?" else f"{sentence}."]
    if not parts:
        return _other_number(comment, sent)
    extra = next((part for part in parts if part in sent), "")
    missing = next((part for part in parts if part not in sent), "")
    return _changed(sent, missing, extra) if len(parts) <= 2 else None


def _copied(comment: str) -> str | None:
    """A sentence that stands in a comment as it would in the reply, where it is plain how far it goes."""
    copied = inserted_sentence(comment)
    return f"{copied.rstrip('.')}." if copied and not re.search(r"[,;]", copied) else None


def _other_number(comment: str, sent: str) -> str | None:
    """The reply with the one number that a comment names, in place of the one number of that form.

    Else of the part of a number that most of its digits stand in: of a telephone number staff name the end.
    """
    named = numbers_in(comment)
    if len(named) != 1 or named[0] in sent:
        return None
    (spoken,) = named
    whole = numbers_in(sent)
    like = [one for one in whole if _form(one) == _form(spoken)]
    if not like:
        parts = dict.fromkeys(part for one in whole if " " in one for part in one.split(" "))
        like = [
            one for one in parts if _form(one) == _form(spoken) and _digits_kept(one, spoken) >= MOST_KEPT
        ]
    return _changed(sent, spoken, like[0]) if len(like) == 1 else None


def _digits_kept(was: str, to: str) -> float:
    """The share of a number's digits that another has in the same place, 0…1."""
    return sum(a == b for a, b in zip(was, to, strict=True)) / len(was)


def _form(number: str) -> str:
    return re.sub(r"\d", "9", number)


def _changed(sent: str, missing: str, extra: str) -> str | None:
    missing = _closed(missing, extra or sent.rstrip())
    if extra and sent.count(extra) == 1:
        return " ".join(sent.replace(extra, missing).split(" ")) if missing else _without(sent, extra)
    if missing and not extra:
        return f"{sent.rstrip()} {missing}"
    return None


def _closed(told: str, like: str) -> str:
    """A sentence that staff name without its end, ended as what it follows or stands for is."""
    bare = told[:1].isupper() and told[-1:].isalnum() and len(told.split()) >= LEAST_SAID
    return f"{told}." if bare and like[-1:] in _ENDS else told


def _without(sent: str, extra: str) -> str:
    before, after = sent.split(extra)
    return f"{before.rstrip()} {after.lstrip()}".strip()
