"""From two commits to the trial the gate judges: the tree they merge to, and the hint the record knows."""

from collections.abc import Mapping

from fixloop.feedback.replays import recent
from fixloop.gate.lanes import Changes
from fixloop.gate.side import Side, judged_by_base
from fixloop.gate.trial import Trial
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground, commits_of
from fixloop.queue.rebuild import hint_of
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Policy


def merge_trial(ground: Ground, base_ref: str, head_ref: str, allow_judge: str = "") -> Trial:
    """The trial of merging a head into a base, without a checkout."""
    base, head = commits_of(ground.repo, (base_ref, head_ref))
    merged = ground.repo.merge(base, head)
    ground.read_record()
    hint = find_hint(ground, head_ref, head)
    tree = merged.tree or ground.repo.tree_of(head)
    return tree_trial(ground, base, head, tree, hint, merged.conflicts, allow_judge)


def tree_trial(
    ground: Ground,
    base: str,
    head: str,
    tree: str,
    hint: Hint | None,
    conflicts: tuple[str, ...] = (),
    allow_judge: str = "",
) -> Trial:
    """The trial of one exact tree on a base commit."""
    base_tree = ground.repo.tree_of(base)
    before, after = ground.base(base_tree), ground.tree(tree)
    changes: Changes = ground.repo.changed_paths(base_tree, tree)
    new_modes = _new_oddities(after.odd_modes, before.odd_modes)
    base_side = Side(before, ground.cache, before.odd_modes, ground.memo)
    return Trial(
        base_commit=base,
        head_commit=head,
        tree=tree,
        base=base_side,
        proposed=Side(after, ground.cache, new_modes, ground.memo, before),
        result=Side(judged_by_base(before, after), ground.cache, new_modes, ground.memo, before),
        changes=changes,
        conflicts=conflicts,
        hint=hint,
        state=ground.book.states.get(hint.id) if hint else None,
        allow_judge=allow_judge or ground.allow_judge,
        stored=recent(ground.feedback, _retain_days(base_side)),
        overrides=ground.overrides,
        held_out=ground.held_out,
        held_out_later=ground.held_out_later,
        quarantine=ground.quarantine,
        landed=ground.landed,
    )


def _new_oddities(after: Mapping[str, str], before: Mapping[str, str]) -> Mapping[str, str]:
    return {path: mode for path, mode in after.items() if before.get(path) != mode}


def find_hint(ground: Ground, head_ref: str, head: str) -> Hint | None:
    """The record's hint for a fix branch, by its name; a commit given by id is looked up among them."""
    named = hint_of(head_ref)
    if named is None and ground.book.hints:
        branches = ground.repo.branches("refs/heads/fixloop/fix/")
        named = next((hint_of(ref) for ref, commit in sorted(branches.items()) if commit == head), None)
    return ground.book.hints.get(named) if named else None


def _retain_days(base: Side) -> int:
    try:
        return base.workspace.config.policy.retain_days
    except WorkspaceInvalid:
        return Policy().retain_days
