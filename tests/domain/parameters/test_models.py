"""What configuration says once it is valid."""

import pytest
from pydantic import ValidationError

from modelfleet.domain.parameters import Assignment
from modelfleet.domain.parameters.check import SECTIONS
from modelfleet.domain.parameters.fleet import EngineParameters, FleetParameters
from modelfleet.domain.parameters.ingestion import ReadingLayout
from modelfleet.domain.parameters.recipes import RecipeAssignment
from modelfleet.domain.parameters.training import TrainingParameters
from tests.domain.parameters.configuration import shipped


@pytest.mark.parametrize("section", SECTIONS)
def test_configuration_does_not_change_during_a_run(section):
    """What was fingerprinted is what is used."""
    found = SECTIONS[section].model_validate(shipped()[section])
    field = next(iter(SECTIONS[section].model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(found, field, None)


@pytest.mark.parametrize("section", SECTIONS)
def test_configuration_survives_being_written_down(section):
    """What a release stores can be read again and says the same."""
    found = SECTIONS[section].model_validate(shipped()[section])
    written = found.model_dump(mode="json", by_alias=True)
    assert SECTIONS[section].model_validate(written) == found


@pytest.mark.parametrize(
    ("frequency", "minutes"), [("15min", 15), ("60min", 60), ("1h", 60), ("6h", 360), ("1d", 1440)]
)
def test_a_frequency_is_a_grid(frequency, minutes):
    """Minutes, hours and days."""
    fleet = FleetParameters.model_validate(shipped()["fleet"] | {"frequency": frequency})
    assert fleet.grid.step_minutes == minutes


def test_a_sensor_gets_its_own_choice_before_that_of_its_cohort():
    """By its own id, else its cohort, else the default."""
    assigned = Assignment(default="a", cohorts={"x": "b"}, sensors={"s": "c"})
    chosen = [assigned.of("s", "x"), assigned.of("t", "x"), assigned.of("t", "y")]
    assert chosen == ["c", "b", "a"]
    assert assigned.names == {"a", "b", "c"}


def test_several_recipes_may_be_assigned_to_a_sensor():
    """A bare name is a list of one; a list keeps its order and names nothing twice."""
    assigned = RecipeAssignment(default="a", cohorts={"x": ["c", "b"]}, sensors={"s": ["d"]})
    chosen = [assigned.of("s", "x"), assigned.of("t", "x"), assigned.of("t", "y")]
    assert chosen == [("d",), ("c", "b"), ("a",)]
    assert assigned.names == {"a", "b", "c", "d"}
    for wrong in ([], ["a", "a"], 5, [["a"]]):
        with pytest.raises(ValidationError):
            RecipeAssignment(default="a", sensors={"s": wrong})


def test_workers_are_a_number_or_auto():
    """One per core is the default."""
    engine = EngineParameters(backend="loky", sensors_per_task=1)
    assert engine.workers == "auto"
    assert EngineParameters(backend="loky", sensors_per_task=1, workers=2).workers == 2


def test_a_wide_table_names_no_column_of_ids():
    """Its columns are the sensors; times without a zone may be refused."""
    layout = ReadingLayout(kind="wide", timestamp="t")
    assert (layout.sensor_id, layout.value, layout.time_zone) == (None, None, None)


def test_recipes_keep_the_name_that_yaml_gives_their_class():
    """``class`` is a word of Python, not of YAML."""
    training = TrainingParameters.model_validate(shipped()["training"])
    assert training.recipes["linear"].estimator.class_path == "sklearn.linear_model.Ridge"
