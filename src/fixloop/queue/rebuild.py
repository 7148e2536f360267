"""A fix as edits on a base: its operations applied again, and its own case files. Not a text merge."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fixloop.errors import FixloopError
from fixloop.hints.model import Hint
from fixloop.workspace.snapshot import Snapshot

BRANCH_PREFIX = "refs/heads/fixloop/fix/"


def branch_of(hint_id: str) -> str:
    """The full name of a hint's branch."""
    return BRANCH_PREFIX + hint_id


def hint_of(ref: str) -> str | None:
    """The hint id in the name of a fix branch, full or short; None for any other ref."""
    for prefix in (BRANCH_PREFIX, "heads/fixloop/fix/", "fixloop/fix/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return None


def rebuild(base: Snapshot, hint: Hint) -> dict[str, bytes | None]:
    """Path to new bytes of a fix on this base; empty when the base has it all already.

    Raises:
        OperationConflict: a precondition of an operation no longer holds.
    """
    # Here: a gate of a branch without a hint asks this module for names only, and needs no YAML editor.
    from fixloop.fixes.apply import apply_operations

    edits = dict(apply_operations(base, hint.operations).edits)
    if edits:
        edits |= case_files(hint)
    return edits


def conflict_facts(error: FixloopError) -> dict[str, str]:
    """Why a fix no longer fits: which operation, where, what it expected and what stands there."""
    found = {"detail": error.message}
    for name in ("operation", "where", "expected", "found"):
        value = getattr(error, name, None)
        if value is not None:
            found[name] = str(value)
    return found


def case_files(hint: Hint) -> dict[str, bytes]:
    """The hint's own case files: its cases, and those near misses that are nobody's else."""
    from fixloop.fixes.case_file import case_path, render_cases

    by_suite: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in hint.written_cases:
        by_suite[case["suite"]].append(case)
    return {case_path(suite, hint.id): render_cases(cases) for suite, cases in sorted(by_suite.items())}


def commit_message(hint: Hint) -> str:
    """Subject, why, and who asked; the trailer is for readers, nothing is decided by it."""
    evidence = ", ".join(hint.evidence[:5]) + (
        f" and {len(hint.evidence) - 5} more" if len(hint.evidence) > 5 else ""
    )
    subject = hint.summary if len(hint.summary) <= 72 else hint.summary[:71] + "…"
    asked = f"Asked for by {evidence}." if hint.evidence else ""
    body = [part for part in (hint.summary if subject != hint.summary else "", asked) if part]
    return "\n\n".join([subject, *body, f"Fixloop-Hint: {hint.id}\n"])
