"""Recipes and who gets which."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.forecasters.registry import find_estimator
from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.recipes import Assignment, RecipeParameters

__all__ = ["TrainingParameters"]


class TrainingParameters(Parameters):
    """Recipes by name, and who gets which; estimators come from the allowed packages only."""

    allowed_packages: tuple[str, ...] = Field(min_length=1)
    recipes: dict[str, RecipeParameters] = Field(min_length=1)
    assign: Assignment

    @property
    def assigned(self) -> dict[str, RecipeParameters]:
        """The recipes that anybody gets; the others are examples and may need extras."""
        return {name: self.recipes[name] for name in sorted(self.assign.names)}

    @model_validator(mode="after")
    def _assigned_recipes_exist(self) -> Self:
        unknown = sorted(self.assign.names - set(self.recipes))
        if unknown:
            raise ValueError(f"assigns {unknown}, but the recipes are {sorted(self.recipes)}")
        return self

    @model_validator(mode="after")
    def _estimators_can_be_made(self) -> Self:
        problems = []
        for name, recipe in self.assigned.items():
            try:
                find_estimator(recipe.estimator, packages=self.allowed_packages)
            except ConfigurationError as error:
                problems.append(f"recipes.{name}.estimator: {error}")
        if problems:
            raise ValueError("; ".join(problems))
        return self
