"""When no operation does it: what should happen, written down for whoever writes the code.

The hint has no operations. It has what every other one has: expected against actual, evidence, a case that
fails, near misses that must stay; so whoever picks it up knows when it is done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.hints.model import Hint, JsonCase, Measured, fingerprint
from fixloop.pipeline.fixture import rows_json
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import record_ids, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.guards import ticket_near_misses
from fixloop.workspace.text import text_digest

FEWEST = 2
"""One rejection that nothing mends may be a whim; two are work for somebody."""

MOST_CASES = 3


def specify(bench: Workbench, group: Group, reasons: Sequence[str]) -> Hint | None:
    """The written specification for a group that no operation mends; None where too few ask for it."""
    texts = {member.feedback.text_digest for member in group.members}
    told = [(m, wish) for m in group.members if (wish := _wish(group, m))]
    if len(texts) < FEWEST or not told:
        return None
    (leaf, branch), _ = Counter((m.before.leaf, m.before.branch) for m, _ in told).most_common(1)[0]
    member, wish = min(
        ((m, w) for m, w in told if (m.before.leaf, m.before.branch) == (leaf, branch)),
        key=lambda item: text_digest(item[0].feedback.fixture.ticket.customer_text),
    )
    place = f"{leaf}/{branch or 'fallback'}"
    tried = "; ".join(dict.fromkeys(reasons))
    hint = Hint(
        step="code",
        kind="spec",
        target=place,
        summary=f"{place}: {said_of(wish)}, not {said_of(_today(member.before))}; no edit brings it about",
        evidence=tuple(sorted(m.feedback.id for m in group.members)),
        cases=tuple(_case(m, w) for m, w in told[:MOST_CASES]),
        near_misses=ticket_near_misses(bench, [m.feedback for m in group.members], [leaf]),
        measured=Measured(bench.commit, 0, len(group.members), (), 0, len(bench.stored)),
        confidence=group.confidence,
        fingerprint=fingerprint("code", place, "spec", sorted(wish)),
        open_work=tuple(dict.fromkeys([f"what was tried: {tried}"] if tried else [])),
    )
    return hint.named_cases()


def _wish(group: Group, member: Diagnosis) -> dict[str, Any]:
    """What should have come out, in the shape of a case's `expect`: what staff expect, else the reading."""
    expected = {k: v for k, v in (member.feedback.expected or {}).items() if v not in (None, {}, "")}
    if expected:
        return expected
    asked: list[Intervention] = [r.intervention for r in member.readings]
    mine = [one for one in asked if group.key in (one.key, one.place)]
    wished = mine[0].wanted.to_expect() if mine else {}
    return {key: value for key, value in wished.items() if _today(member.before).get(key) != value}


def _today(before: Proposal) -> dict[str, Any]:
    return {
        "leaf": before.leaf,
        "records": list(record_ids(before)),
        "reply": before.reply.template,
        "tools": list(tool_names(before)),
    }


def _case(member: Diagnosis, wish: Mapping[str, Any]) -> JsonCase:
    return {
        "suite": "pipeline",
        "ticket": dict(member.feedback.ticket),
        "rows": rows_json(member.before.rows),
        "expect": dict(wish),
    }


def said_of(outcome: Mapping[str, Any]) -> str:
    """An outcome in a few words."""
    parts = []
    if "leaf" in outcome:
        parts.append(f"leaf {outcome['leaf']}")
    if outcome.get("records"):
        parts.append(f"record {', '.join(map(str, outcome['records']))}")
    if outcome.get("reply"):
        reply = outcome["reply"]
        parts.append(
            f"reply {reply if isinstance(reply, str) else reply.get('template', 'with another text')}"
        )
    if outcome.get("tools"):
        names = [one if isinstance(one, str) else str(one["name"]) for one in outcome["tools"]]
        parts.append(f"calls {', '.join(names)}")
    if "fields" in outcome:
        parts.append("other values read")
    return " and ".join(parts) or "another answer"
