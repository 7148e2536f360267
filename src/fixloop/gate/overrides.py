"""A person's word against a check: named, with a reason, and not against every check."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fixloop.errors import BadInput
from fixloop.gate.verdict import FAIL, OVERRIDDEN, Check
from fixloop.workspace.model import GATE_CHECKS
from fixloop.workspace.text import did_you_mean, shown

NEVER: Mapping[str, str] = {
    "structure": "what cannot be read cannot be judged",
    "identity": "approve it, by as many people as it asks for",
    "canary": "a gate that is broken has nothing to override",
    "lane": "--allow judge --why TEXT lets a change of what decides pass; one in both lanes is split",
}
"""Checks that nobody overrides, and what to do instead."""


def read_allowance(allow: str | None, why: str) -> str:
    """The reason for which a change of what decides may pass; empty where none may.

    Raises:
        BadInput: another word than `judge`, or no reason.
    """
    if allow not in (None, "judge"):
        raise BadInput(f"there is no override {allow!r}", mend="--allow judge --why TEXT")
    if allow and not why.strip():
        raise BadInput("--allow judge needs a reason", mend="--why TEXT")
    return why.strip() if allow else ""


def read_overrides(names: Sequence[str], why: str) -> Mapping[str, str]:
    """Check to reason, of the checks a person overrides.

    Raises:
        BadInput: no reason, no such check, or one that nobody overrides.
    """
    if names and not why.strip():
        raise BadInput("--override needs a reason", mend="--why TEXT")
    for name in names:
        if name not in GATE_CHECKS:
            raise BadInput(f"there is no check {shown(name)}", mend=did_you_mean(name, GATE_CHECKS))
        if name in NEVER:
            raise BadInput(f"{name} cannot be overridden", mend=NEVER[name])
    return {name: why.strip() for name in names}


def overridden(check: Check, overrides: Mapping[str, str]) -> Check:
    """The check as it counts: a failure that a person overrides is told, and stops nothing."""
    if check.status != FAIL or check.id not in overrides:
        return check
    return replace(check, status=OVERRIDDEN, detail=f"{check.detail}; overridden: {overrides[check.id]}")
