"""One proposal with its reasons, so that a person sees at a glance what happened and why."""

from collections.abc import Iterator, Mapping

from fixloop.pipeline.conditions import describe
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import Ticket
from fixloop.report.page import Page, Part, bad, dim, good, name, strong, warn
from fixloop.report.words import listed
from fixloop.workspace.text import shown

_QUOTED = 3 * 70
_MOST = 5


def draw_proposal(page: Page, ticket: Ticket, proposal: Proposal) -> None:
    """What was asked, what each step made of it, and the answer."""
    mark = warn("needs review") if proposal.needs_review else good("ready")
    page.line(strong(proposal.ticket_id), "  ", name(proposal.leaf), "  ", mark, hang=4)
    page.quote(_shortened(ticket.customer_text), style="dim")
    page.fact("intent", *_intent(proposal))
    for label, parts in _facts(proposal):
        page.fact(label, *parts)
    if proposal.reply.text:
        page.quote(proposal.reply.text, indent=12)
    for tool in proposal.tools:
        page.fact("tool", name(tool.name), f" {shown(dict(tool.args), 200)}")
    for note in proposal.trace.notes:
        label, _, text = note.partition(": ")
        page.fact(label, text) if text else page.fact("note", note)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def _intent(proposal: Proposal) -> Iterator[Part]:
    scores = proposal.scores
    for number, one in enumerate(proposal.path or (proposal.leaf,)):
        yield from ([" > "] if number else [])
        yield from _scored(one, scores)
    if proposal.raw_leaf != proposal.leaf:
        yield "; "
        yield from _scored(proposal.raw_leaf, scores)
        yield " is below the threshold"
    taken = (*proposal.path, proposal.raw_leaf)
    rest = sorted((one for one in scores if one not in taken), key=lambda one: (-scores[one], one))
    if rest:
        yield dim("; runner-up ")
        yield from _scored(rest[0], scores)


def _scored(leaf: str, scores: Mapping[str, float]) -> Iterator[Part]:
    yield leaf
    if leaf in scores:
        yield dim(f" {scores[leaf]:.2f}")


def _facts(proposal: Proposal) -> Iterator[tuple[str, list[Part]]]:
    if proposal.failure:
        yield "failure", [bad(proposal.failure)]
    label = "fields"
    for path, hits in proposal.trace.hits.items():
        told = listed([f"{shown(hit.value)} by {hit.origin}" for hit in hits], _MOST)
        yield label, [path, dim(" = "), told]
        label = ""
    yield from _records(proposal)
    yield "branch", _branch(proposal)
    yield "reply", [name(proposal.reply.template) if proposal.reply.template else dim("none")]


def _records(proposal: Proposal) -> Iterator[tuple[str, list[Part]]]:
    trace = proposal.trace
    if not proposal.candidates:
        yield "record", [dim("nothing that was found names one")]
        return
    scores = f"margin {trace.margin:g}, threshold {trace.threshold:g}"
    if not proposal.records:
        near = proposal.candidates[0]
        told = (
            f"none of {len(proposal.candidates)} reaches the threshold {trace.threshold:g}; nearest {near.id}"
        )
        yield "record", [warn(told), f", {near.score:g} from {listed(near.matched)}"]
        return
    several = len(proposal.records) > 1
    for one in proposal.records[:_MOST]:
        yield (
            "record",
            [name(one.id), f" {one.score:g} from {listed(one.matched)}", "" if several else f"; {scores}"],
        )
    if several:
        rest = len(proposal.records) - _MOST
        more = f"{rest} more; " if rest > 0 else ""
        yield "", [more, warn(f"{len(proposal.records)} tie"), f"; {scores}"]


def _branch(proposal: Proposal) -> list[Part]:
    trail = proposal.trace.trail
    if not trail:
        return [dim("none")]
    parts: list[Part] = []
    for number, branch in enumerate(trail):
        held = describe(branch.when) if branch.when is not None else "the default"
        parts += [" > " if number else "", name(branch.id), f": {held}"]
    return parts
