"""Draws by digest: the same on every machine and in every order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def draw(of: int, *parts: object) -> int:
    """A number below `of`, the same for the same parts."""
    return int(hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12], 16) % of


def pick(options: Sequence[T], *parts: object) -> T:
    """One of the options."""
    return options[draw(len(options), *parts)]


def shuffled(options: Sequence[T], *parts: object) -> list[T]:
    """All of them, in an order of their own."""
    return [
        one
        for _, _, one in sorted((draw(1 << 40, *parts, str(one)), n, one) for n, one in enumerate(options))
    ]
