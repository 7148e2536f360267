"""A fallback that staff answer alike again and again: their reply becomes the new leaf's own."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from fixloop.hints.operation import Operation
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.workspace.plan_tree import DEFAULT

ALIKE = 0.7
"""The share of common words from which two replies are one answer."""

REPEATED = 2


class Promotion(NamedTuple):
    """The operations that make staff's reply the leaf's, and the template it is."""

    operations: tuple[Operation, ...]
    template: str


def promoted(bench: Workbench, members: Sequence[Diagnosis], leaf: str) -> Promotion | None:
    """What gives a new leaf the reply that staff wrote to most of its tickets; None where they do not repeat.

    Only what is no ticket's own can be everybody's answer: the reply must be much the same to several texts.
    """
    fallback = bench.workspace.config.fallback_reply
    written = {m.feedback.text_digest: m.feedback.reply.strip() for m in members if m.feedback.reply}
    replies = [written[digest] for digest in sorted(written)]
    if fallback is None or not replies:
        return None
    likes = {one: [other for other in replies if _alike(one, other) >= ALIKE] for one in replies}
    best = max(likes, key=lambda one: (len(likes[one]), sum(_alike(one, other) for other in likes[one]), one))
    if len(likes[best]) < REPEATED or 2 * len(likes[best]) <= len(replies):
        return None
    known = _known_template(bench, best)
    name = known or f"{leaf}_answer"
    reply = Operation("set_reply", {"leaf": leaf, "branch": DEFAULT, "was": fallback, "to": name})
    if known == fallback:
        return None
    if known:
        return Promotion((reply,), name)
    text = best.replace("{{", "{ {").replace("{%", "{ %")
    about = f"What staff answer to {leaf.replace('_', ' ')}."
    return Promotion(
        (Operation("add_template", {"name": name, "description": about, "text": text}), reply), name
    )


def _known_template(bench: Workbench, reply: str) -> str | None:
    """A template without variables that says it already."""
    for name, template in sorted(bench.workspace.templates.items()):
        for text in template.texts.values():
            if "{" not in text and _alike(text.strip(), reply) >= 0.9:
                return name
    return None


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio()
