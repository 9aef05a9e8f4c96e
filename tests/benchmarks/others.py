"""What a user would do otherwise, measured on a sample of the same fleet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cost import Cost
from tests.benchmarks.fleet import Fleet
from tests.benchmarks.loop import loop_cost
from tests.benchmarks.nixtla import PackagesMissingError, nixtla_costs
from tests.benchmarks.tracking import tracking_cost

__all__ = ["Alternative", "compare"]

PINNED = ["scikit-learn"]
FEW = 3
"""Sample of what takes seconds per sensor."""


@dataclass(frozen=True)
class Alternative:
    """Another way to do the work of some stages.

    Attributes:
        name: for the table.
        instead_of: the stages that do the same work here.
        sample: number of sensors it was measured on.
        cost: per sensor.
    """

    name: str
    instead_of: tuple[str, ...]
    sample: int
    cost: Cost


def compare(
    fleet: Fleet, folder: Path, *, sample: int, tell: Callable[[str], None]
) -> tuple[Alternative, ...]:
    """Measure all alternatives.

    Args:
        fleet: where the sample comes from.
        folder: for databases and environments.
        sample: number of sensors.
        tell: shows people what is being done, and what is left out.
    """
    sample = min(sample, fleet.sensors)
    tell(f"scikit-learn in a loop over {sample} sensors")
    training = ("training",)
    loop = Alternative("scikit-learn, a loop", training, sample, loop_cost(fleet, sample))
    return (loop, *_tracking(folder, sample, tell), *_nixtla(fleet, folder, sample, tell))


def _tracking(folder: Path, sample: int, tell: Callable[[str], None]) -> Iterator[Alternative]:
    stages = ("evaluation", "promotion")
    for name, requirements, size in (
        ("MLflow, a model each, pip_requirements given", PINNED, sample),
        ("MLflow, a model each, as it is by default", None, min(FEW, sample)),
    ):
        tell(f"{name}: {size} sensors")
        place = folder / f"mlflow-{len(requirements or [])}"
        place.mkdir()
        cost = tracking_cost(place, size, requirements=requirements)
        yield Alternative(name, stages, size, cost)


def _nixtla(
    fleet: Fleet, folder: Path, sample: int, tell: Callable[[str], None]
) -> Iterator[Alternative]:
    tell(f"statsforecast and mlforecast on {sample} sensors, in an environment of their own")
    try:
        costs = nixtla_costs(fleet, folder, sample)
    except PackagesMissingError as error:
        tell(f"left out: {error}")
        return
    naive, ridge = costs["seasonal_naive"], costs["local_ridge"]
    yield Alternative("statsforecast, SeasonalNaive", ("baseline",), sample, naive)
    yield Alternative("mlforecast, a ridge each", ("training",), sample, ridge)
