"""Near misses: what lies just outside a fix and must keep its answer.

Accepted tickets come first, for staff confirmed them; then variants of the evidence just outside the changed
condition, as far as the fix leaves them alone; then cases of the base. At least three come with every hint.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from fixloop.evals.given import given_cases
from fixloop.evals.run import evaluate
from fixloop.evals.splits import text_in
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.hints.model import JsonCase
from fixloop.pipeline.fixture import fields_json, rows_json
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.situations import Ground, Situation, scope_of, situation_of
from fixloop.propose.bench.wanted import record_ids, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.synthesis.known_cases import case_near_misses, example_near_misses
from fixloop.workspace.model import Branch, Condition, PlanTree, Row, Test
from fixloop.workspace.plan_tree import all_tests
from fixloop.workspace.text import text_digest

FEWEST, MOST = 3, 5


def accepted_tickets(bench: Workbench, but: Iterable[Feedback] = ()) -> Iterator[tuple[Feedback, Proposal]]:
    """Stored tickets that staff accepted and that get the accepted answer today, but for some texts."""
    out = {one.text_digest for one in but}
    for one in bench.stored:
        before = bench.before[one.id]
        if one.outcome != "accepted" or one.text_digest in out or before.failure:
            continue
        shown = one.proposal.get("reply", {}).get("template", before.reply.template)
        if shown == before.reply.template and one.proposal.get("leaf", before.leaf) == before.leaf:
            yield one, before


def plan_near_misses(
    bench: Workbench,
    tree: PlanTree,
    after: Sequence[Branch],
    evidence: Sequence[Situation],
    condition: Condition | None,
) -> tuple[JsonCase, ...]:
    """Situations of the leaf whose answer stays, the nearest to the evidence first, then other leaves'."""
    own = [one for one in _accepted_situations(bench) if one.leaf == tree.leaf]
    near = sorted(own, key=lambda one: (-_alike(one, evidence), one.name))
    made = list(_variants(bench, evidence, condition))
    kept = _staying(tree, after, [*near, *made])
    if len(kept) < FEWEST:
        kept += [(one, None) for one in _accepted_situations(bench) if one.leaf != tree.leaf][:MOST]
    told = {_digest(one.to_case({})) for one in evidence}
    found: dict[str, JsonCase] = {}
    for one, branch in kept:
        case = one.to_case(_today(bench, one, branch))
        if _digest(case) not in told and _renders(bench, case):
            found.setdefault(_digest(case), case)
    return tuple(found.values())[:MOST]


def _accepted_situations(bench: Workbench) -> list[Situation]:
    if "accepted" not in bench.kept:
        accepted = accepted_tickets(bench)
        bench.kept["accepted"] = [situation_of(bench.workspace, one, before) for one, before in accepted]
    found: list[Situation] = bench.kept["accepted"]
    return found


def _digest(case: JsonCase) -> str:
    return canonical_json({key: value for key, value in case.items() if key not in ("expect", "source")})


def _staying(
    tree: PlanTree, after: Sequence[Branch], situations: Sequence[Situation]
) -> list[tuple[Situation, Branch | None]]:
    """The situations that get the same answer from both trees, with the branch that gives it."""
    ground = Ground(situations)
    now, then = ground.answers(tree.branches), ground.answers(after)
    kept: list[tuple[Situation, Branch | None]] = []
    for n, one in enumerate(situations):
        old = next((branch for branch, mask in now if mask >> n & 1), None)
        new = next((branch for branch, mask in then if mask >> n & 1), None)
        if old is not None and new is not None and (old.reply, old.tools) == (new.reply, new.tools):
            kept.append((one, old))
    return kept


def _today(bench: Workbench, one: Situation, branch: Branch | None) -> dict[str, Any]:
    if branch is not None:
        return {"reply": branch.reply, "tools": sorted(call.name for call in branch.tools)}
    planned = bench.pipeline.plan(
        one.leaf, one.scope.fields, [r.row for r in one.scope.fetched.records], one.scope.ticket
    )
    return {"reply": planned.reply.template, "tools": sorted(tool.name for tool in planned.tools)}


def _renders(bench: Workbench, case: JsonCase) -> bool:
    """Whether the case's answer is the tree's own today: no case passes by a crash."""
    planned = bench.pipeline.plan(case["leaf"], case["fields"], case["records"])
    own = planned.trail[-1].reply if planned.trail else None
    return bool(own == planned.reply.template == case["expect"]["reply"])


def _alike(one: Situation, evidence: Sequence[Situation]) -> int:
    """In how many columns and fields a situation is like the nearest evidence: neighbours tell most."""
    mine = _features(one)
    return max((len(mine & _features(other)) for other in evidence), default=0)


def _features(one: Situation) -> frozenset[str]:
    row = one.record or {}
    columns = {f"{column}={value!r}" for column, value in row.items() if isinstance(value, str | bool | int)}
    fields = {f"{group}.{name}" for group, found in one.scope.fields.items() for name in found}
    return frozenset(columns | fields | {f"count {one.scope.fetched.count}"})


# --- variants of the evidence -----------------------------------------------------------------------------


def _variants(
    bench: Workbench, evidence: Sequence[Situation], condition: Condition | None
) -> Iterator[Situation]:
    """The evidence with a condition's value turned or left out, with several records, and with none."""
    for one in evidence[:3]:
        for test in all_tests(condition):
            yield from _outside(bench, one, test)
        rows = [dict(record.row) for record in one.scope.fetched.records]
        yield _with(bench, one, rows=[])
        yield _with(bench, one, rows=[*rows[:1], *_twins(bench, rows[:1])])
        yield _with(bench, one, fields={})
        for row in _foreign_rows(bench):
            yield _with(bench, one, rows=[{**(rows[0] if rows else {}), **row}])


def _foreign_rows(bench: Workbench) -> list[dict[str, Any]]:
    """What columns of nobody's that trees look at are like in other records: no row is taken as it is."""
    if "rows of nobody" not in bench.kept:
        bench.kept["rows of nobody"] = _rows_of_nobody(bench)
    found: list[dict[str, Any]] = bench.kept["rows of nobody"]
    return found


def _rows_of_nobody(bench: Workbench) -> list[dict[str, Any]]:
    personal = {column for columns in bench.personal.columns.values() for column in columns}
    kept: dict[str, dict[str, Any]] = {}
    for name in bench.workspace.fetch.sources:
        for row in bench.workspace.records.get(name, ())[:200]:
            plain = {k: v for k, v in row.items() if k not in personal and isinstance(v, str | bool | int)}
            plain = {k: v for k, v in plain.items() if k not in _ids(bench)}
            kept.setdefault(canonical_json(plain), plain)
    return [kept[key] for key in sorted(kept)][:: max(1, len(kept) // 6)][:6]


def _ids(bench: Workbench) -> set[str]:
    return {source.id for source in bench.workspace.fetch.sources.values()}


def _twins(bench: Workbench, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The same record under another id."""
    ids = _ids(bench)
    return [{key: f"{value}-2" if key in ids else value for key, value in row.items()} for row in rows]


def _with(
    bench: Workbench,
    one: Situation,
    rows: Sequence[Row] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Situation:
    present = [record.row for record in one.scope.fetched.records]
    values = one.scope.fields if fields is None else fields
    scope = scope_of(bench.workspace, one.scope.ticket, values, present if rows is None else rows)
    return replace(one, scope=scope)


def _outside(bench: Workbench, one: Situation, test: Test) -> Iterator[Situation]:
    """The tested value turned to another, and left out."""
    root, _, rest = test.path.partition(".")
    if root == "record" and one.record is not None and "." not in rest:
        row = dict(one.record)
        present = row.get(rest)
        if rest in row:
            yield _with(bench, one, rows=[{**row, rest: _other(present)}])
            yield _with(bench, one, rows=[{key: value for key, value in row.items() if key != rest}])
    if root == "fields":
        group, _, name = rest.partition(".")
        yield _with(
            bench,
            one,
            fields={
                g: {n: v for n, v in found.items() if (g, n) != (group, name)}
                for g, found in one.scope.fields.items()
            },
        )


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"not {value}"


def text_near_misses(
    bench: Workbench, template: str, leaves: Sequence[str], evidence: Sequence[Situation]
) -> tuple[JsonCase, ...]:
    """Situations that another template answers, of the leaves that use this one first: they stay."""
    accepted = [one for one in _accepted_situations(bench) if one.leaf not in leaves]
    near = [one for one in _accepted_situations(bench) if one.leaf in leaves]
    near.sort(key=lambda one: (-_alike(one, evidence), one.name))
    found: dict[str, JsonCase] = {}
    for one in [*near, *_variants(bench, evidence, None), *accepted]:
        if len(found) == MOST:
            break
        case = one.to_case(_today(bench, one, None))
        if case["expect"]["reply"] != template and _renders(bench, case):
            found.setdefault(_digest(case), case)
    return tuple(found.values())


# --- near misses of whole tickets --------------------------------------------------------------------------


def with_enough(bench: Workbench, draft: Draft) -> Draft:
    """The draft, and those in its place, with three near misses at least, as far as the base has any.

    What staff accepted comes first, then cases: of the draft's leaves, of those beside them, of the others.
    What the draft teaches is none of them: a text is an example or is asked, never both.
    """
    instead = tuple(with_enough(bench, one) for one in draft.instead)
    missing = FEWEST - len(draft.near_misses)
    if missing <= 0 or draft.step == "eval_data":
        return replace(draft, instead=instead)
    leaves = sorted({wanted.leaf for wanted in draft.wanted.values() if wanted.leaf})
    tickets = ticket_near_misses(bench, draft.evidence, leaves, None)
    taught = {text_digest(text) for text in draft.examples}
    free = (case for case in tickets if text_digest(text_in(case["suite"], case) or "") not in taught)
    accepted = (case for case in free if _passes(bench, case))
    known = {_digest(case) for case in (*draft.near_misses, *draft.cases)}
    more: dict[str, JsonCase] = {}
    for case in chain(accepted, case_near_misses(bench, draft, leaves), _last(bench, draft)):
        if len(more) == missing:
            break
        if _digest(case) not in known:
            more.setdefault(_digest(case), case)
    return replace(draft, near_misses=(*draft.near_misses, *more.values()), instead=instead)


def _last(bench: Workbench, draft: Draft) -> Iterator[JsonCase]:
    """Where nothing is accepted and no case is there: examples of others, the rejected as other leaves'."""
    if draft.step == "intent":
        yield from example_near_misses(bench, draft, FEWEST)
    if draft.step not in ("plan", "template"):
        return
    meant = {wanted.leaf for wanted in draft.wanted.values()} | {
        bench.before[one.id].leaf for one in draft.evidence
    }
    edited = {str(one.args["template"]) for one in draft.operations if "template" in one.args}
    for feedback in draft.evidence[:FEWEST]:
        one = situation_of(bench.workspace, feedback, bench.before[feedback.id])
        for leaf in sorted(bench.workspace.plan_trees):
            case = replace(one, leaf=leaf).to_case({}) if leaf not in meant else None
            if case is not None:
                case = {**case, "expect": _today(bench, replace(one, leaf=leaf), None)}
                if case["expect"]["reply"] not in edited and _renders(bench, case):
                    yield case


def _passes(bench: Workbench, case: JsonCase) -> bool:
    report = evaluate(bench.pipeline, given_cases([{"id": "near", **case}]))
    return report.all_pass


def ticket_near_misses(
    bench: Workbench, but: Iterable[Feedback], prefer: Sequence[str] = (), most: int | None = MOST
) -> tuple[JsonCase, ...]:
    """Accepted tickets that are no examples, of the preferred leaves first, as cases on the rows they had."""
    tickets = sorted(
        (item for item in accepted_tickets(bench, but) if item[0].text_digest not in bench.example_leaves),
        key=lambda item: (prefer.index(item[1].leaf) if item[1].leaf in prefer else len(prefer), item[0].id),
    )
    return tuple(_ticket_case(one, before) for one, before in tickets[:most])


def _ticket_case(one: Feedback, before: Proposal) -> JsonCase:
    return {
        "suite": "pipeline",
        "ticket": dict(one.ticket),
        "rows": rows_json(before.rows),
        "expect": {
            "leaf": before.leaf,
            "records": list(record_ids(before)),
            "reply": before.reply.template,
            "tools": list(tool_names(before)),
        },
    }


def extraction_near_misses(
    bench: Workbench, but: Iterable[Feedback], fields: Sequence[str]
) -> tuple[JsonCase, ...]:
    """Accepted tickets as extraction cases, those with the field first: what is read today is read on.

    A word that only a live lookup knows is not in the rows a ticket came with: such a ticket shows nothing.
    """
    found = []
    for one, before in accepted_tickets(bench, but):
        if any(map(len, before.fields.values())):
            has = sum(bool(before.fields.get(g, {}).get(n)) for g, _, n in (f.partition(".") for f in fields))
            found.append((-has, one.id, one, before))
    found.sort(key=lambda item: item[:2])
    cases = (_reading_case(one, before) for _, _, one, before in found)
    return tuple(islice((case for case in cases if _passes(bench, case)), MOST))


def _reading_case(one: Feedback, before: Proposal) -> JsonCase:
    return {
        "suite": "extraction",
        "text": one.fixture.ticket.customer_text,
        "rows": rows_json(before.rows),
        "expect": fields_json(before.fields),
    }
