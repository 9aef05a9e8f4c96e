"""All errors of a configuration at once, each with its path, what stands there and what may."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.baseline import BaselineParameters
from modelfleet.domain.parameters.evaluation import EvaluationParameters
from modelfleet.domain.parameters.fleet import (
    BacktestParameters,
    EngineParameters,
    FleetParameters,
)
from modelfleet.domain.parameters.ingestion import IngestionParameters
from modelfleet.domain.parameters.promotion import PromotionParameters
from modelfleet.domain.parameters.training import TrainingParameters
from modelfleet.domain.parameters.validation import ValidationParameters

__all__ = ["SECTIONS", "check_parameters"]

SECTIONS: Mapping[str, type[Parameters]] = MappingProxyType(
    {
        "fleet": FleetParameters,
        "backtest": BacktestParameters,
        "engine": EngineParameters,
        "ingestion": IngestionParameters,
        "validation": ValidationParameters,
        "baseline": BaselineParameters,
        "training": TrainingParameters,
        "evaluation": EvaluationParameters,
        "promotion": PromotionParameters,
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
    if len(sections) == len(SECTIONS):
        problems += _between_sections(**sections)
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(
            f"the configuration has {len(problems)} problem(s), nothing was run:\n{lines}"
        )


def _lines(section: str, error: ValidationError) -> list[str]:
    lines = []
    for found in error.errors(include_url=False):
        path = ".".join(str(part) for part in (section, *found["loc"]))
        if found["type"] == "missing":
            lines.append(f"{path}: is missing")
        elif found["type"] == "extra_forbidden":
            lines.append(f"{path}: is not a known key")
        elif isinstance(found["input"], Mapping):
            lines.append(f"{path}: {found['msg']}")
        else:
            lines.append(f"{path}: {found['input']!r} is not allowed: {found['msg']}")
    return lines


def _between_sections(
    fleet: FleetParameters,
    backtest: BacktestParameters,
    training: TrainingParameters,
    evaluation: EvaluationParameters,
    ingestion: IngestionParameters,
    **_: Parameters,
) -> list[str]:
    problems = []
    for name, recipe in training.recipes.items():
        path = f"training.recipes.{name}.features"
        short = [lag for lag in recipe.features.lags if lag < fleet.horizon]
        if short:
            problems.append(
                f"{path}.lags: {short} are not allowed: no lag may be shorter than "
                f"fleet.horizon, which is {fleet.horizon} steps"
            )
        unknown = sorted(set(recipe.features.covariates) - set(ingestion.covariates.columns))
        if unknown:
            problems.append(
                f"{path}.covariates: {unknown} are not allowed: ingestion.covariates.columns "
                f"has {sorted(ingestion.covariates.columns)}"
            )
    if fleet.horizon > fleet.grid.per_week - 1:
        problems.append(
            f"fleet.horizon: {fleet.horizon} is not allowed: weekly baselines need it below "
            f"{fleet.grid.per_week} steps, one week"
        )
    if evaluation.gate.min_weeks > backtest.weeks:
        problems.append(
            f"evaluation.gate.min_weeks: {evaluation.gate.min_weeks} is not allowed: "
            f"backtest.weeks judges {backtest.weeks} only"
        )
    return problems
