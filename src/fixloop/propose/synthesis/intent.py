"""Step one's smallest change: a missing edge, examples in the wrong leaf, examples more, or a threshold.

What the group's rejections say of the way their tickets took comes first (a parent that does not lead to the
leaf, though the leaf has examples like them); then examples, moved where two leaves are mixed, or added, or
single ones moved; a threshold where nothing else does, for it moves tickets nobody spoke of.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from fixloop.hints.operation import Operation
from fixloop.pipeline.engines import path_to
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.thresholds import known_scores
from fixloop.propose.readings.catalog import cut_off_leaves
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis import examples
from fixloop.propose.synthesis.examples import border_of, fresh_texts, intent_cases
from fixloop.propose.synthesis.mixed import MOST_KNOWN, Move, exchanged, known_texts, moved_back
from fixloop.propose.words.near import nearest, similarities
from fixloop.workspace.model import OTHER, is_other, other_of

MOST_MOVED = 24
FEWEST_MOVED = 3
CLEARLY, LIKE = 1.25, 0.1
"""How much more like the known texts of another leaf an example must be, and how like, to be astray."""

ENOUGH_TEXTS = 3
"""Texts of the evidence from which single examples are moved: a border between two leaves has strays, too."""

SAME_TEXT, FEWEST_MISFILED = 0.5, 2
"""How alike a rejected ticket and an example are that say the same, and how many distinct tickets must have
such an example where they come out for it to lie there by mistake."""

CLEAREST = 0.75
"""The part of mixed examples that is moved where all of them are too much."""

OTHERS_MIXED = 2
"""Leaves that tickets may mean instead, which are looked at for examples of a leaf."""

LOOSE_TRIED = 2
"""Places where what hangs loose is tried for a leaf that does not hang there."""

NEAREST = 3
MOST_CASES = 6
NOTHING_TAUGHT = ("add_edge", "remove_example")
LOW = 0.25
"""Where between what must stay out and what must come in a threshold goes: nearer to what must stay out."""

UNTOLD = 0.5
"""The part of the root's threshold that stays where nobody has said what should fall out: what comes in below
it would be anything."""

Texts = Sequence[str]


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """Every change that could teach a leaf its tickets, in the order in which they are tried."""
    leaf = next(r.intervention.wanted.leaf for m in group.members for r in m.readings if r.key == group.key)
    assert leaf is not None
    taught = examples.synthesise(bench, group)
    edges = list(_edges(bench, group, leaf))
    sure = bool(edges) and _has_been_taught(bench, group, leaf)
    exchanged, misfiled, strayed = _moved_examples(bench, group, leaf)
    found = [
        *_loose_edges(bench, group, leaf),
        *(edges if sure else ()),
        exchanged,
        misfiled,
        taught,
        # A border between two leaves that are not mixed has its strays, and more examples draw it as well.
        strayed,
        *(() if sure else edges),
        _threshold(bench, group, leaf),
    ]
    drafts = [each for one in found if isinstance(one, Draft) for each in (one, *one.instead)]
    if drafts:
        return replace(drafts[0], instead=tuple(drafts[1:]))
    return taught if isinstance(taught, Unable) else Unable("nothing teaches this leaf these tickets")


def _draft(
    bench: Workbench,
    group: Group,
    members: Sequence[Diagnosis],
    wanted: Mapping[str, str],
    operations: Iterable[Operation],
    target: str,
    summary: str,
) -> Draft | None:
    """A draft of intent operations; the cases are texts of the evidence, each with the leaf it should get."""
    made = tuple(operations)
    by_text = {m.feedback.fixture.ticket.customer_text: wanted[m.feedback.id] for m in members}
    texts = fresh_texts(bench, [m.feedback for m in members])
    if not texts or not made:
        return None
    cases = tuple(case for text in texts for case in intent_cases([text], by_text[text]))
    evidence = tuple(m.feedback for m in members)
    first = wanted[members[0].feedback.id]
    return Draft(
        step="intent",
        kind=made[0].op,
        target=target,
        summary=summary,
        evidence=evidence,
        operations=made,
        # Where nothing is taught, all may be asked.
        cases=cases[
            : MOST_CASES if made[0].op in NOTHING_TAUGHT else max(1, min(MOST_CASES, (len(cases) + 2) // 3))
        ],
        near_misses=border_of(bench, texts, first).near_misses,
        wanted={m.feedback.id: Wanted(leaf=wanted[m.feedback.id]) for m in members},
        idea={"leaves": sorted(set(wanted.values()))},
        one_off=len({one.text_digest for one in evidence}) == 1,
        confidence=group.confidence,
    )


# --- edges ------------------------------------------------------------------------------------------------


def _edges(bench: Workbench, group: Group, leaf: str) -> Iterator[Draft | None]:
    """The leaf below one more parent: the one most of its tickets went down, or its own examples do.

    A second way to a leaf that has one takes two texts, or somebody who says that the leaf was meant.
    """
    said = any("leaf" in (m.feedback.expected or {}) for m in group.members)
    alone = len({m.feedback.text_digest for m in group.members}) == 1
    if alone and not said and bench.workspace.intents.parents_of(leaf):
        return
    for parent in _parents(bench, group, leaf):
        operation = Operation("add_edge", {"parent": parent, "child": leaf})
        where = "the root" if parent == "root" else parent
        yield _draft(
            bench,
            group,
            group.members,
            {m.feedback.id: leaf for m in group.members},
            [operation],
            f"workspace/intents.yaml#{parent}",
            f"Tickets that mean {leaf} go down {where}, which does not lead to it: put it below {where} too",
        )


def edge(bench: Workbench, group: Group) -> Draft | Unable:
    """The way to what hangs loose, for a group whose leaves are all cut off at one intent."""
    child = str(group.key[2]).partition("#")[2]
    if not child:
        return Unable("nothing hangs loose there")
    leaves = {m.feedback.id: leaf for m in group.members if (leaf := _wanted_leaf(group, m))}
    made = [one for one in _edge_drafts(bench, group, child, leaves) if one is not None]
    return replace(made[0], instead=tuple(made[1:])) if made else Unable(f"no place for {child} was found")


def _loose_edges(bench: Workbench, group: Group, leaf: str) -> Iterator[Draft | None]:
    """The way to what hangs loose, where it leads these tickets to a leaf that does not.

    A model that no longer learns a leaf takes its neighbours' tickets for others, too.
    """
    loose = sorted({top for top in cut_off_leaves(bench.workspace.intents).values() if top != leaf})
    leaves = {m.feedback.id: leaf for m in group.members}
    for child in loose:
        yield from islice(_edge_drafts(bench, group, child, leaves), LOOSE_TRIED)


def _edge_drafts(
    bench: Workbench, group: Group, child: str, leaves: Mapping[str, str]
) -> Iterator[Draft | None]:
    """An edge to what hangs loose from each place where it could go, for tickets of these leaves."""
    for parent in _loose_parents(bench, group, child):
        where = "the root" if parent == "root" else parent
        yield _draft(
            bench,
            group,
            [m for m in group.members if m.feedback.id in leaves],
            leaves,
            [Operation("add_edge", {"parent": parent, "child": child})],
            f"workspace/intents.yaml#{parent}",
            f"Nothing leads to {child}: put it below {where}",
        )


def _loose_parents(bench: Workbench, group: Group, child: str) -> list[str]:
    """Where what hangs loose could go: where the examples below it go down, and the root."""
    dag = bench.workspace.intents
    below, waiting = set[str](), [child]
    while waiting:
        one = waiting.pop()
        below.add(one)
        waiting += [under for under in dag.children.get(one, ()) if under not in below]
    texts = [m.feedback.fixture.ticket.customer_text for m in group.members]
    for leaf in sorted(below):
        texts += [one.text for one in bench.workspace.examples.get(leaf, ())][:MOST_KNOWN]
    steps = Counter(step for one in bench.pipeline.classify(texts) for step in one.path[:-1])
    found = sorted((one for one in steps if one not in below), key=lambda one: (-steps[one], one))
    # What most go down to stands first, the deepest of it; what some do, after the root.
    often = [step for step in found if 2 * steps[step] >= len(texts)]
    deepest = sorted(often, key=lambda step: (-len(path_to(step, dag)), -steps[step], step))
    return list(dict.fromkeys([*deepest[:2], "root", *found[:1]]))


def _has_been_taught(bench: Workbench, group: Group, leaf: str) -> bool:
    """Whether the leaf has examples like most of these tickets already: then it lacks no examples."""
    texts = list(
        {m.feedback.text_digest: m.feedback.fixture.ticket.customer_text for m in group.members}.values()
    )
    if "taught" not in bench.kept:
        found = sorted(bench.workspace.examples.items())
        bench.kept["taught"] = [(one.text, str(name)) for name, some in found for one in some]
    taught: list[tuple[str, str]] = bench.kept["taught"]
    nearest_of = [nearest([text], [example for example, _ in taught], 1) for text in texts[:MOST_CASES]]
    own = sum(taught[found[0]][1] == leaf for found in nearest_of if found)
    return len(texts) > 1 and 3 * own >= 2 * len(nearest_of)


def _parents(bench: Workbench, group: Group, leaf: str) -> list[str]:
    dag = bench.workspace.intents
    if is_other(leaf) or leaf not in dag.intents:
        return []
    above = set(dag.parents_of(leaf))
    counts = Counter(
        step for m in group.members for step in m.before.path if step in dag.children and step not in above
    )
    counts.update({_own_level(m.before.leaf): 1 for m in group.members if is_other(m.before.leaf)})
    often = [
        p
        for p, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if 2 * n >= len(group.members)
    ]
    found = [parent for parent in often if parent not in above and parent != "root"]
    if not above:
        found += [*_where_examples_go(bench, leaf), "root"]
    return list(dict.fromkeys(found))[:2]


def _own_level(other: str) -> str:
    return "root" if other == OTHER else other.removesuffix(".other")


def _where_examples_go(bench: Workbench, leaf: str) -> list[str]:
    """The parents that an orphan's own examples go down, commonest first."""
    texts = [one.text for one in bench.workspace.examples.get(leaf, ())][:MOST_KNOWN]
    if not texts:
        return []
    dag = bench.workspace.intents
    steps = Counter(
        step for one in bench.pipeline.classify(texts) for step in one.path if step in dag.children
    )
    return [step for step, _ in sorted(steps.items(), key=lambda item: (-item[1], item[0]))][:1]


# --- examples in the wrong leaf ----------------------------------------------------------------------------


def _moved_examples(
    bench: Workbench, group: Group, leaf: str
) -> tuple[Draft | None, Draft | None, Draft | None]:
    """What is mixed of the leaf and the leaf its tickets come out as, moved; else what lies there alone.

    Else examples that the tickets repeat, and single examples astray.

    What is known by staff and by cases says where an example belongs: a model that was taught it cannot. Of
    two leaves that are mixed, tickets go to a third one, too.
    """
    rivals = Counter(m.before.leaf for m in group.members if not is_other(m.before.leaf))
    rivals.pop(leaf, None)
    if is_other(leaf):
        return None, None, None
    exchanged = misfiled = strayed = None
    if rivals:
        rival = min(rivals, key=lambda one: (-rivals[one], one))
        pair = _pair(bench, leaf, rival, [m for m in group.members if m.before.leaf == rival])
        exchanged = _exchanged_draft(bench, group, pair)
        misfiled = None if exchanged else _misfiled_draft(bench, group, pair)
        strayed = None if exchanged else _strayed_draft(bench, group, pair)
    if not exchanged and not misfiled and not strayed:
        others = _also_meant(group, {leaf, *rivals})
        found = [_exchanged_draft(bench, group, _pair(bench, leaf, one, group.members)) for one in others]
        exchanged = _first_of([one for one in found if one is not None])
    return exchanged, misfiled, strayed


def _first_of(drafts: Sequence[Draft]) -> Draft | None:
    """The first, with all others instead of it."""
    each = [one for draft in drafts for one in (draft, *draft.instead)]
    return replace(each[0], instead=tuple(each[1:])) if each else None


def _also_meant(group: Group, but: Set[str]) -> list[str]:
    """The leaves that the members mean instead, likeliest first."""
    mass: defaultdict[str, float] = defaultdict(float)
    for reading in (r for m in group.members for r in m.readings if r.intervention.step == "intent"):
        other = reading.intervention.wanted.leaf
        if other and other not in but and not is_other(other):
            mass[other] += reading.probability
    return sorted(mass, key=lambda one: (-mass[one], one))[:OTHERS_MIXED]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A leaf and the one its tickets come out as, the members of whom that is so, and texts known of each."""

    leaf: str
    rival: str
    members: Sequence[Diagnosis]
    mine: Texts
    theirs: Texts


def _pair(bench: Workbench, leaf: str, rival: str, members: Sequence[Diagnosis]) -> _Pair:
    mine = [m.feedback.fixture.ticket.customer_text for m in members] + known_texts(bench, leaf)
    return _Pair(leaf, rival, members, mine, known_texts(bench, rival))


def _exchanged_draft(bench: Workbench, group: Group, pair: _Pair) -> Draft | None:
    """Examples that two mixed leaves have of each other, moved back.

    Should all of it be too much for the dry run, what is clearest may be right.
    """
    moves = exchanged(bench, {pair.leaf: pair.mine, pair.rival: pair.theirs})
    found = [_moving(bench, group, pair, some) for some in (moves, moves[: int(CLEAREST * len(moves))])]
    return _first_of([one for one in found if one is not None])


def _misfiled_draft(bench: Workbench, group: Group, pair: _Pair) -> Draft | None:
    """Examples of the rival that tickets of the leaf repeat, moved to it: what is meant holds for both.

    Where staff accepted the rival for a text that is as like, the example is right there.
    """
    texts = {m.feedback.text_digest: m.feedback.fixture.ticket.customer_text for m in pair.members}
    examples = [one.text for one in bench.workspace.examples.get(pair.rival, ())]
    if len(texts) < FEWEST_MISFILED or not examples:
        return None
    like = similarities(examples, [*texts.values(), *pair.theirs])
    asked, right = like[:, : len(texts)], like[:, len(texts) :]
    rows = [
        n for n, row in enumerate(asked) if row.max() >= SAME_TEXT and row.max() > right[n].max(initial=0.0)
    ]
    if len({int(asked[n].argmax()) for n in rows}) < FEWEST_MISFILED:
        return None
    wanted = {m.feedback.id: pair.leaf for m in pair.members}
    moves = [(examples[n], pair.rival, pair.leaf) for n in rows]
    return _draft(
        bench,
        group,
        pair.members,
        wanted,
        moved_back(moves),
        f"workspace/examples/{pair.rival}.jsonl",
        f"{len(moves)} examples of {pair.leaf} lie in {pair.rival}: move them",
    )


def _strayed_draft(bench: Workbench, group: Group, pair: _Pair) -> Draft | None:
    """Single examples of either leaf that are clearly more like the other's known texts, moved there."""
    if len({m.feedback.text_digest for m in pair.members}) < ENOUGH_TEXTS:
        return None
    leaf, rival = pair.leaf, pair.rival
    strayed = [(text, rival, leaf) for text in _strayed(bench, rival, pair.mine, pair.theirs)]
    strayed += [(text, leaf, rival) for text in _strayed(bench, leaf, pair.theirs, pair.mine)]
    return _moving(bench, group, pair, strayed[:MOST_MOVED])


def exchange(
    bench: Workbench, group: Group, moves: Sequence[Move], leaves: Mapping[str, str]
) -> Draft | None:
    """The examples of two mixed leaves moved back, for members that get one of these leaves by it.

    `leaves` is by feedback id. Should all of it be too much for the dry run, what is clearest may be right.
    """
    found = [
        _moving_draft(bench, group, group.members, leaves, some)
        for some in (moves, moves[: int(CLEAREST * len(moves))])
    ]
    return _first_of([one for one in found if one is not None])


def _moving(bench: Workbench, group: Group, pair: _Pair, moves: Sequence[Move]) -> Draft | None:
    wanted = {m.feedback.id: pair.rival if m.before.leaf == pair.leaf else pair.leaf for m in pair.members}
    return _moving_draft(bench, group, pair.members, wanted, moves)


def _moving_draft(
    bench: Workbench,
    group: Group,
    members: Sequence[Diagnosis],
    wanted: Mapping[str, str],
    moves: Sequence[Move],
) -> Draft | None:
    if len(moves) < FEWEST_MOVED:
        return None
    one, other = sorted({leaf for _, *leaves in moves for leaf in leaves})
    return _draft(
        bench,
        group,
        members,
        wanted,
        moved_back(moves),
        f"workspace/examples/{moves[0][1]}.jsonl",
        f"{len(moves)} examples of {one} and {other} lie in each other's leaf: move them",
    )


def _strayed(bench: Workbench, leaf: str, elsewhere: Texts, here: Texts) -> list[str]:
    """A leaf's examples that are clearly more like texts known to be of another leaf than like its own."""
    texts = [one.text for one in bench.workspace.examples.get(leaf, ())]
    if not texts or not elsewhere or not here:
        return []
    like = similarities(texts, [*elsewhere, *here])
    there, own = like[:, : len(elsewhere)], like[:, len(elsewhere) :]
    scores = [(_nearest(there[n]), _nearest(own[n]), text) for n, text in enumerate(texts)]
    strays = [(a / max(b, 1e-6), text) for a, b, text in scores if a >= LIKE and a > CLEARLY * b]
    return [text for _, text in sorted(strays, key=lambda item: (-round(item[0], 6), item[1]))]


def _nearest(row: Any) -> float:
    return (
        float(sorted(row.tolist(), reverse=True)[:NEAREST][-1]) if len(row) >= NEAREST else float(row.max())
    )


# --- thresholds --------------------------------------------------------------------------------------------


def threshold(bench: Workbench, group: Group) -> Draft | Unable:
    """The level's threshold, for a group that asks for several leaves that were held back there."""
    wanted = {m.feedback.id: _wanted_leaf(group, m) for m in group.members}
    level = _level_asked(group)
    told = {key: leaf for key, leaf in wanted.items() if leaf}
    found = _level_draft(bench, group, level, told) if level else None
    return found or Unable("no threshold lets these tickets through and keeps out what should stay out")


def _level_asked(group: Group) -> str:
    """The level that a group's change or place names; "" where it asks for a leaf."""
    parts = (str(part).partition("#thresholds.")[2] for part in group.key)
    return next((level for level in parts if level), "")


def _wanted_leaf(group: Group, member: Diagnosis) -> str | None:
    asked: list[Intervention] = [r.intervention for r in member.readings]
    mine = [one for one in asked if one.key == group.key] or [one for one in asked if one.step == "intent"]
    return mine[0].wanted.leaf if mine else None


def _threshold(bench: Workbench, group: Group, leaf: str) -> Draft | None:
    """The threshold that held back most of one leaf's tickets."""
    held = [m for m in group.members if m.before.raw_leaf == leaf and is_other(m.before.leaf)]
    levels = Counter(_own_level(m.before.leaf) for m in held)
    if is_other(leaf):
        return _level_draft(bench, group, _own_level(leaf), {m.feedback.id: leaf for m in group.members})
    if not levels or 2 * len(held) < len(group.members):
        return None
    level = min(levels, key=lambda one: (-levels[one], one))
    return _level_draft(bench, group, level, {m.feedback.id: leaf for m in held})


def _level_draft(bench: Workbench, group: Group, level: str, wanted: Mapping[str, str]) -> Draft | None:
    members = [m for m in group.members if m.feedback.id in wanted]
    was = bench.workspace.intents.thresholds.get(level)
    to = _new_threshold(bench, level, members, wanted)
    if not members or to is None or to == was:
        return None
    to = to or None
    operation = Operation("set_threshold", {"at": level, "was": was, "to": to})
    held = "keeps out" if is_other(wanted[members[0].feedback.id]) else "holds back"
    return _draft(
        bench,
        group,
        members,
        wanted,
        [operation],
        f"workspace/intents.yaml#thresholds.{level}",
        f"The threshold of {level} {held} too {'little' if held == 'keeps out' else 'much'}: {to}, not {was}",
    )


def _untold(was: float, asked: Sequence[float], high: float) -> float:
    """What a threshold stays above where nobody has said what falls out: a part of it.

    Less where a few of those that it holds back score lower than most of them.
    """
    low = UNTOLD * was
    above = sum(score > low for score in asked)
    return UNTOLD * min(high, low) if len(asked) / 2 < above < len(asked) else low


def _new_threshold(
    bench: Workbench, level: str, members: Sequence[Diagnosis], wanted: Mapping[str, str]
) -> float | None:
    """Between the scores of what should be held back at a level and what should not; None if they cross."""
    known = known_scores(bench, level, {m.feedback.text_digest for m in members})
    inside, outside = list(known.inside), list(known.outside)
    for member in members:
        score = member.before.scores.get(member.before.raw_leaf, 0.0)
        if wanted[member.feedback.id] == other_of(level):
            outside.append(score)
        elif wanted[member.feedback.id] == member.before.raw_leaf:
            inside.append(score)
    low, high = max(outside, default=0.0), min(inside, default=1.0)
    if not outside and level == "root":
        low = _untold(bench.workspace.intents.thresholds.get(level) or 0.0, inside[len(known.inside) :], high)
    if low >= high:
        return None
    if not outside and level != "root":
        return 0.0
    between = low + (high - low) * (0.5 if is_other(next(iter(wanted.values()))) else LOW)
    rounded = round(between, 2)
    return rounded if low < rounded <= high else round(between, 6)
