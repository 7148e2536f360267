"""What holds between the files of a workspace: every reference leads somewhere, every rule can be met."""

from collections.abc import Iterator

from fixloop.workspace.checks.config import check_config
from fixloop.workspace.checks.extraction import check_extraction
from fixloop.workspace.checks.fetch import check_fetch
from fixloop.workspace.checks.intents import check_intents
from fixloop.workspace.checks.literals import check_literals
from fixloop.workspace.checks.object_keys import check_object_keys
from fixloop.workspace.checks.one_row import check_one_row
from fixloop.workspace.checks.plan import check_plan_trees
from fixloop.workspace.checks.templates import check_templates
from fixloop.workspace.checks.tools import check_tools
from fixloop.workspace.model import Problem
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import KnownPaths, known_paths


def check_references(parts: Parts) -> Iterator[Problem]:
    """Every problem between files; what depends on a file that is itself broken is passed over."""
    known = _known_paths(parts)
    yield from check_config(parts)
    yield from check_intents(parts)
    yield from check_extraction(parts)
    yield from check_fetch(parts)
    yield from check_tools(parts)
    yield from check_templates(parts, known)
    yield from check_plan_trees(parts, known)
    yield from check_one_row(parts)
    yield from check_literals(parts)
    yield from check_object_keys(parts)


def _known_paths(parts: Parts) -> KnownPaths | None:
    if parts.extraction.value is None or parts.fetch.value is None:
        return None
    return known_paths(parts.extraction.value, parts.fetch.value)
