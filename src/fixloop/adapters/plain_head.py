"""The commit that is out, and the digest of what fixloop reads of it, without git where its files suffice.

Four git processes take longer than answering one ticket; to name the workspace of an answer must not cost it.
"""

import re
from collections.abc import Callable
from pathlib import Path

from fixloop.adapters.find_checkout import Checkout
from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import GOVERNED, Snapshot, digest_of

_OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_KIND = "governed"


def read_head(checkout: Checkout) -> str | None:
    """The commit that is out, or None where only git can tell: no commit yet, another store of refs."""
    said = _read(checkout.git_dir / "HEAD")
    ref = said.removeprefix("ref: ")
    if not ref.startswith("refs/heads/"):
        return _id_or_none(said)
    loose = _read(checkout.common_dir / ref)
    return _id_or_none(loose or _packed(_read(checkout.common_dir / "packed-refs"), ref))


def _packed(packed_refs: str, ref: str) -> str:
    wanted = f" {ref}"
    return next((line.removesuffix(wanted) for line in packed_refs.split("\n") if line.endswith(wanted)), "")


def _id_or_none(text: str) -> str | None:
    return text if _OBJECT_ID.fullmatch(text) else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        return ""


def governed_digest(commit: str, read: Callable[[], Snapshot], store: Cache) -> str:
    """The digest of all that fixloop reads of a commit; asked of git once a commit."""
    key = f"{commit} {GOVERNED}"
    saved = store.load(_KIND, key)
    if saved is None:
        saved = digest_of(read()).encode()
        store.save(_KIND, key, saved)
    return saved.decode()
