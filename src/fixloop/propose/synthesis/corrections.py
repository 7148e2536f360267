"""The reply as staff would have it: as they wrote it, else as what they quote or expect says it."""

import re

from fixloop.feedback.model import Feedback

_QUOTED = re.compile(r"[\"“„«»]([^\"“”„«»]{2,600})[\"“”«»]")
_SAID = re.compile(r"(?:also say|is missing|ergänzen|add(?: this)?|es fehlt)\s*:\s*(.{8,600})$", re.S | re.I)
_INSTEAD = re.compile(
    r"(?:write|say|use|schreib\w*)\s+(.{2,200}?)\s+(?:instead of|rather than|statt)\s+(.{2,200}?)[.!]?$", re.I
)


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
    parts = [part.strip() for part in _QUOTED.findall(comment)]
    if not parts and (found := _INSTEAD.search(comment.strip())):
        parts = [found[1], found[2]]
    if not parts and (found := _SAID.search(comment.strip())):
        parts = [found[1].strip()]
    extra = next((part for part in parts if part in sent), "")
    missing = next((part for part in parts if part not in sent), "")
    return _changed(sent, missing, extra) if len(parts) <= 2 else None


def _changed(sent: str, missing: str, extra: str) -> str | None:
    if extra and sent.count(extra) == 1:
        return " ".join(sent.replace(extra, missing).split(" ")) if missing else _without(sent, extra)
    if missing and not extra:
        return f"{sent.rstrip()} {missing}"
    return None


def _without(sent: str, extra: str) -> str:
    before, after = sent.split(extra)
    return f"{before.rstrip()} {after.lstrip()}".strip()
