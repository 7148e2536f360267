"""A new leaf from rejections that no leaf explains: name, parent, starter tree, examples and cases.

They are of one thing (`diagnosis.clusters`); the name is the phrase most of their comments share and few
others have.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fixloop.hints.model import Hint, fingerprint
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.clusters import SMALLEST_CLUSTER
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.actions import flat_branches
from fixloop.propose.synthesis.examples import border_of, fresh_texts, intent_cases, split_texts, teaching
from fixloop.propose.synthesis.promotion import promoted
from fixloop.propose.words.near import similarities
from fixloop.propose.words.words import phrases, stems
from fixloop.workspace.model import OTHER, is_other
from fixloop.workspace.text import normalise

OWN_SHARE = 0.3
"""A phrase names a cluster when at least this share of all comments that have it is the cluster's."""

MOST_WORDS = 3
"""Words of a name."""

A_SENTENCE = 3
"""Content words from which a comment may name what no ticket of the cluster says: less is an exclamation."""


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """add_leaf with examples, named after what staff call it."""
    names = name_candidates(bench, group.members)
    if len(group.members) < SMALLEST_CLUSTER or not names:
        return Unable(
            f"fewer than {SMALLEST_CLUSTER} rejections ask for this, or staff do not say what it is"
        )
    return draft_named(bench, group, names[0])


def draft_named(bench: Workbench, group: Group, name: str) -> Draft | Unable:
    """The draft of a new leaf under one name."""
    texts = fresh_texts(bench, group.evidence)
    if len(texts) < SMALLEST_CLUSTER:
        return Unable("fewer than three new texts")
    teach, ask = split_texts(texts)
    border = border_of(bench, texts, name)
    parents = _parents(bench, group.members)
    description = _description(group.members, name)
    owner = _owner(bench, parents)
    operations = [
        Operation("add_leaf", {"id": name, "parents": parents, "description": description, "owner": owner}),
        *teaching(teach, name),
        *border.across,
    ]
    answer = promoted(bench, group.members, name)
    operations += answer.operations if answer else ()
    where = " and ".join(parents)
    return Draft(
        step="intent",
        kind="add_leaf",
        target=f"workspace/intents.yaml#{name}",
        summary=f"{len(texts)} tickets ask for something no leaf answers: new leaf {name} under {where}"
        + (f", answered by {answer.template}" if answer else ""),
        evidence=group.evidence,
        operations=tuple(operations),
        cases=intent_cases(ask, name),
        near_misses=border.near_misses,
        wanted={one.id: Wanted(leaf=name) for one in group.evidence},
        idea={"leaf": sorted(stems(name))},
        confidence=group.confidence,
    )


def renamed(hint: Hint, old: str, new: str) -> Hint:
    """The same new leaf under another name, with the same effect: nothing but the name depends on it."""

    def called(value: Any) -> Any:
        return new if value == old else value

    return replace(
        hint,
        target=f"workspace/intents.yaml#{new}",
        summary=hint.summary.replace(f"new leaf {old} ", f"new leaf {new} "),
        operations=tuple(Operation(o.op, {k: called(v) for k, v in o.args.items()}) for o in hint.operations),
        cases=tuple({**case, "expect": called(case["expect"])} for case in hint.cases),
        moves=replace(hint.moves, to=tuple(sorted(_place_renamed(to, old, new) for to in hint.moves.to))),
        fingerprint=fingerprint(
            hint.step, f"workspace/intents.yaml#{new}", hint.kind, {"leaf": sorted(stems(new))}
        ),
    ).named_cases()


def _place_renamed(place: str, old: str, new: str) -> str:
    leaf, _, branch = place.partition("/")
    return f"{new if leaf == old else leaf}/{branch}"


def name_candidates(bench: Workbench, members: Sequence[Diagnosis]) -> list[str]:
    """Ids a new leaf could have, best first: what `expected` says, else phrases that the comments share.

    Where staff found no word for it, texts that no tree uses may have one, else the customers' words must do;
    what a leaf answered needs staff's or such a text's.
    """
    wishes = [m.feedback.expected or {} for m in members]
    expected = Counter(str(wish["leaf"]) for wish in wishes if "leaf" in wish)
    names = [one for one, _ in sorted(expected.items(), key=lambda item: (-item[1], item[0]))]
    spoken = tuple(one.comment for one in bench.stored if one.comment)
    shared = _shared_phrases(tuple(m.feedback.comment for m in members), spoken)
    names += [name for name in shared if _is_about(name, members)]
    taken = set(bench.workspace.intents.intents)
    if not any(name not in taken and _is_id(name) for name in names):
        names += _left_names(bench, members)
    fell_out = 2 * sum(is_other(m.before.leaf) for m in members) >= len(members)
    if fell_out and not any(name not in taken and _is_id(name) for name in names):
        asked = tuple(one.fixture.ticket.customer_text for one in bench.stored)
        names += _shared_phrases(tuple(m.feedback.fixture.ticket.customer_text for m in members), asked)
    return list(dict.fromkeys(name for name in names if name not in taken and _is_id(name)))[:8]


def _left_names(bench: Workbench, members: Sequence[Diagnosis]) -> list[str]:
    """What texts that no tree uses are called after, as far as half of the customers say just that.

    A leaf that went leaves its texts behind.
    """
    workspace = bench.workspace
    trees = workspace.plan_trees.values()
    used = {branch.reply for tree in trees for branch in flat_branches(tree.branches)}
    left = [name for name in workspace.templates if name not in {*used, workspace.config.fallback_reply}]
    asked = [stems(m.feedback.fixture.ticket.customer_text) for m in members]
    worth: dict[str, float] = {}
    for name in left:
        words = name.split("_")
        for size in range(1, min(len(words), MOST_WORDS) + 1):
            own = stems(" ".join(words[:size]))
            users = sum(own <= said for said in asked) if stems(words[size - 1]) else 0
            if users and 2 * users >= len(members):
                worth["_".join(words[:size])] = _worth(tuple(words[:size]), users)
    return sorted(worth, key=lambda name: (-worth[name], name))


def _is_about(name: str, members: Sequence[Diagnosis]) -> bool:
    """Whether a phrase of staff is of what customers wrote, or of different sentences.

    “Useless” names nothing, nor does what is said in the same words of several tickets.
    """
    own = stems(name)
    if any(own & stems(m.feedback.fixture.ticket.customer_text) for m in members):
        return True
    said = {normalise(m.feedback.comment): stems(m.feedback.comment) for m in members}
    return sum(own <= one and len(one) >= A_SENTENCE for one in said.values()) > 1


def _shared_phrases(texts: tuple[str, ...], everywhere: tuple[str, ...]) -> list[str]:
    """What several of some texts say and few others do, as ids, best first."""
    counts, others = _phrase_counts(texts), _phrase_counts(everywhere)
    own = {p: n for p, n in counts.items() if n >= OWN_SHARE * others[p] and (n >= 2 or len(texts) < 5)}
    return ["_".join(p) for p in sorted(own, key=lambda p: (-_worth(p, own[p]), p))]


@lru_cache(maxsize=4)
def _phrase_counts(comments: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    """In how many of some comments each phrase is."""
    return Counter(phrase for comment in comments for phrase in set(phrases(comment)))


def rival_names(bench: Workbench, members: Sequence[Diagnosis]) -> list[str]:
    """The name, and the next best that says something else and that nearly as many use.

    Who writes what was expected has chosen a name: nothing that others merely say stands against it.
    """
    names = name_candidates(bench, members)
    expected = Counter(str((m.feedback.expected or {}).get("leaf")) for m in members)
    if not names or expected[names[0]]:
        return names[:1] + [name for name in names[1:2] if 2 * expected[name] >= expected[names[0]]]
    users = {name: sum(stems(name) <= stems(m.feedback.comment) for m in members) for name in names}
    rivals = [
        n
        for n in names[1:]
        if not stems(n) & stems(names[0]) and users[n] >= 2 and 3 * users[n] >= users[names[0]]
    ]
    return names[:1] + rivals[:1]


def _worth(words: tuple[str, ...], count: int) -> float:
    """Two words name a thing better than one; a phrase must be shared to count."""
    return count * {1: 1.0, 2: 1.9, 3: 2.0}[len(words)]


def _is_id(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and len(name) <= 40


def _parents(bench: Workbench, members: Sequence[Diagnosis]) -> list[str]:
    """The parent the tickets fell out of, else the one of the leaf the engine guessed."""
    votes: Counter[str] = Counter()
    dag = bench.workspace.intents
    for member in members:
        leaf = member.before.leaf
        guess = leaf if leaf != OTHER else member.before.raw_leaf
        parents = [parent for parent in dag.parents_of(guess) if parent != "root"]
        weight = 2 if is_other(leaf) and leaf != OTHER else 1
        votes.update({parent: weight for parent in parents[:1]})
    best = min(votes.items(), key=lambda item: (-item[1], item[0]), default=("root", 0))
    return [best[0] if 2 * best[1] >= len(members) else "root"]


def _description(members: Sequence[Diagnosis], name: str) -> str:
    """The comment that says it best: the one most like all others, if it reads like a description."""
    comments = [m.feedback.comment.strip() for m in members if 4 <= len(m.feedback.comment.split()) <= 16]
    if not comments:
        return name.replace("_", " ").capitalize() + "."
    central = similarities(comments, comments).sum(axis=1)
    best = max(range(len(comments)), key=lambda n: (round(float(central[n]), 6), comments[n]))
    return comments[best]


def _owner(bench: Workbench, parents: Sequence[str]) -> str:
    """Who owns most of the siblings."""
    dag = bench.workspace.intents
    siblings = [leaf for parent in parents for leaf in dag.children.get(parent, ())]
    owners = Counter(
        bench.workspace.plan_trees[leaf].owner for leaf in siblings if leaf in bench.workspace.plan_trees
    )
    return min(owners.items(), key=lambda item: (-item[1], item[0]), default=("", 0))[0]
