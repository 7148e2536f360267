"""fixloop.yaml against what exists: engines, gate checks, the fallback's template."""

from collections.abc import Iterator, Mapping

from fixloop.workspace.model import GATE_CHECKS, Config, Problem, Template
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import uses_record
from fixloop.workspace.problems import Problems
from fixloop.workspace.schema import ENGINES, OWN_ENGINES, is_engine
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import did_you_mean, named


def check_config(parts: Parts) -> Iterator[Problem]:
    """Engines, gate checks and fallback of fixloop.yaml name things that exist."""
    config = parts.config.value
    if config is None:
        return
    problems = Problems()
    _check_engines(config, parts, problems)
    report = problems.report_on(parts.config.document)
    for index, check in enumerate(config.gate.require):
        if check not in GATE_CHECKS:
            mend = did_you_mean(check, GATE_CHECKS)
            report(("gate", "require", index), f"there is no gate check {named(check)}", mend)
    if config.fallback_reply is not None and parts.templates.value is not None:
        _check_fallback(config.fallback_reply, parts.templates.value, parts, problems)
    yield from problems.found


def _check_engines(config: Config, parts: Parts, problems: Problems) -> None:
    report = problems.report_on(parts.config.document)
    for step, built_in in ENGINES.items():
        engine: str = getattr(config.engines, step)
        if is_engine(step, engine):
            continue
        mend = did_you_mean(engine, [built_in])
        if step in OWN_ENGINES:
            mend += "; an engine of your own is `python:package.module:factory`"
        report(("engines", step), f"there is no {step} engine {named(engine)}", mend)


def _check_fallback(name: str, templates: Mapping[str, Template], parts: Parts, problems: Problems) -> None:
    report = problems.report_on(parts.config.document)
    if name not in templates:
        report(("fallback", "reply"), f"there is no template {named(name)}", did_you_mean(name, templates))
        return
    records = [
        path for text in templates[name].texts.values() for path in uses_of(text).paths if uses_record(path)
    ]
    if records:
        message = (
            f"the fallback's template {named(name)} uses {named(records[0])}, and a fallback has no record"
        )
        report(("fallback", "reply"), message, "name a template without `record.`")
