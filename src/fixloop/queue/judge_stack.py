"""The verdict on a stack: its tree once, then every fix in it by the checks that are about one fix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fixloop.gate.checks import ask
from fixloop.gate.judge import judge, must_have_asked
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check, Verdict
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground
from fixloop.queue.stack import Layer, Stack
from fixloop.queue.trial import tree_trial
from fixloop.workspace.model import GATE_CHECKS

ABOUT_ONE = frozenset({"scope", "identity", "fail_to_pass", "near_miss"})
"""Checks that ask about one hint; any other that had nothing to say of the batch is asked of each, too."""

_OF_THE_TREE = frozenset({"held_out", "canary"})
"""Asked once a tree, and never of a single fix in it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a stack; `suspects` are fixes that failed a check of their own."""

    verdict: Verdict
    suspects: frozenset[str] = frozenset()


def judge_stack(ground: Ground, stack: Stack) -> Judged:
    """Judge exactly the tree of a stack.

    The held-out set is asked last, and only where nothing else fails: looking for a culprit takes many
    questions, and each wears it out.
    """
    trial = _trial(ground, stack)
    quiet = replace(trial, held_out_later=trial.held_out is not None or trial.held_out_later)
    judged = _judge_together(ground, stack, quiet) if len(stack.layers) > 1 else Judged(judge(quiet))
    if trial.held_out is None or not judged.verdict.passed:
        return judged
    return Judged(_with_held_out(judged.verdict, trial))


def _trial(ground: Ground, stack: Stack) -> Trial:
    alone = stack.layers[0].hint if len(stack.layers) == 1 else None
    trial = tree_trial(ground, stack.base, stack.head, stack.tree, alone)
    return trial if alone else replace(trial, batch=tuple(stack.hints))


def _judge_together(ground: Ground, stack: Stack, trial: Trial) -> Judged:
    """The whole by all checks; then, where it can be read at all, each fix by those that are about one."""
    return with_own_checks(ground, stack, trial, judge(trial))


def with_own_checks(ground: Ground, stack: Stack, trial: Trial, whole: Verdict) -> Judged:
    """A verdict on several fixes, and on each by the checks that are about one."""
    if any(check.id == "structure" and check.status == FAIL for check in whole.checks):
        return Judged(whole)
    silent = {check.id for check in whole.checks if check.status == SKIP}
    names = [name for name in GATE_CHECKS if name in (ABOUT_ONE | silent) - _OF_THE_TREE]
    own = {layer.hint.id: _own_checks(ground, trial, layer, names) for layer in stack.layers}
    kept = [check for check in whole.checks if check.id not in names]
    told = [_together(name, own, stack.hints) for name in names]
    suspects = frozenset(
        key for key, checks in own.items() if any(one.status == FAIL for one in checks.values())
    )
    return Judged(replace(whole, checks=_in_order([*kept, *told])), suspects)


def _own_checks(ground: Ground, trial: Trial, layer: Layer, names: Sequence[str]) -> dict[str, Check]:
    """One fix, judged on the tree that all make: what it changed, its own cases, its own approval."""
    hint = layer.hint
    changes = {path: entries for path, entries in trial.changes.items() if path in layer.edits}
    own = replace(
        trial,
        hint=hint,
        state=ground.book.states.get(hint.id),
        changes=changes,
        proposed=Side(layer.alone, ground.cache, {}),
        batch=(),
    )
    return {name: ask(name, own) for name in names}


def _together(name: str, own: dict[str, dict[str, Check]], hints: Sequence[Hint]) -> Check:
    """One line of the verdict for a check that was asked of each fix."""
    found = [(hint.id, own[hint.id][name]) for hint in hints]
    failed = [(key, check) for key, check in found if check.status == FAIL]
    if failed:
        detail = "; ".join(f"{key}: {check.detail}" for key, check in failed)
        evidence = tuple(one for _, check in failed for one in check.evidence)
        return Check(name, FAIL, detail, evidence)
    asked = [(key, check) for key, check in found if check.status != SKIP]
    if not asked:
        return found[0][1]
    lines = tuple(f"{key}: {check.detail}" for key, check in asked)
    return Check(name, PASS, f"asked of each of {len(found)} fixes", lines)


def _with_held_out(verdict: Verdict, trial: Trial) -> Verdict:
    asked = ask("held_out", trial)
    checks = _in_order([*(check for check in verdict.checks if check.id != asked.id), asked])
    must_have_asked(trial, checks)
    return replace(verdict, checks=checks)


def _in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    return tuple(sorted(checks, key=lambda check: GATE_CHECKS.index(check.id)))
