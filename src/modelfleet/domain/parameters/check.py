"""All errors of a configuration at once, each with its path, what stands there and what may."""

import inspect
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.features import look_back
from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.costs import CostParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.events import EventParameters
from modelfleet.domain.parameters.fleet import (
    BacktestParameters,
    EngineParameters,
    FleetParameters,
)
from modelfleet.domain.parameters.inference import InferenceParameters
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.intervals import IntervalParameters
from modelfleet.domain.parameters.overrides import OverrideParameters
from modelfleet.domain.parameters.promotion import PromotionParameters
from modelfleet.domain.parameters.rules import RuleParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.parameters.validation import ValidationParameters

__all__ = ["SECTIONS", "check_parameters"]

SECTIONS: Mapping[str, type[Parameters]] = MappingProxyType(
    {
        "fleet": FleetParameters,
        "backtest": BacktestParameters,
        "engine": EngineParameters,
        "ingestion": IngestionParameters,
        "events": EventParameters,
        "validation": ValidationParameters,
        "baseline": BaselineParameters,
        "training": TrainingParameters,
        "evaluation": EvaluationParameters,
        "costs": CostParameters,
        "intervals": IntervalParameters,
        "overrides": OverrideParameters,
        "rules": RuleParameters,
        "promotion": PromotionParameters,
        "inference": InferenceParameters,
    }
)
"""The top-level keys of the parameters, and what each must be."""


def check_parameters(raw: Mapping[str, Any]) -> None:
    """Check the whole configuration.

    Args:
        raw: the parameters as read from YAML.

    Raises:
        ConfigurationError: names every problem, not only the first.
    """
    problems = [f"{key}: is not a known section" for key in sorted(set(raw) - set(SECTIONS))]
    sections: dict[str, Any] = {}
    for key, kind in SECTIONS.items():
        try:
            sections[key] = kind.model_validate(raw[key])
        except KeyError:
            problems.append(f"{key}: is missing")
        except ValidationError as error:
            problems += _lines(key, error)
    problems += _between_sections(sections)
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(
            f"the configuration has {len(problems)} problem(s), nothing was run:\n{lines}"
        )


def _lines(section: str, error: ValidationError) -> list[str]:
    lines = []
    for found in error.errors(include_url=False):
        path = ".".join(str(part) for part in (section, *found["loc"]))
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "missing":
            lines.append(f"{path}: is missing")
        elif found["type"] == "extra_forbidden":
            lines.append(f"{path}: is not a known key")
        elif isinstance(found["input"], Mapping):
            lines.append(f"{path}: {message}")
        else:
            lines.append(f"{path}: {found['input']!r} is not allowed: {message}")
    return lines


def _between_sections(sections: Mapping[str, Any]) -> list[str]:
    """What sections that are right by themselves contradict in each other."""
    checks = (_horizon, _lags, _history, _covariates, _weeks, _calendar)
    return [problem for check in checks for problem in check(**_asked(check, sections))]


def _asked(check: Any, sections: Mapping[str, Any]) -> dict[str, Any]:
    """The sections that a check asks for by name; ``None`` for one that is wrong by itself."""
    return {name: sections.get(name) for name in inspect.signature(check).parameters}


def _horizon(fleet: FleetParameters | None) -> list[str]:
    if fleet is None:
        return []
    # When clocks go forward, last week's local time lies an hour nearer than a week.
    nearest = fleet.grid.per_week - math.ceil(60 / fleet.grid.step_minutes)
    if fleet.horizon <= nearest:
        return []
    problem = (
        f"fleet.horizon: {fleet.horizon} is not allowed: weekly baselines need at most {nearest} "
        "steps, a week less the hour that clocks may lose"
    )
    return [problem]


def _lags(fleet: FleetParameters | None, training: TrainingParameters | None) -> list[str]:
    if fleet is None or training is None:
        return []
    short = {
        name: [lag for lag in recipe.features.lags if lag < fleet.horizon]
        for name, recipe in training.assigned.items()
    }
    return [
        f"training.recipes.{name}.features.lags: {lags} are not allowed: no lag may be shorter "
        f"than fleet.horizon, which is {fleet.horizon} steps"
        for name, lags in short.items()
        if lags
    ]


def _history(
    fleet: FleetParameters | None,
    baseline: BaselineParameters | None,
    training: TrainingParameters | None,
) -> list[str]:
    if fleet is None:
        return []
    grid, horizon = fleet.grid, fleet.horizon
    recipes = training.assigned if training else {}
    steps = {
        f"training.recipes.{name}": look_back(recipe.features, grid, horizon=horizon)
        for name, recipe in recipes.items()
    }
    weeks = {who: -(-reach // grid.per_week) for who, reach in steps.items()}
    if baseline:
        weeks["baseline.weeks"] = baseline.reach
    return [
        f"fleet.history_weeks: {fleet.history_weeks} is not allowed: {who} looks back up to "
        f"{needed} weeks, and forecasts are made from no more readings than that"
        for who, needed in weeks.items()
        if needed > fleet.history_weeks
    ]


def _covariates(
    ingestion: IngestionParameters | None, training: TrainingParameters | None
) -> list[str]:
    if ingestion is None or training is None:
        return []
    known = ingestion.covariates.columns
    unknown = {
        name: sorted(set(recipe.features.covariates) - set(known))
        for name, recipe in training.assigned.items()
    }
    return [
        f"training.recipes.{name}.features.covariates: {names} are not allowed: "
        f"ingestion.covariates.columns has {sorted(known)}"
        for name, names in unknown.items()
        if names
    ]


def _weeks(
    backtest: BacktestParameters | None, evaluation: EvaluationParameters | None
) -> list[str]:
    if backtest is None or evaluation is None or evaluation.gate.min_weeks <= backtest.weeks:
        return []
    problem = (
        f"evaluation.gate.min_weeks: {evaluation.gate.min_weeks} is not allowed: "
        f"backtest.weeks judges {backtest.weeks} only"
    )
    return [problem]


def _calendar(
    fleet: FleetParameters | None,
    ingestion: IngestionParameters | None,
    events: EventParameters | None,
) -> list[str]:
    if fleet is None or ingestion is None or events is None:
        return []
    known = ingestion.events.scope
    unknown = {n: sorted(set(e.where) - set(known)) for n, e in events.of(fleet.name).items()}
    return [
        f"events.calendar.{name}.where: {columns} are not allowed: ingestion.events.scope has "
        f"{sorted(known)}"
        for name, columns in unknown.items()
        if columns
    ]
