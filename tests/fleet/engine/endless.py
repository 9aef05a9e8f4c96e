"""A run that does not end by itself: ``python -m tests.fleet.engine.endless loky folder``."""

import sys
from pathlib import Path

from modelfleet.domain.parameters.fleet import EngineParameters
from modelfleet.fleet.engine import map_shards
from modelfleet.stores.workspace import ObjectWorkspace
from tests.fleet.engine.tasks import MANY, MANY_SOURCE, SumTask


def main(backend: str, folder: str) -> None:
    """Every sensor takes a second, and there are forty."""
    ids = [sensor_id for shard in MANY.values() for sensor_id in shard]
    task = SumTask(MANY, str(Path(folder, "marks")), deeds=dict.fromkeys(ids, "wait"))
    engine = EngineParameters.model_validate(
        {"backend": backend, "workers": 2, "sensors_per_task": 1}
    )
    map_shards(task, source=MANY_SOURCE, workspace=ObjectWorkspace(folder), engine=engine)


if __name__ == "__main__":
    main(*sys.argv[1:])
