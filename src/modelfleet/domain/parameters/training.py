"""Recipes and who gets which."""

from typing import Self

from pydantic import Field, model_validator

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.forecasters.registry import FAST_PATH, check_estimator, has_fast_path
from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.parameters.recipes import RecipeAssignment, RecipeParameters

__all__ = ["TrainingParameters"]


class TrainingParameters(Parameters):
    """Recipes by name, and who gets which; estimators come from the allowed packages only."""

    allowed_packages: tuple[str, ...] = Field(min_length=1)
    recipes: dict[str, RecipeParameters] = Field(min_length=1)
    assign: RecipeAssignment

    @property
    def assigned(self) -> dict[str, RecipeParameters]:
        """The recipes that anybody gets; the others are examples and may need extras."""
        screens = (self.recipes[name].screen for name in self.assign.names)
        used = {*self.assign.names, *(name for name in screens if name in self.recipes)}
        return {name: self.recipes[name] for name in sorted(used)}

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
                check_estimator(recipe.estimator, packages=self.allowed_packages)
            except ConfigurationError as error:
                problems.append(f"recipes.{name}.estimator: {error}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def _screens_are_cheap(self) -> Self:
        problems = []
        for name, recipe in self.recipes.items():
            screen = None if recipe.screen is None else self.recipes.get(recipe.screen)
            if recipe.screen is not None and screen is None:
                known = sorted(set(self.recipes) - {name})
                problems.append(
                    f"recipes.{name}.screen: there is no {recipe.screen!r}, but {known}"
                )
            elif screen is not None and not has_fast_path(screen.estimator):
                problems.append(
                    f"recipes.{name}.screen: {recipe.screen!r} is not cheap; "
                    f"a recipe with one of {sorted(FAST_PATH)} is"
                )
            elif screen is not None and screen.screen is not None:
                problems.append(f"recipes.{name}.screen: {recipe.screen!r} has a screen of its own")
        if problems:
            raise ValueError("; ".join(problems))
        return self
