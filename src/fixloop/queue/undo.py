"""A landed fix taken back: its commit turned round on the newest base, through objects alone.

A fix brought cases, and those would fail without it. Evaluator and improver never move in one change, so two
commits are made: the first retires the cases, the second takes the fix back. One move of the ref lands both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fixloop.errors import BadInput
from fixloop.gate.judge import judge
from fixloop.gate.verdict import FAIL, OVERRIDDEN, Check, Verdict
from fixloop.hints.ledger import Event, in_order
from fixloop.hints.model import Hint
from fixloop.queue.elsewhere import HAS_LANDED, Landing, is_on, landings_of
from fixloop.queue.ground import Ground, commit_of
from fixloop.queue.move import checkouts_of, move_branch
from fixloop.queue.trial import tree_trial

REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Reverted:
    """A fix that is no longer on the branch.

    `commits` are new, oldest first; `undone` is the commit they turn round; `cases` are the ids that went
    with the fix; `failed` are checks of the gate that say no to the branch without it.
    """

    id: str
    undone: str
    commits: tuple[str, ...]
    cases: tuple[str, ...]
    failed: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A commit that is made and not landed yet: what it stands on, its tree, and the verdict on it."""

    base: str
    commit: str
    tree: str
    verdict: Verdict


def revert(ground: Ground, hint: Hint, target: str, why: Mapping[str, str]) -> Reverted:
    """Take a merged fix back, by a person's word; what the gate says of it is told and recorded.

    Raises:
        BadInput: it is not on the branch, later changes build on it, the workspace would have errors without
            it, or a checkout of the branch has changes in the way; nothing has moved.
        RefMoved: somebody moved the branch at this moment; nothing has moved.
    """
    undone = _landed_commit(ground, hint, target)
    base = commit_of(ground.repo, target)
    tree = _without(ground, base, undone, hint)
    cases = _own_cases(ground, base, undone)
    steps = _steps(ground, base, tree, hint, cases, why)
    commits = [step.commit for step in steps]
    if steps:
        _move(ground, hint, target, base, steps, why)
    failed = tuple(check for step in steps[-1:] for check in step.verdict.checks if _says_no(check))
    ids = tuple(str(case["id"]) for case in hint.written_cases) if cases else ()
    done = Reverted(hint.id, undone, tuple(commits), ids, failed)
    data = {"commit": commits[-1] if commits else "", "undone": undone, "cases": list(ids)}
    event = ground.event(REVERTED, hint, base=base, tree=tree, digest=hint.digest, why=why, data=data)
    ground.record([event], f"revert {hint.id}")
    return done


def _says_no(check: Check) -> bool:
    return check.status == FAIL


def _landed_commit(ground: Ground, hint: Hint, target: str) -> str:
    """The commit by which a hint landed, on this branch."""
    status = ground.book.status(hint.id)
    if status not in HAS_LANDED:
        raise BadInput(f"{hint.id} is {status}, not merged", mend=f"fixloop show {hint.id}")
    landed = landings_of(ground).get(hint.id, Landing("", ""))
    if not is_on(ground, landed.commit, target):
        branch = landed.branch.removeprefix("refs/heads/") if landed.branch != target else ""
        where, name = f" on {branch}" if branch else "", target.removeprefix("refs/heads/")
        raise BadInput(
            f"{hint.id} landed{where} as {landed.commit[:12]}, which is not on {name}",
            mend=f"fixloop revert {hint.id} --onto {branch or 'BRANCH'}",
        )
    return landed.commit


def _without(ground: Ground, base: str, undone: str, hint: Hint) -> str:
    """The base's tree with the commit turned round: a three-way merge with it as common ancestor."""
    repo = ground.repo
    before = repo.history(undone, 2)[1][0]
    # Commits that nobody points at: git then takes the first for the common ancestor of the other two.
    common = repo.commit_tree(repo.tree_of(undone), [], "the fix")
    ours = repo.commit_tree(repo.tree_of(base), [common], "now")
    theirs = repo.commit_tree(repo.tree_of(before), [common], "before the fix")
    merged = repo.merge(ours, theirs)
    if merged.conflicts:
        later = _later_fixes(ground, undone, merged.conflicts)
        first = f"; {' and '.join(later)} changed them since" if later else ""
        mend = (
            f"fixloop revert {later[-1]}, then again"
            if later
            else f"git revert {undone[:12]}, and resolve it"
        )
        raise BadInput(f"{hint.id} cannot be taken back from {', '.join(merged.conflicts)}{first}", mend=mend)
    return merged.tree


def _later_fixes(ground: Ground, undone: str, paths: Sequence[str]) -> list[str]:
    """Fixes that landed on the given files after a commit, oldest first."""
    found = []
    for event in in_order(ground.book.events):
        commit = event.data.get("commit")
        if event.event != "merged" or not commit or commit == undone:
            continue
        if (
            ground.book.status(event.hint) not in HAS_LANDED
            or ground.repo.merge_base(undone, commit) != undone
        ):
            continue
        if not ground.repo.changed_paths(event.base, commit).keys().isdisjoint(paths):
            found.append(event.hint)
    return found


def _own_cases(ground: Ground, base: str, undone: str) -> list[str]:
    """The case files that the fix brought and that still stand."""
    brought = ground.repo.changed_paths(ground.repo.history(undone, 2)[1][0], undone)
    standing = ground.repo.list_tree(base, ["evals"])
    return [path for path, (before, _) in brought.items() if before is None and path in standing]


def _steps(
    ground: Ground, base: str, tree: str, hint: Hint, cases: Sequence[str], why: Mapping[str, str]
) -> list[_Step]:
    """The commits to make, judged; none where the branch is without the fix already."""
    now = ground.repo.tree_of(base)
    if tree == now:
        return []
    told = f"\n\n{why['text']}" if why.get("text") else ""
    subject = hint.summary if len(hint.summary) <= 60 else hint.summary[:59] + "…"
    retired = ground.repo.write_tree(now, dict.fromkeys(cases)) if cases else now
    trees = [(retired, f"Retire the cases of: {subject}{told}\n")] if retired != now else []
    if tree != retired:
        trees.append((tree, f"Revert: {subject}{told}\n"))
    steps: list[_Step] = []
    below = base
    for made, message in trees:
        verdict = _judged(ground, below, made, hint, why)
        steps.append(_Step(below, ground.repo.commit_tree(made, [below], message), made, verdict))
        below = steps[-1].commit
    return steps


def _judged(ground: Ground, base: str, tree: str, hint: Hint, why: Mapping[str, str]) -> Verdict:
    """What the gate says; only a workspace that could not be read any more is in the way."""
    word = why.get("text") or f"revert {hint.id}"
    trial = replace(tree_trial(ground, base, base, tree, None, (), word), held_out=None, held_out_later=True)
    verdict = judge(trial)
    broken = next((check for check in verdict.failures if check.id == "structure"), None)
    if broken is not None:
        shown = "; ".join(broken.evidence[:3])
        raise BadInput(
            f"without {hint.id} the workspace could not be read: {broken.detail}: {shown}",
            mend="revert what was built on it first: fixloop log",
        )
    return verdict


def _move(
    ground: Ground,
    hint: Hint,
    target: str,
    base: str,
    steps: Sequence[_Step],
    why: Mapping[str, str],
) -> None:
    tip = steps[-1].commit
    checkouts = checkouts_of(ground, target)
    blocked = {path for one in checkouts for path in ground.repo.blocked_paths(one, base, tip)}
    if blocked:
        paths = ", ".join(sorted(blocked))
        raise BadInput(
            f"local changes are in the way: {paths}", mend="commit or stash them, then revert again"
        )
    said = [_overruled(ground, hint, step, why) for step in steps]
    # On record before the ref moves: a hook recognises each step by the person's word, or by the verdict.
    passed = [step.verdict for step in steps if not _objections(step.verdict)]
    ground.record([one for one in said if one], f"reverting {hint.id}", verdicts=passed)
    move_branch(ground, target, base, tip, checkouts)


def _objections(verdict: Verdict) -> list[Check]:
    return [check for check in verdict.checks if check.status in (FAIL, OVERRIDDEN)]


def _overruled(ground: Ground, hint: Hint, step: _Step, why: Mapping[str, str]) -> Event | None:
    checks = _objections(step.verdict)
    if not checks:
        return None
    data = {"checks": [one.id for one in checks], "details": [one.detail for one in checks]}
    return ground.event(OVERRIDDEN, hint, base=step.base, tree=step.tree, why=why, data=data)
