"""Templates: readable, using only what exists, in every language, and used by somebody."""

from collections import Counter
from collections.abc import Iterator, Mapping

from fixloop.workspace.model import Branch, Problem, Template
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import KnownPaths
from fixloop.workspace.problems import Problems, Report
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import did_you_mean, escaped, named, slips


def check_templates(parts: Parts, known: KnownPaths | None) -> Iterator[Problem]:
    """Every text of every template, and whether a branch or the fallback uses it."""
    templates = parts.templates.value
    if templates is None:
        return
    problems = Problems()
    error, warning = (problems.report_on(parts.templates.document, kind) for kind in ("error", "warning"))
    for template in templates.values():
        for language, text in template.texts.items():
            where = (template.name, "text", language) if language else (template.name, "text")
            _check_text(text, where, known, error)
    _check_languages(templates, parts, error, warning)
    used = _used(parts)
    if used is not None:
        for name in templates.keys() - used:
            warning(
                (name,),
                f"nothing uses the template {named(name)}",
                "remove it, or reply with it",
                on_key=True,
            )
    yield from problems.found


def _check_text(text: str, where: tuple[str | int, ...], known: KnownPaths | None, report: Report) -> None:
    uses = uses_of(text)
    if uses.complaint:
        report(
            where,
            f"not a template: {escaped(uses.complaint)}",
            "a reply is Jinja: `{{ path }}`, `{% if %}`, `{% for %}`",
        )
    for path in uses.paths if known else ():
        if known and not known.is_known(path) and not known.is_prefix(path):
            report(
                where, f"there is nothing at {named(path)}", did_you_mean(path, known.all(), otherwise=PATHS)
            )


PATHS = "paths start with `ticket.`, `fields.`, `fetched.` or `record.`, or are `records`"


def _check_languages(templates: Mapping[str, Template], parts: Parts, error: Report, warning: Report) -> None:
    """A text for the workspace's own language is needed; one that other templates have is missed."""
    main = parts.config.value.language if parts.config.value else None
    spelt = _misspelt_languages(templates, main)
    for (name, language), meant in spelt.items():
        message = f"{named(language)} stands in the template {named(name)} alone"
        warning((name, "text", language), message, f"did you mean {named(meant)}?", on_key=True)
    known = {language for template in templates.values() for language in template.texts if language}
    known -= {language for _, language in spelt}
    for template in templates.values():
        if "" in template.texts:
            continue
        meant_here = {meant for (name, _), meant in spelt.items() if name == template.name} - {main}
        missing = {*known, *([main] if main else [])} - template.texts.keys() - meant_here
        for language in sorted(missing):
            report = error if language == main else warning
            mend = (
                f"add `{language}:`; other tickets get it too" if language == main else f"add `{language}:`"
            )
            report((template.name, "text"), f"{named(template.name)} has no text in {named(language)}", mend)


def _misspelt_languages(templates: Mapping[str, Template], main: str | None) -> Mapping[tuple[str, str], str]:
    """A template and its language that no other has, to the language nearly like it that it lacks."""
    counts = Counter(language for template in templates.values() for language in template.texts if language)
    usual = sorted(language for language, count in counts.items() if count > 1 or language == main)
    found = {}
    for template in templates.values():
        for language in template.texts:
            near = [one for one in usual if one not in template.texts and slips(language, one) == 1]
            if near and counts[language] == 1 and language != main:
                found[template.name, language] = near[0]
    return found


def _used(parts: Parts) -> set[str] | None:
    """The templates somebody replies with; None while a file that may use more is broken."""
    if parts.config.value is None or any(part.value is None for part in parts.plan_trees):
        return None
    fallback = parts.config.value.fallback_reply
    trees = [part.value for part in parts.plan_trees if part.value is not None]
    replies = {reply for tree in trees for branch in tree.branches for reply in _replies(branch)}
    return replies | ({fallback} if fallback else set())


def _replies(branch: Branch) -> Iterator[str]:
    if branch.reply is not None:
        yield branch.reply
    for nested in branch.branches:
        yield from _replies(nested)
