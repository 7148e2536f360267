"""Two versions of one file as a unified diff."""


def unified(path: str, before: bytes | None, after: bytes | None) -> str:
    """A unified diff of one file; None is a file that is not there."""
    from difflib import unified_diff

    old = (before or b"").decode("utf-8", "replace").splitlines(keepends=True)
    new = (after or b"").decode("utf-8", "replace").splitlines(keepends=True)
    names = (
        f"a/{path}" if before is not None else "/dev/null",
        f"b/{path}" if after is not None else "/dev/null",
    )
    lines = unified_diff(old, new, *names)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
