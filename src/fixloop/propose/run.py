"""One propose run: diagnose new rejections, synthesise, dry-run, ask where unclear, rank."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.errors import FixloopError
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import replay_all
from fixloop.hints.ids import canonical_json
from fixloop.hints.model import Alternative, Choice, Hint, Measured, Question, fingerprint
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.ask import FELL, Tried, alternatives_of, describe, needed, settle
from fixloop.propose.contradicted import beside_wrong_cases
from fixloop.propose.diagnose import JUDGEMENT, Diagnosis, Judgement, Reading, diagnose
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.dryrun import Dropped, dry_run
from fixloop.propose.group import clear_groups, lone_wishes, nothing_to_fix, one_change_each
from fixloop.propose.leaf_evidence import learn_comments
from fixloop.propose.rank import rank, with_conflicts
from fixloop.propose.several import Several, find_several
from fixloop.propose.stakes import Surroundings, stakes_of
from fixloop.propose.stated import stated
from fixloop.propose.synthesis import synthesiser
from fixloop.propose.synthesis.guards import FEWEST
from fixloop.propose.synthesis.new_leaf import draft_named, renamed, rival_names
from fixloop.propose.synthesis.spec import specify
from fixloop.propose.thin import rests_on_little, sobered, takes_more
from fixloop.propose.thresholds import HELD_BACK
from fixloop.propose.trying import hypotheses, pooled_readings, sets_of
from fixloop.propose.wanted import Wanted, satisfied_share, tool_names
from fixloop.propose.workbench import Workbench
from fixloop.workspace.text import count

__all__ = ["MOST_QUESTIONS", "PROPOSER", "Ablation", "Proposed", "propose", "rank"]

PROPOSER = "replay 11"
"""Changes whenever the same rejections could lead to other hints."""

MOST_QUESTIONS = 20
"""A person answers a few questions a day; the rest wait for more evidence and are counted in `ended`."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a run found: hints, best first; drafts that fell; how many rejections wait, and why it ended."""

    hints: tuple[Hint, ...]
    dropped: tuple[Dropped, ...]
    waiting: int
    ended: str


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ablation:
    """Parts left out, to measure what each is worth."""

    no_replay: bool = False
    no_verification: bool = False
    no_near_miss: bool = False
    no_priors: bool = False


WHOLE = Ablation()


def propose(
    bench: Workbench,
    feedback: Sequence[Feedback],
    handled: Collection[str],
    rejected: Mapping[str, int],
    progress: Progress = lambda _: None,
    judgement: Judgement = JUDGEMENT,
    ablation: Ablation = WHOLE,
    around: Surroundings | None = None,
    again: Collection[str] = (),
) -> Proposed:
    """Hints for the rejections no open or decided hint rests on yet.

    `handled` are feedback ids that need no new hint; `rejected` maps the fingerprint of a rejected fix to its
    support then: it stays rejected until its support has doubled. `around` is what hints are weighed in.
    `again` are ids of rejections whose hint was rejected: they support what others ask for, never alone.
    """
    wished = [one for one in feedback if one.outcome != "accepted" and one.id not in handled]
    fresh = [one for one in wished if one.replay == "exact"]
    lost = [_unreplayable(bench, one) for one in wished if one.replay != "exact"]
    if not wished:
        return Proposed((), (), 0, "nothing new: every rejection has a hint or a decision")
    progress(f"diagnosing {count(len(fresh), 'rejection')}")
    learnt = learn_comments(bench.workspace, feedback, bench.asked_leaves)
    judgement = judgement.without(replays=ablation.no_replay, priors=ablation.no_priors)
    diagnoses = diagnose(bench, fresh, disputed_texts(feedback), learnt, judgement, feedback)
    parted = find_several(bench, diagnoses)
    several = [_several(one, parted[one.feedback.id]) for one in diagnoses if one.feedback.id in parted]
    apart = tuple(one for one in diagnoses if one.feedback.id in parted and one.wordless)
    diagnoses = [one for one in diagnoses if one.feedback.id not in parted]
    desk = _Desk(bench, ablation, tuple(one for one in diagnoses if not one.clear), len(diagnoses), apart)
    made = _against_cases(desk, _clear_hints(desk, diagnoses, progress))
    asked = _questions(desk, diagnoses, made, progress)
    asked += _specified(desk, made, asked)
    fixes = _joined([*made.hints, *asked])
    idle = [_nothing(one) for one in nothing_to_fix(diagnoses)]
    idle += [_lone(one) for one in lone_wishes(diagnoses, clear_groups(diagnoses))]
    taken = {key for hint in fixes for key in hint.evidence}
    idle = [hint for hint in (*several, *idle) if not set(hint.evidence) <= taken]
    found = [sobered(one) for one in (*fixes, *idle, *lost)]
    found = found if ablation.no_near_miss else [_asked_if_bare(one) for one in found]
    found = [stated(one) for one in found]
    allowed = [one for one in _allowed(found, rejected) if not set(one.evidence) <= set(again)]
    allowed = with_conflicts(allowed)
    hints = rank(allowed, {one.id: stakes_of(one, around) for one in allowed} if around else {})
    used = {key for hint in hints for key in hint.evidence}
    new = [one for one in fresh if one.id not in again]
    waiting = len([one for one in new if one.id not in used])
    return Proposed(tuple(hints), tuple(made.dropped), waiting, _ended(new, hints, made.dropped, waiting))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What trying a group takes: base, what is left out, what nobody explained yet, and how many are read.

    `wordless` are those that nobody explained and that say nothing of it.
    """

    bench: Workbench
    ablation: Ablation
    unclear: tuple[Diagnosis, ...]
    read: int
    wordless: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True)
class _Made:
    """Fixes, drafts that fell, and groups to be looked at again: theirs fell, or rests on too little."""

    hints: list[Hint]
    dropped: list[Dropped]
    fallen: list[Group]
    thin: list[Group]


def disputed_texts(feedback: Sequence[Feedback]) -> frozenset[str]:
    """Texts whose proposal one reviewer accepted and another rejected."""
    accepted = {one.text_digest for one in feedback if one.outcome == "accepted"}
    return frozenset(accepted & {one.text_digest for one in feedback if one.outcome != "accepted"})


def _clear_hints(desk: _Desk, diagnoses: Sequence[Diagnosis], progress: Progress) -> _Made:
    """A fix for each group; where none does for all of it, for each change that is asked for in it."""
    made = _Made([], [], [], [])
    groups = [group for group in clear_groups(diagnoses) if not _is_wordless(group)]
    for number, group in enumerate(groups, 1):
        progress(f"trying fix {number} of {len(groups)}")
        parts = one_change_each(group)
        result = _try_group(desk, group)
        if isinstance(result, Hint):
            _take(made, group, result, desk.read - len(group.members))
        elif [part.key for part in parts] != [group.key]:
            _try_parts(desk, parts, made)
        else:
            made.dropped.append(result)
            made.fallen.append(group)
    return made


def _is_wordless(group: Group) -> bool:
    """Whether hardly anybody says a word: what is clear for each is not yet what explains them all.

    What asks for something new is alike by itself, and words for it are words that nothing here is called by.
    """
    said = sum(not one.wordless for one in group.members)
    return not said or (_reading(group).intervention.kind != "add_leaf" and 2 * said < len(group.members))


def _against_cases(desk: _Desk, made: _Made) -> _Made:
    """What fell for a case that staff contradict: its correction, and beside it the fix that needs it."""
    hints, fallen, mended = list(made.hints), list[Group](), set[str]()
    for group in made.fallen:
        found = beside_wrong_cases(
            desk.bench, group, lambda bench, part: _try_group(replace(desk, bench=bench), part)
        )
        hints += found
        mended |= {key for hint in found for key in hint.evidence}
        if not found:
            fallen.append(group)
    dropped = [one for one in made.dropped if not (one.evidence and set(one.evidence) <= mended)]
    return _Made(hints, dropped, fallen, made.thin)


def _take(made: _Made, group: Group, hint: Hint, beside: int = 0) -> None:
    """A fix that rests on enough, and is likelier right than not, is named; another is asked about."""
    enough = needed(group.members, beside)
    if hint.question is None and (hint.confidence < enough or rests_on_little(group.members, hint)):
        made.thin.append(group)
    else:
        made.hints.append(_asked_if_it_takes(hint))


def _try_parts(desk: _Desk, parts: Sequence[Group], made: _Made) -> None:
    """A fix for each part of a place; of parts that want different things of one branch, for the largest."""
    settled: dict[str | None, Hint] = {}
    for part in parts:
        of_plan, branch = _reading(part).intervention.step == "plan", part.members[0].before.branch
        if of_plan and branch in settled:
            reason = f"wants something else of the branch than: {settled[branch].summary}"
            summary = describe(_reading(part).intervention)
            made.dropped.append(Dropped(summary, reason, tuple(one.id for one in part.evidence)))
            continue
        others = tuple(m for other in parts if other is not part for m in other.members)
        result = _try_group(replace(desk, unclear=(*desk.unclear, *others)), part)
        if isinstance(result, Hint):
            _take(made, part, result, desk.read - len(part.members))
            settled[branch] = result
        else:
            made.dropped.append(result)
            made.fallen.append(part)


def _specified(desk: _Desk, made: _Made, asked: Sequence[Hint]) -> list[Hint]:
    """What no operation mends and nobody is asked about, written down for whoever writes the code."""
    covered = {key for hint in (*made.hints, *asked) for key in hint.evidence}
    found = []
    for group in made.fallen:
        own = {one.id for one in group.evidence}
        reasons = [one.reason for one in made.dropped if own & set(one.evidence)]
        hint = None if own & covered else specify(desk.bench, group, reasons)
        if hint is not None:
            found.append(hint)
    return found


def _try_group(desk: _Desk, group: Group) -> Hint | Dropped:
    kind = _reading(group).intervention.kind
    if kind == "add_leaf":
        return _try_new_leaf(desk, group)
    drafted = _drafted(desk, group)
    if isinstance(drafted, Draft) and drafted.step != "intent":
        drafted = with_mended(desk.bench, drafted, group, desk.unclear)
    return _try_draft(desk, group, drafted)


def _drafted(desk: _Desk, group: Group) -> Draft | Unable:
    """The draft of the family, else of the first of the ways there is a synthesiser for.

    A threshold that holds several leaves back has no other way: what each of them lacks is another change.
    """
    reading = _reading(group).intervention
    ways = () if reading.kind == HELD_BACK and reading.step == "intent" else reading.options
    kinds = dict.fromkeys([reading.kind, *(way.kind for way in ways)])
    makers = [make for make in map(synthesiser, kinds) if make is not None]
    if not makers:
        return Unable(f"nothing writes {reading.kind} yet")
    failed: Unable | None = None
    for make in makers:
        found = make(desk.bench, group)
        if isinstance(found, Draft):
            return found
        failed = failed or found
    assert failed is not None
    return failed


def with_mended(bench: Workbench, draft: Draft, group: Group, unclear: Sequence[Diagnosis]) -> Draft:
    """The draft with those unclear rejections of the same branch as evidence that it mends as well.

    One fault is likelier than two: where a fix that others asked for also changes this proposal, in the way
    staff said as far as they said anything, it is what they meant.
    """
    places = {(member.before.leaf, member.before.branch) for member in group.members}
    own = {member.feedback.id for member in group.members}
    near = [one for one in unclear if (one.before.leaf, one.before.branch) in places]
    near = [one for one in near if one.feedback.id not in own]
    if not near:
        return draft
    try:
        trial = bench.try_operations(draft.operations)
    except FixloopError:
        return draft
    after = replay_all(trial.pipeline, [one.feedback for one in near])
    mended = [one for one in near if _is_mended(one, after[one.feedback.id])]
    wanted = {one.feedback.id: _as_answered(after[one.feedback.id]) for one in mended}
    return replace(
        draft,
        evidence=(*draft.evidence, *(one.feedback for one in mended)),
        wanted={**draft.wanted, **wanted},
        one_off=draft.one_off and not mended,
    )


def with_wordless(bench: Workbench, hint: Hint, wordless: Sequence[Diagnosis]) -> Hint:
    """A fix with those rejections without a word whose proposal it changes, too, wherever they are.

    One fault is likelier than two: who says nothing means what mends the others, if it does anything for him.
    """
    others = [one for one in wordless if one.feedback.id not in hint.evidence]
    if not others or not hint.operations or hint.question is not None:
        return hint
    trial = bench.try_operations(hint.operations)
    after = replay_all(trial.pipeline, [one.feedback for one in others])
    mended = [one.feedback.id for one in others if _is_meant(one, after[one.feedback.id])]
    if not mended:
        return hint
    known, more = hint.measured, len(mended)
    counted = known and replace(known, fixed=known.fixed + more, evidence_of=known.evidence_of + more)
    evidence = tuple(sorted({*hint.evidence, *mended}))
    return replace(hint, evidence=evidence, measured=counted, one_off=False)


def _is_meant(one: Diagnosis, after: Proposal) -> bool:
    """Whether a proposal moves; to a leaf that it may have meant, where it moves to another."""
    if one.disputed or not _is_mended(one, after):
        return False
    likely = {reading.intervention.wanted.leaf for reading in one.readings}
    return after.leaf == one.before.leaf or after.leaf in likely


def _is_mended(one: Diagnosis, after: Proposal) -> bool:
    moved = after.outcome != one.before.outcome
    return moved and satisfied_share(one.feedback.expected or {}, after) == 1.0 and not one.feedback.reply


def _as_answered(after: Proposal) -> Wanted:
    return Wanted(leaf=after.leaf, reply=after.reply.template, tools=tool_names(after))


def _reading(group: Group) -> Reading:
    """What a group asks for: its change, else the best reading at its place."""
    readings = [r for member in group.members for r in member.readings]
    same = [r for r in readings if r.key == group.key]
    return (same or [r for r in readings if r.intervention.place == group.key])[0]


def _try_draft(desk: _Desk, group: Group, draft: Draft | Unable) -> Hint | Dropped:
    if isinstance(draft, Unable):
        summary = describe(_reading(group).intervention)
        return Dropped(summary, draft.reason, tuple(one.id for one in group.evidence))
    if desk.ablation.no_near_miss:
        draft = replace(
            draft, near_misses=(), instead=tuple(replace(d, near_misses=()) for d in draft.instead)
        )
    result = _unverified(desk.bench, draft) if desk.ablation.no_verification else dry_run(desk.bench, draft)
    return result if isinstance(result, Dropped) else replace(result, alternatives=_others(group))


def _unverified(bench: Workbench, draft: Draft) -> Hint:
    """A draft as a hint that nobody has tried."""
    hint = Hint(
        step=draft.step,
        kind=draft.kind,
        target=draft.target,
        summary=draft.summary,
        evidence=tuple(sorted(one.id for one in draft.evidence)),
        operations=draft.operations,
        cases=draft.cases,
        near_misses=draft.near_misses,
        measured=Measured(bench.commit, 0, len(draft.evidence), (), 0, len(bench.stored)),
        confidence=draft.confidence,
        fingerprint=fingerprint(draft.step, draft.target, draft.kind, draft.idea),
        one_off=draft.one_off,
        open_work=draft.open_work,
    )
    return hint.named_cases()


def _try_new_leaf(desk: _Desk, group: Group) -> Hint | Dropped:
    """A new leaf; where staff use two names for it, the name is a question with both."""
    bench = desk.bench
    names = rival_names(bench, group.members)
    if len(names) < 2:
        make = synthesiser("add_leaf")
        assert make is not None
        return _try_draft(desk, group, make(bench, group))
    first = _try_draft(desk, group, draft_named(bench, group, names[0]))
    if not isinstance(first, Hint):
        return first
    choices = [Choice(names[0], first), *(Choice(name, renamed(first, names[0], name)) for name in names[1:])]
    return _as_question(choices, f"What should the new leaf be called: {' or '.join(names)}?")


def _as_question(choices: Sequence[Choice], text: str) -> Hint:
    """A hint that cannot be approved before somebody has chosen; it shows its first choice's effect."""
    first = next(choice.hint for choice in choices if choice.hint is not None)
    return replace(first, operations=(), cases=(), near_misses=(), question=Question(text, tuple(choices)))


def _asked_if_bare(hint: Hint) -> Hint:
    """A fix that too little shows the end of is not named: a person says whether it is meant so."""
    few = len(hint.near_misses)
    if not hint.operations or hint.step == "eval_data" or few >= FEWEST:
        return hint
    missing = f"only {count(few, 'near miss', 'near misses')} where {FEWEST} should show where it ends"
    whole = replace(hint, open_work=(*hint.open_work, missing))
    choices = (Choice(hint.summary, whole), Choice("nothing is wrong with the proposal"))
    asked = f"{missing[0].upper()}{missing[1:]}: is it meant so?"
    return _as_question(choices, asked)


def _asked_if_it_takes(hint: Hint) -> Hint:
    """A leaf that learns at the cost of others: what is meant is clear, whether it is worth it is asked."""
    if hint.question is not None or hint.measured is None or not takes_more(hint):
        return hint
    lost = count(hint.measured.lost, "accepted ticket")
    choices = (Choice(hint.summary, hint), Choice("nothing is wrong with the proposal"))
    mended = count(hint.measured.fixed, "rejection")
    return _as_question(choices, f"It would answer {mended} and take the answer of {lost}: is it worth it?")


def _others(group: Group) -> tuple[Alternative, ...]:
    """The readings that explained the group's rejections less well."""
    mine = {r.key for m in group.members for r in m.readings if group.key in (r.key, r.intervention.place)}
    pooled = [one for one in pooled_readings(group.members) if one.key not in mine]
    return alternatives_of([Tried(one, None, one.probability) for one in pooled])


def _questions(desk: _Desk, diagnoses: Sequence[Diagnosis], made: _Made, progress: Progress) -> list[Hint]:
    """What nobody has explained yet, set by set: trying settles it, or it is asked."""
    covered = {key for hint in made.hints for key in hint.evidence}
    sets = sets_of([one for one in _open(diagnoses, made) if one.feedback.id not in covered])
    wordless = tuple(one for some in sets for one in some if one.wordless)
    desk = replace(desk, wordless=(*desk.wordless, *wordless))
    found: list[Hint] = []
    for number, members in enumerate(sets[:MOST_QUESTIONS], 1):
        progress(f"preparing question {number} of {min(len(sets), MOST_QUESTIONS)}")
        mended = {key for hint in found if hint.operations for key in hint.evidence}
        left = [one for one in members if one.feedback.id not in mended]
        wordless = tuple(one for one in desk.wordless if one.feedback.id not in mended)
        found += _explained(replace(desk, wordless=wordless), left) if left else ()
    return found


def _joined(hints: Sequence[Hint]) -> list[Hint]:
    """The hints, those that came to the same operations as one that rests on all of their evidence."""
    found: dict[Any, Hint] = {}
    for number, hint in enumerate(hints):
        key = canonical_json([o.to_json() for o in hint.operations]) if hint.operations else number
        same = found.get(key)
        evidence = tuple(sorted({*same.evidence, *hint.evidence})) if same else hint.evidence
        found[key] = replace(same, evidence=evidence, one_off=False) if same else hint
    return list(found.values())


def _open(diagnoses: Sequence[Diagnosis], made: _Made) -> list[Diagnosis]:
    """Rejections without a fix, those whose fix fell with its reading counting for less."""
    fallen = {m.feedback.id: m for group in made.fallen for m in _without_fallen(group).members}
    return [fallen.get(one.feedback.id, one) for one in diagnoses if not _is_settled(one)]


def _is_settled(one: Diagnosis) -> bool:
    """Whether nothing is wrong, as far as anything was said that shows it."""
    return one.clear and one.best.intervention.step == "none" and not one.wordless and not one.moved_since


def _explained(desk: _Desk, members: Sequence[Diagnosis]) -> list[Hint]:
    """The fix of a set, and what is left then by itself; else a question; else each for a person to read."""
    found = settle(
        members,
        hypotheses(desk.bench, members),
        lambda part: _hint_of(desk, part),
        beside=desk.read - len(members),
    )
    if found is None:
        return [_unexplained(one) for one in members]
    found = with_wordless(desk.bench, found, desk.wordless)
    left = [one for one in members if one.feedback.id not in found.evidence]
    return [found, *(_explained(desk, left) if left and len(left) < len(members) else ())]


def _without_fallen(group: Group) -> Group:
    """The rejections of a group whose fix fell: its reading counts for less."""
    key = group.key
    members = tuple(
        replace(
            member,
            readings=tuple(
                replace(r, probability=r.probability * FELL) if key in (r.key, r.intervention.place) else r
                for r in member.readings
            ),
        )
        for member in group.members
    )
    return Group(key, members)


def _hint_of(desk: _Desk, part: Group) -> Hint | None:
    """The fix a reading leads to, where it leads to one that stands the dry run; of two names the better."""
    result = _try_group(desk, part)
    if isinstance(result, Hint) and result.question is not None:
        return result.question.choices[0].hint
    return result if isinstance(result, Hint) else None


def _nothing(one: Diagnosis) -> Hint:
    """Nothing explains it better than "nothing is wrong": shown, with the next best readings."""
    said = _short(one.feedback.comment)
    return _idle(one, f"Nothing explains “{said}” better than that the proposal was right")


def _several(one: Diagnosis, found: Several) -> Hint:
    """Several intents in one ticket: which, and what to do about it."""
    named = " and ".join(found.leaves[:2])
    more = f" (and {len(found.leaves) - 2} more)" if len(found.leaves) > 2 else ""
    summary = f"The ticket asks for several things, {named}{more}: answer it as {len(found.leaves)} tickets"
    hint = _idle(one, summary)
    idea = fingerprint("none", hint.target, "several", one.feedback.text_digest)
    return replace(hint, kind="several", confidence=found.sure, fingerprint=idea)


def _unreplayable(bench: Workbench, one: Feedback) -> Hint:
    """A rejection whose redacted ticket gets another proposal: it can be read, and never becomes a case."""
    before = bench.before[one.id]
    place = f"{before.leaf}/{before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=f"“{_short(one.comment)}” is about a proposal that cannot be replayed without its names",
        evidence=(one.id,),
        fingerprint=fingerprint("none", place, "lossy", one.text_digest),
        one_off=True,
    )


def _lone(one: Diagnosis) -> Hint:
    """A wish for something new that nobody shares yet."""
    return _idle(one, f"“{_short(one.feedback.comment)}” asks for something no leaf answers; alone so far")


def _unexplained(one: Diagnosis) -> Hint:
    """Readings too close to call, none with a fix that stands: for a person to read."""
    if not one.says_anything:
        said = _short(one.feedback.comment)
        return _idle(one, f"“{said}” does not say what was wrong" if said else "Rejected without a word")
    readings = " or ".join(describe(reading.intervention) for reading in one.readings[:2])
    return _idle(
        one, f"“{_short(one.feedback.comment)}” could mean that {readings}; neither gives a fix that stands"
    )


def _idle(one: Diagnosis, summary: str) -> Hint:
    place = f"{one.before.leaf}/{one.before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=summary,
        evidence=(one.feedback.id,),
        confidence=_nothing_is_wrong(one),
        fingerprint=fingerprint("none", place, "none", one.feedback.text_digest),
        one_off=True,
        alternatives=_others(Group(("none",), (one,))),
    )


def _nothing_is_wrong(one: Diagnosis) -> float:
    """How probable it is that the proposal was right: what a hint without a fix says."""
    return sum(reading.probability for reading in one.readings if reading.intervention.step == "none")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def _allowed(hints: Sequence[Hint], rejected: Mapping[str, int]) -> list[Hint]:
    """Without ideas that were rejected and whose support has not doubled since."""
    return [hint for hint in hints if hint.support >= 2 * rejected.get(hint.fingerprint, 0)]


def _ended(fresh: Sequence[Feedback], hints: Sequence[Hint], dropped: Sequence[Dropped], waiting: int) -> str:
    fixes = sum(1 for hint in hints if hint.step != "none" and not hint.question)
    questions = sum(1 for hint in hints if hint.question)
    idle = len(hints) - fixes - questions
    parts = [count(fixes, "fix", "fixes"), count(questions, "question"), f"{idle} shown without a fix"]
    end = f"; {count(len(dropped), 'draft')} fell in the dry run" if dropped else ""
    rest = f"; {count(waiting, 'rejection waits', 'rejections wait')} for more evidence" if waiting else ""
    return f"{count(len(fresh), 'rejection')} read: {', '.join(parts)}{end}{rest}"
