"""One propose run: diagnose new rejections, synthesise, dry-run, ask where unclear, rank."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.propose.attempt import (
    WHOLE,
    Ablation,
    Desk,
    fix_of,
    mended_beside,
    reading_of,
    try_group,
    with_wordless,
)
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.contradicted import beside_wrong_cases
from fixloop.propose.diagnosis.diagnose import JUDGEMENT, Diagnosis, Judgement, diagnose
from fixloop.propose.diagnosis.group import Group, clear_groups, lone_wishes, nothing_to_fix, one_change_each
from fixloop.propose.diagnosis.several import find_several
from fixloop.propose.diagnosis.trying import hypotheses, sets_of
from fixloop.propose.evidence.leaf_evidence import learn_comments
from fixloop.propose.exchanges import exchanges
from fixloop.propose.missing_leaf import of_one_missing_leaf, with_missing_leaf
from fixloop.propose.offer.ask import are_unlike, needed, settle
from fixloop.propose.offer.described import describe
from fixloop.propose.offer.idle import lone_wish, nothing_wrong, several_things, unexplained, unreplayable
from fixloop.propose.offer.once import joined, moved_once
from fixloop.propose.offer.patience import MOST_QUESTIONS, put_off
from fixloop.propose.offer.rank import rank, with_conflicts
from fixloop.propose.offer.stakes import Surroundings, stakes_of
from fixloop.propose.offer.stated import stated
from fixloop.propose.offer.thin import TEACHES, asked_if_bare, asked_if_it_takes, rests_on_little, sobered
from fixloop.propose.offer.tried import FELL, waits_for_words
from fixloop.propose.parted import explain_apart, with_shown_elsewhere
from fixloop.propose.synthesis.spec import specify
from fixloop.workspace.text import count

__all__ = ["PROPOSER", "Ablation", "Proposed", "propose", "rank"]

PROPOSER = "replay 22"
"""Changes whenever the same rejections could lead to other hints."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a run found: hints, best first; drafts that fell; how many rejections wait, and why it ended."""

    hints: tuple[Hint, ...]
    dropped: tuple[Dropped, ...]
    waiting: int
    ended: str


Progress = Callable[[str], None]


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
    lost = [unreplayable(bench, one) for one in wished if one.replay != "exact"]
    if not wished:
        return Proposed((), (), 0, "nothing new: every rejection has a hint or a decision")
    progress(f"diagnosing {count(len(fresh), 'rejection')}")
    learnt = learn_comments(bench.workspace, feedback, bench.asked_leaves)
    judgement = judgement.without(replays=ablation.no_replay, priors=ablation.no_priors)
    diagnoses = diagnose(bench, fresh, disputed_texts(feedback), learnt, judgement, feedback)
    parted = find_several(bench, diagnoses)
    several = [several_things(one, parted[one.feedback.id]) for one in diagnoses if one.feedback.id in parted]
    apart = tuple(one for one in diagnoses if one.feedback.id in parted and one.wordless)
    diagnoses = [one for one in diagnoses if one.feedback.id not in parted]
    desk = Desk(bench, ablation, tuple(one for one in diagnoses if not one.clear), len(diagnoses), apart)
    made = _against_cases(desk, _clear_hints(desk, diagnoses, progress))
    silent = [one for one in diagnoses if one.wordless]
    made = replace(made, hints=with_shown_elsewhere(bench, made.hints, silent))
    asked = _questions(desk, diagnoses, made, progress)
    asked += _specified(desk, made, asked)
    fixes = put_off(moved_once(joined([*made.hints, *asked])))
    idle = [nothing_wrong(one) for one in nothing_to_fix(diagnoses)]
    idle += [lone_wish(one) for one in lone_wishes(diagnoses, clear_groups(diagnoses))]
    taken = {key for hint in fixes for key in hint.evidence}
    idle = [hint for hint in (*several, *idle) if not set(hint.evidence) <= taken]
    found = [sobered(one) for one in (*fixes, *idle, *lost)]
    found = found if ablation.no_near_miss else [asked_if_bare(one) for one in found]
    found = [stated(one) for one in found]
    allowed = [one for one in _allowed(found, rejected) if not set(one.evidence) <= set(again)]
    allowed = with_conflicts(allowed)
    hints = rank(allowed, {one.id: stakes_of(one, around) for one in allowed} if around else {})
    used = {key for hint in hints for key in hint.evidence}
    dropped = tuple(one for one in made.dropped if not _is_to_be_written(one, hints))
    new = [one for one in fresh if one.id not in again]
    waiting = len([one for one in new if one.id not in used])
    return Proposed(tuple(hints), dropped, waiting, _ended(new, hints, dropped, waiting))


def _is_to_be_written(fell: Dropped, hints: Sequence[Hint]) -> bool:
    """Whether a hint says already that somebody's words are missing to a draft."""
    written = [set(hint.evidence) for hint in hints if hint.is_unwritten]
    return bool(fell.evidence) and any(set(fell.evidence) <= one for one in written)


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


def _clear_hints(desk: Desk, diagnoses: Sequence[Diagnosis], progress: Progress) -> _Made:
    """A fix for each group; where none does for all of it, for each change that is asked for in it."""
    made = _Made([], [], [], [])
    groups = [group for group in clear_groups(diagnoses) if not _is_wordless(group)]
    for number, group in enumerate(groups, 1):
        progress(f"trying fix {number} of {len(groups)}")
        parts = one_change_each(group)
        result = try_group(desk, group)
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
    return not said or (reading_of(group).intervention.kind != "add_leaf" and 2 * said < len(group.members))


def _against_cases(desk: Desk, made: _Made) -> _Made:
    """What fell for a case that staff contradict: its correction, and beside it the fix that needs it."""
    hints, fallen, mended = list(made.hints), list[Group](), set[str]()
    for group in made.fallen:
        found = beside_wrong_cases(
            desk.bench, group, lambda bench, part: try_group(replace(desk, bench=bench), part)
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
        made.hints.append(asked_if_it_takes(hint))


def _try_parts(desk: Desk, parts: Sequence[Group], made: _Made) -> None:
    """A fix for each part of a place; of parts that want different things of one branch, for the largest."""
    settled: dict[str | None, Hint] = {}
    for part in parts:
        of_plan, branch = reading_of(part).intervention.step == "plan", part.members[0].before.branch
        if of_plan and branch in settled:
            reason = f"wants something else of the branch than: {settled[branch].summary}"
            summary = describe(reading_of(part).intervention)
            made.dropped.append(Dropped(summary, reason, tuple(one.id for one in part.evidence)))
            continue
        others = tuple(m for other in parts if other is not part for m in other.members)
        result = try_group(replace(desk, unclear=(*desk.unclear, *others)), part)
        if isinstance(result, Hint):
            _take(made, part, result, desk.read - len(part.members))
            settled[branch] = result
        else:
            made.dropped.append(result)
            made.fallen.append(part)


def _specified(desk: Desk, made: _Made, asked: Sequence[Hint]) -> list[Hint]:
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


def _questions(desk: Desk, diagnoses: Sequence[Diagnosis], made: _Made, progress: Progress) -> list[Hint]:
    """What nobody has explained yet, set by set: trying settles it, or it is asked."""
    covered = {key for hint in made.hints for key in hint.evidence}
    sets = sets_of([one for one in _open(diagnoses, made) if one.feedback.id not in covered])
    asked = tuple(one for some in sets for one in some)
    wordless = (*desk.wordless, *(one for one in asked if one.wordless))
    desk = replace(desk, wordless=wordless, asked=asked)
    found = exchanges(desk, asked)
    for number, members in enumerate(sets[:MOST_QUESTIONS], 1):
        progress(f"weighing what is unclear, {number} of {min(len(sets), MOST_QUESTIONS)}")
        mended = {key for hint in found if hint.operations for key in hint.evidence}
        left = [one for one in members if one.feedback.id not in mended]
        wordless = tuple(one for one in desk.wordless if one.feedback.id not in mended)
        found += _explained(replace(desk, wordless=wordless), left) if left else ()
    mended = {key for hint in found if hint.operations for key in hint.evidence}
    found = [hint for hint in found if hint.operations or not set(hint.evidence) <= mended]
    left = [one for some in sets for one in some if one.feedback.id not in mended]
    found = with_missing_leaf(desk, left, found, lambda own: _explained(desk, own))
    return of_one_missing_leaf(desk.bench, left, found)


def _open(diagnoses: Sequence[Diagnosis], made: _Made) -> list[Diagnosis]:
    """Rejections without a fix, those whose fix fell with its reading counting for less."""
    fallen = {m.feedback.id: m for group in made.fallen for m in _without_fallen(group).members}
    return [fallen.get(one.feedback.id, one) for one in diagnoses if not _is_settled(one)]


def _is_settled(one: Diagnosis) -> bool:
    """Whether nothing is wrong, as far as anything was said that shows it."""
    return one.clear and one.best.intervention.step == "none" and not one.wordless and not one.moved_since


def _explained(desk: Desk, members: Sequence[Diagnosis]) -> list[Hint]:
    """The fix of a set, and what is left then by itself; else a question; else each for a person to read."""
    found = _settled(desk, members)
    if found is None and are_unlike(members):
        return [hint for one in members for hint in _explained(desk, [one])]
    apart = explain_apart(desk.bench, found, members, lambda part: _explained(desk, part))
    if apart is not None:
        return apart
    if found is None:
        return [unexplained(one) for one in members]
    found = _of_its_own(desk, members, found)
    found = with_wordless(desk.bench, found, desk.wordless)
    left = [one for one in members if one.feedback.id not in found.evidence]
    return [found, *(_explained(desk, left) if left and len(left) < len(members) else ())]


def _settled(desk: Desk, members: Sequence[Diagnosis]) -> Hint | None:
    return settle(
        members,
        hypotheses(desk.bench, members),
        lambda part: fix_of(desk, part),
        beside=desk.read - len(members),
        beyond=lambda fix: mended_beside(desk, members, fix),
    )


def _of_its_own(desk: Desk, members: Sequence[Diagnosis], asked: Hint) -> Hint:
    """The fix of those whom the first choice of a question mends, if by themselves they need none.

    Whoever else is in the set may have been mistaken: then the others are not to be asked for it. A leaf that
    is taught mends some of those who ask for it and not others, and that says nothing of them.
    """
    first = asked.question.choices[0].hint if asked.question else None
    if first is None or not first.operations or first.kind in TEACHES:
        return asked
    own = [one for one in members if one.feedback.id in first.evidence]
    if not len(members) / 2 < len(own) < len(members):
        return asked
    found = _settled(desk, own)
    return found if found is not None and found.operations else asked


def _without_fallen(group: Group) -> Group:
    """The rejections of a group whose fix fell: its reading counts for less."""
    key = group.key
    members = tuple(
        replace(
            member,
            readings=tuple(
                replace(r, probability=r.probability * FELL)
                if key in (r.key, r.intervention.place) and not waits_for_words(group.members, r)
                else r
                for r in member.readings
            ),
        )
        for member in group.members
    )
    return Group(key, members)


def _allowed(hints: Sequence[Hint], rejected: Mapping[str, int]) -> list[Hint]:
    """Without ideas that were rejected and whose support has not doubled since."""
    return [hint for hint in hints if hint.support >= 2 * rejected.get(hint.fingerprint, 0)]


def _ended(fresh: Sequence[Feedback], hints: Sequence[Hint], dropped: Sequence[Dropped], waiting: int) -> str:
    unwritten = sum(1 for hint in hints if hint.is_unwritten)
    fixes = sum(1 for hint in hints if hint.operations)
    questions = sum(1 for hint in hints if hint.question)
    idle = len(hints) - fixes - unwritten - questions
    parts = [count(fixes, "fix", "fixes"), *([f"{unwritten} to be written"] if unwritten else [])]
    parts += [count(questions, "question"), f"{idle} shown without a fix"]
    end = f"; {count(len(dropped), 'draft')} fell in the dry run" if dropped else ""
    rest = f"; {count(waiting, 'rejection waits', 'rejections wait')} for more evidence" if waiting else ""
    return f"{count(len(fresh), 'rejection')} read: {', '.join(parts)}{end}{rest}"
