"""Paths as file systems read them that fold letters, drop signs or shorten names: NTFS, HFS+, APFS, FAT."""

import re
import unicodedata

_GITS_OWN = re.compile(r"(^|/)(\.{0,2}|\.git|git~\d+)(/|$)")
"""A part that is empty, leads up, or is the folder `.git`, also by its short name on FAT and NTFS."""


def folded(path: str) -> str:
    """What a path is where case, width, invisible signs, trailing dots and streams do not count."""
    if path.isascii() and path.islower() and not _SIGNS.search(path):
        return path
    plain = unicodedata.normalize("NFKC", path).casefold()
    seen = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf").replace("\\", "/")
    return "/".join(_part(part) for part in seen.split("/"))


_SIGNS = re.compile(r"[\\:]|[. ](/|$)")


def _part(part: str) -> str:
    return part if set(part) <= {"."} else part.partition(":")[0].rstrip(". ")


def is_gits_own(path: str) -> bool:
    """Whether some file system takes a path for one in `.git`, or for one outside the repository."""
    return bool(_GITS_OWN.search(folded(path)))
