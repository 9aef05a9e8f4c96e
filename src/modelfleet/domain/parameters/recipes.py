"""Recipes: which features, which estimator, for whom."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from modelfleet.domain.parameters.base import Flag, Integer, Number, Parameters

__all__ = [
    "Assignment",
    "EstimatorParameters",
    "FeatureParameters",
    "RecipeAssignment",
    "RecipeParameters",
]

Steps = Annotated[Integer, Field(ge=1)]


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("an entry stands here twice")
    return values


def _gathered(value: Any) -> Any:
    """A bare name is a list of one."""
    return (value,) if isinstance(value, str) else value


Contenders = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(_gathered),
    AfterValidator(_each_once),
]


class FeatureParameters(Parameters):
    """What a model may look at; spans are in steps of the grid."""

    lags: tuple[Steps, ...] = ()
    weeks: tuple[Steps, ...] = ()
    weeks_median: Flag = False
    seasonal_mean: Flag = False
    levels: tuple[Steps, ...] = ()
    deviations: tuple[Steps, ...] = ()
    daily_harmonics: Integer = Field(default=0, ge=0, le=12)
    weekly_harmonics: Integer = Field(default=0, ge=0, le=12)
    weekend: Flag = False
    covariates: tuple[str, ...] = ()
    carry_steps: Integer = Field(default=3, ge=0)
    covariate_carry_steps: Integer = Field(default=24, ge=0)
    max_missing_share: Number = Field(default=0.5, ge=0, le=1)

    _distinct = field_validator("lags", "weeks", "levels", "deviations", "covariates")(_each_once)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.weeks_median and not self.weeks:
            raise ValueError("weeks_median needs at least one entry in weeks")
        if not any((self.lags, self.weeks, self.levels, self.deviations, self.seasonal_mean)):
            raise ValueError("name at least one of lags, weeks, levels, deviations, seasonal_mean")
        return self


class EstimatorParameters(Parameters):
    """A scikit-learn regressor by class path, with the arguments it is made with."""

    class_path: str = Field(alias="class", pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    arguments: dict[str, Any] = Field(default_factory=dict)
    standardise: Flag = True


class RecipeParameters(Parameters):
    """A feature spec plus an estimator spec, and perhaps a cheaper recipe that is tried first."""

    features: FeatureParameters
    estimator: EstimatorParameters
    screen: str | None = None
    screen_probability: Number = Field(default=0.8, gt=0.5, lt=1)


class Assignment(Parameters):
    """Which baseline a sensor gets: by its own id, else its cohort, else the default."""

    default: str
    cohorts: dict[str, str] = Field(default_factory=dict)
    sensors: dict[str, str] = Field(default_factory=dict)

    def of(self, sensor_id: str, cohort: str) -> str:
        """The name that is assigned to a sensor."""
        return self.sensors.get(sensor_id, self.cohorts.get(cohort, self.default))

    @property
    def names(self) -> frozenset[str]:
        """All names that are assigned to anybody."""
        return frozenset({self.default, *self.cohorts.values(), *self.sensors.values()})


class RecipeAssignment(Parameters):
    """Which recipe a sensor gets, or which compete for it: by its own id, its cohort, the default.

    A bare name is a list of one.
    """

    default: Contenders
    cohorts: dict[str, Contenders] = Field(default_factory=dict)
    sensors: dict[str, Contenders] = Field(default_factory=dict)

    def of(self, sensor_id: str, cohort: str) -> tuple[str, ...]:
        """The recipes that are assigned to a sensor, the first of equally good ones first."""
        return self.sensors.get(sensor_id, self.cohorts.get(cohort, self.default))

    @property
    def names(self) -> frozenset[str]:
        """All recipes that are assigned to anybody."""
        lists = (self.default, *self.cohorts.values(), *self.sensors.values())
        return frozenset(name for names in lists for name in names)
