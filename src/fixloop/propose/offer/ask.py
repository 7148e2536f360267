"""Where several readings are close: each is tried, what does not stand counts less, the rest is asked.

A dry run is evidence, too: a change that mends the rejection and leaves all that is right alone is likelier
to be what staff meant than one of which no operation stands. If that settles it, no question is asked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fixloop.hints.model import Alternative, Choice, Hint, Question, fingerprint
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.trying import Hypothesis, pooled_readings
from fixloop.propose.offer.thin import FEWEST_FOR_A_LEAF, is_thin, takes_more
from fixloop.propose.readings.interventions import NEW_LEAF, Intervention
from fixloop.workspace.text import count

FELL = 0.15
"""What is left of a reading's probability when no operation that does it stands."""

MOST_SURE = 0.5
"""What the first choice of a question is stated as at most: were it likelier than not, nobody were asked."""

LEFT, MOST_LEFT = 0.4, 3
"""What is left of a fix's probability for each member of a set that it does nothing for, and of how many."""

ALSO, MOST_ALSO = 4.0, 3
"""How much likelier a fix of a plan is for each rejection beside the set, of the same leaf and not explained,
that it mends as well, and for how many: one fault is likelier than two."""

MIXED = 5.0
"""How much likelier than by the tickets alone a mixture of two leaves' examples is that the examples show."""

MOST_TRIED = 6
MOST_CHOICES = 3
MARGIN_TRIED, MARGIN_OF_SET, A_SET = 0.25, 0.1, 3
"""The margin over other fixes from which one that stood the dry run and is likelier than not needs no
question: for a rejection or two, and for a set of so many that it answers as a whole."""

RATHER_RIGHT = 0.5
"""The probability from which a fix is named: a draft may lose much of it to rivals that do as well."""

RATHER_NOTHING, SURELY_NOTHING = 0.5, 0.9
"""The probability from which "nothing is wrong" is shown and not asked about: where staff said something that
was understood, and where they did not, for then only asking tells."""

NO_TEXT = "nobody has said yet what should stand there instead"
NO_NAME = "nobody has said yet what it is called"

OTHERS = 3
"""One of so many may speak of something else than what is told of them; of fewer it is no set."""

WORTH_ASKING = 0.02
WORTH_CHOOSING = 0.08
"""Probabilities from which a reading is told beside others, and from which it is a choice without a fix."""

AGAIN = 0.4
"""What a choice counts for beside a likelier one of the same place: a question that asks one thing is one."""

SCATTERED = 0.8
"""How sure it is that tickets which scatter unsurely over several leaves are a missing leaf's, where nothing
else explains them: of the planted faults of the tuning half that did so, about as many were."""

SHOWN, SURE_WHERE = ("add_edge", "add_pattern"), 0.8
"""What the files themselves show, a leaf that nothing leads to and a value that nothing reads; and the
probability from which a set is told so though no operation that mends it stood: that counted against it."""

LEAF_THERE_IS = ("add_example", "add_edge")
"""Readings that say which leaf of those that there are is meant."""

Try = Callable[[Group], Hint | Dropped | None]
"""From a group to the hint its reading leads to, or why nothing stands."""

Beyond = Callable[[Hint], int]
"""From a fix to how many rejections beside the set it mends as well."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A hypothesis after its try, with its probability in the light of it."""

    reading: Reading
    hint: Hint | None
    probability: float
    waits: bool = False
    """Whether nothing is written because nobody has said what."""


def settle(
    members: Sequence[Diagnosis],
    found: Sequence[Hypothesis],
    attempt: Try,
    beside: int = 0,
    beyond: Beyond = lambda _: 0,
) -> Hint | None:
    """The fix where trying settles it, or what is wrong where only words are missing; else a question.

    None where the likeliest is that nothing is wrong, or nothing could be: then nobody need be asked.
    `beside` is how many more rejections there are.
    """
    tried = try_hypotheses(members, found, attempt, beyond)
    if not any(one.hint is not None for one in tried):
        return None
    first = tried[0]
    if _is_rather_nothing(members, [one.reading for one in found]):
        return None
    if first.hint and _leads(members, tried):
        whole = replace(first.hint, confidence=first.probability, alternatives=alternatives_of(tried[1:]))
        if whole.operations and _speaks(members, first, beside):
            return whole
        bare = _said_alone(members, whole, first)
        if bare and (meant := _who_may_mean(members, first, beside)):
            return _told(bare, meant, first.reading.intervention)
    return _question(members, tried)


def _said_alone(members: Sequence[Diagnosis], whole: Hint, first: Tried) -> Hint | None:
    """What is wrong without what mends it: words are missing, texts, or of a set an operation that stands."""
    if first.waits:
        return whole
    if first.reading.intervention.kind in SHOWN and not whole.operations and len(members) >= A_SET:
        return whole if first.probability >= SURE_WHERE else None
    return _too_new(members, whole, first.reading)


def _too_new(members: Sequence[Diagnosis], hint: Hint, reading: Reading) -> Hint | None:
    """A leaf that nobody asked for by a word, where teaching it is not yet right: only that it is missing."""
    texts = len({one.feedback.text_digest for one in members})
    if hint.kind != "add_leaf" or not all(one.wordless for one in members):
        return None
    if texts < FEWEST_FOR_A_LEAF:
        missing = f"a leaf is taught by {FEWEST_FOR_A_LEAF} texts at least; here are {texts}"
    elif hint.measured and takes_more(hint):
        taken = count(hint.measured.lost, "accepted ticket")
        missing = f"taught by these tickets alone it would take the answer of {taken}"
    else:
        return None
    bare = _unwritten(members, reading, waits=True, fell="")
    work = (*bare.open_work, missing)
    return replace(bare, confidence=hint.confidence, alternatives=hint.alternatives, open_work=work)


def missing_leaf(members: Sequence[Diagnosis]) -> Hint:
    """That rejections mean a leaf which is missing: nobody says so, and that they scatter does."""
    bare = _unwritten(members, Reading(NEW_LEAF, SCATTERED), waits=True, fell="")
    return _told(bare, members, NEW_LEAF)


def _who_may_mean(members: Sequence[Diagnosis], first: Tried, beside: int) -> list[Diagnosis]:
    """Who may mean what nobody has written yet, where it is as sure by itself as a fix that stood has to be.

    Those who say nothing that bears on it, those who speak for it, and in a set whoever surely means it
    whatever he said; where many of the others speak of something else it is not sure. Of one ticket only the
    text, where somebody speaks of it: who wants something new is alone so far, but for a ticket that is all
    there is.
    """
    key, place = first.reading.key, first.reading.intervention.place
    meant = [one for one in members if one.wordless or speaks_for(one, place)]
    if len(members) >= A_SET and meant:
        meant = [one for one in members if one.wordless or speaks_for(one, place) or _means(one, place)]
    texts = {one.feedback.text_digest for one in meant}
    if all(one.disputed for one in members) or first.reading.probability < needed(members, beside):
        return []
    if OTHERS * (len(members) - len(meant)) > len(members):
        return []
    spoken = key[0] == "template" and not all(one.wordless for one in meant)
    alone = spoken or (not beside and first.probability >= ALL_BUT_SURE)
    return meant if len(texts) > 1 or (texts and alone) else []


def _means(one: Diagnosis, place: tuple[str, str]) -> bool:
    """Whether a rejection is as good as sure to be about a place."""
    here = sum(reading.probability for reading in one.readings if reading.intervention.place == place)
    return here >= ALL_BUT_SURE


def speaks_for(one: Diagnosis, place: tuple[str, str]) -> bool:
    """Whether the words of a rejection speak for a place, and for nothing else more."""
    most = max(reading.spoken for reading in one.readings)
    return any(r.spoken == most > 0 for r in one.readings if r.intervention.place == place)


def _told(hint: Hint, members: Sequence[Diagnosis], what: Intervention) -> Hint:
    """The hint with what is wrong as a statement, and with those who may mean it."""
    if what.kind == "add_leaf":
        summary = f"{count(len(members), 'ticket')} mean something no leaf answers yet"
    elif what.kind == "add_edge":
        cut_off = what.target.partition("#")[2]
        summary = f"Nothing leads to {cut_off}: {count(len(members), 'rejection')}"
    else:
        said = describe(what)
        summary = f"{said[0].upper()}{said[1:]}: {count(len(members), 'rejection')}"
    evidence = tuple(sorted(one.feedback.id for one in members))
    return replace(hint, summary=summary, evidence=evidence, one_off=len(members) == 1)


def _leads(members: Sequence[Diagnosis], tried: Sequence[Tried]) -> bool:
    """Whether the first is likelier than not, and far enough from other fixes; "nothing" is none."""
    first = tried[0]
    fixes = [one for one in tried[1:] if one.reading.intervention.step != "none"]
    second = max((one.probability for one in fixes if not _same_fix(one.hint, first.hint)), default=0.0)
    margin = MARGIN_OF_SET if len(members) >= A_SET else MARGIN_TRIED
    return first.probability >= RATHER_RIGHT and first.probability - second >= margin


def _is_rather_nothing(members: Sequence[Diagnosis], readings: Iterable[Reading]) -> bool:
    """Whether "nothing is wrong" is likely enough to leave it; that no operation stands is no sign of it."""
    nothing = sum(one.probability for one in readings if one.intervention.step == "none")
    enough = SURELY_NOTHING if all(one.wordless for one in members) else RATHER_NOTHING
    return nothing >= enough


def are_unlike(members: Sequence[Diagnosis]) -> bool:
    """Whether "nothing is wrong" is likely for several together and not for each of them by itself."""
    return len(members) > 1 and not all(_is_rather_nothing([one], one.readings) for one in members)


def _speaks(members: Sequence[Diagnosis], first: Tried, beside: int) -> bool:
    """Whether more than one rejection, or words, stand behind a fix, and no colleague's word against it."""
    sure = first.probability >= ALL_BUT_SURE and (len(members) >= A_SET or not beside)
    if all(one.disputed for one in members) or (first.hint and is_thin(members, first.hint, sure)):
        return False
    if len(members) > 1:
        return True
    return first.probability >= needed(members, beside)


def needed(members: Sequence[Diagnosis], beside: int) -> float:
    """The probability from which a fix is named: more for a lone rejection that expects nothing exactly."""
    told = members[0].feedback.expected or members[0].feedback.reply
    alone = len(members) == 1 and not told
    return RATHER_RIGHT + SURER * min(beside, MANY) if alone else RATHER_RIGHT


ALL_BUT_SURE = 0.85
"""From here on what the workspace itself says stands for the words that nobody spoke, where all are of one
thing, or so many that they are a set."""

SURER, MANY = 0.1, 3
"""How much surer a fix for one rejection alone has to be for each other one that is about something
else: one fault is likelier than two, and who stands alone then is oftener mistaken."""


def try_hypotheses(
    members: Sequence[Diagnosis], found: Sequence[Hypothesis], attempt: Try, beyond: Beyond = lambda _: 0
) -> list[Tried]:
    """The likeliest explanations of a set, each tried, by their probability afterwards.

    A fix counts less for every member that it leaves as it is, and more for others that it mends; where none
    stands a reading does less.
    """
    tried = []
    for number, one in enumerate(found):
        reading = one.reading
        if reading.intervention.step == "none":
            tried.append(Tried(reading, None, reading.probability))
            continue
        result = attempt(one.group) if number < MOST_TRIED else None
        hint = result if isinstance(result, Hint) else None
        if hint is not None:
            left = len(members) - len({m.feedback.id for m in members} & set(hint.evidence))
            weight = LEFT ** min(left, MOST_LEFT) * ALSO ** min(beyond(hint), MOST_ALSO)
            weight *= MIXED if _is_exchange(hint) else 1.0
            tried.append(Tried(reading, hint, reading.probability * weight))
            continue
        stays = number < MOST_TRIED and waits_for_words(members, reading)
        left = len(members) - len(one.group.members) if number < MOST_TRIED else 0
        probability = reading.probability * (1.0 if stays else FELL) * LEFT ** min(left, MOST_LEFT)
        fell = result.reason if isinstance(result, Dropped) else ""
        unwritten = _unwritten(members, reading, stays, fell) if number < MOST_TRIED else None
        tried.append(Tried(reading, unwritten, probability, stays))
    total = sum(one.probability for one in tried) or 1.0
    scaled = [replace(one, probability=round(one.probability / total, 6)) for one in tried]
    return sorted(scaled, key=lambda one: (-one.probability, repr(one.reading.key)))


def _is_exchange(hint: Hint) -> bool:
    """Whether a fix takes examples out of each of two leaves that lie in the other's."""
    out, to = (
        {one.args["leaf"] for one in hint.operations if one.op == op}
        for op in ("remove_example", "add_example")
    )
    return len(out) > 1 and out == to


def _same_fix(one: Hint | None, other: Hint | None) -> bool:
    """Whether two explanations came to the same operations."""
    if one is None or other is None or not one.operations:
        return False
    return one.operations == other.operations


def waits_for_words(members: Sequence[Diagnosis], reading: Reading) -> bool:
    """Whether nothing could be written because nobody has said what: another text, another leaf's name."""
    if reading.probability < WORTH_CHOOSING:
        return False
    text = reading.intervention.step == "template" and not any(one.feedback.reply for one in members)
    return text or reading.intervention.kind == "add_leaf"


def _unwritten(members: Sequence[Diagnosis], reading: Reading, waits: bool, fell: str) -> Hint:
    """A reading without operations: it is work for a person (`hint new`), and cannot be approved."""
    one = reading.intervention
    untold = NO_NAME if one.kind == "add_leaf" else NO_TEXT
    work = untold if waits else f"no operation does it: {fell or 'none is known'}"
    return Hint(
        step=one.step,
        kind=one.options[0].kind,
        target=one.options[0].target,
        summary=describe(one),
        evidence=tuple(sorted(member.feedback.id for member in members)),
        confidence=reading.probability,
        fingerprint=fingerprint(one.step, one.target, one.kind, "unwritten"),
        one_off=len(members) == 1,
        open_work=(work,),
    )


def _question(members: Sequence[Diagnosis], tried: Sequence[Tried]) -> Hint:
    """The best explanations as choices, each with its fix where there is one, and that nothing is wrong."""
    chosen = _with_something_new(members, _choices(tried), tried)
    labels = _labels(chosen)
    choices = [Choice(label, one.hint) for label, one in zip(labels, chosen, strict=True)]
    choices.append(Choice("nothing is wrong with the proposal"))
    what = members[0].before
    place = f"{what.leaf}/{what.branch or 'fallback'}"
    first = chosen[0].hint
    assert first is not None
    named = ", or ".join(choice.label for choice in choices[:2])
    return Hint(
        step=first.step,
        kind=first.kind,
        target=first.target,
        summary=f"Unclear: {named}?",
        evidence=tuple(sorted(one.feedback.id for one in members)),
        confidence=min(MOST_SURE, chosen[0].probability),
        fingerprint=fingerprint("none", place, "question", sorted(choice.label for choice in choices)),
        one_off=len(members) == 1,
        alternatives=alternatives_of(tried[1:]),
        question=Question(f"{place} was rejected: what should have happened?", tuple(choices)),
    )


def _choices(tried: Sequence[Tried]) -> list[Tried]:
    """The likeliest that can be chosen, none of them twice; of one place each counts less than the last."""
    left = [one for one in tried if one.hint is not None]
    chosen: list[Tried] = []
    while left and len(chosen) < MOST_CHOICES:
        best = max(left, key=lambda one: one.probability * AGAIN ** _told_before(one, chosen))
        chosen.append(best)
        left = [one for one in left if one is not best and _differs(one, best)]
    return chosen


def _with_something_new(
    members: Sequence[Diagnosis], chosen: Sequence[Tried], tried: Sequence[Tried]
) -> list[Tried]:
    """The choices; where they ask which leaf is meant, the last of them is that none of these is.

    A leaf that is missing leaves its tickets to whichever is like it, and those all look likelier.
    """
    if chosen[0].reading.intervention.kind not in LEAF_THERE_IS:
        return list(chosen)
    known = next((one for one in tried if one.reading.intervention.kind == NEW_LEAF.kind), None)
    reading = known.reading if known else Reading(NEW_LEAF, 0.0)
    bare = _unwritten(members, reading, waits=True, fell="")
    new = Tried(reading, (known and known.hint) or bare, known.probability if known else 0.0, waits=True)
    kept = [one for one in chosen if one.reading.intervention.kind != NEW_LEAF.kind]
    return list(chosen) if len(kept) < len(chosen) else [*kept[: MOST_CHOICES - 1], new]


def _told_before(one: Tried, chosen: Sequence[Tried]) -> int:
    """How often a choice's place is among others, and its place with its kind of fix once more."""
    same = [o.hint for o in chosen if o.reading.intervention.place == one.reading.intervention.place]
    return len(same) + sum(1 for o in same if o and one.hint and o.kind == one.hint.kind)


def _differs(one: Tried, other: Tried) -> bool:
    a, b = one.hint, other.hint
    assert a is not None
    assert b is not None
    return (a.summary, a.target) != (b.summary, b.target) and not _same_fix(a, b)


def _labels(chosen: Sequence[Tried]) -> list[str]:
    """Readings in words; where two read the same, the fixes."""
    labels = [describe(one.reading.intervention) for one in chosen]
    return [
        one.hint.summary if labels.count(label) > 1 and one.hint is not None else label
        for one, label in zip(chosen, labels, strict=True)
    ]


def alternatives_of(tried: Sequence[Tried], most: int = 3) -> tuple[Alternative, ...]:
    """The readings that came after, in words."""
    found: dict[str, Alternative] = {}
    for one in tried:
        words = describe(one.reading.intervention)
        if one.probability >= WORTH_ASKING and words not in found:
            found[words] = Alternative(one.reading.intervention.step, words, round(one.probability, 4))
    return tuple(found.values())[:most]


def others_of(group: Group) -> tuple[Alternative, ...]:
    """The readings that explained the group's rejections less well."""
    mine = {r.key for m in group.members for r in m.readings if group.key in (r.key, r.intervention.place)}
    pooled = [one for one in pooled_readings(group.members) if one.key not in mine]
    return alternatives_of([Tried(one, None, one.probability) for one in pooled])


def describe(intervention: Intervention) -> str:
    """A reading in words."""
    wanted, value = intervention.wanted, intervention.value
    if intervention.kind == "set_threshold" and intervention.step == "intent":
        return f"the threshold {intervention.target.rpartition('.')[2]} holds back or lets through too much"
    if intervention.kind in ("add_example", "add_edge"):
        return f"the ticket means {wanted.leaf}"
    if intervention.kind == "add_leaf":
        return "the ticket means something no leaf answers yet"
    if value is not None:
        verb = "should not be read" if value.dropped else "should be read"
        return f"“{value.text}” {verb} as {value.path}"
    if intervention.step == "fetch":
        return _records(wanted.records or ())
    if intervention.step == "plan":
        tools = f" with {', '.join(wanted.tools)}" if wanted.tools else ""
        return f"{wanted.leaf} should answer {wanted.reply}{tools} here"
    if intervention.step == "template":
        return f"the text of {intervention.target.split('#')[-1]} should change"
    return "nothing is wrong with the proposal"


def _records(records: Sequence[str]) -> str:
    if not records:
        return "no record should be selected"
    if len(records) > 1:
        return f"several records should be selected: {', '.join(records)}"
    return f"record {records[0]} should be selected"
