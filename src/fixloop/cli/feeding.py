"""What `ingest` and `cycle` share: the inputs that are none."""

from collections.abc import Sequence

from fixloop.cli.answering import complain


def tell_skipped(names: Sequence[str]) -> None:
    """Files of rows set aside before: which were left out, and how they are read."""
    if names:
        from fixloop.report.words import listed

        complain(
            f"left out, rows set aside by an earlier run: {listed(names)}",
            f"once they are corrected: fixloop ingest {names[0]}",
        )
