"""What each stage's results were made from.

Stages may run alone, on what others left on disk. A stamp is a digest of the stamp of the stage
before and of the stage's own configuration, so that the last stage can tell whether all that lies
there belongs together: a release must not name readings or parameters that its models never saw.
"""

import pandas as pd

from modelfleet.domain.errors import FleetError
from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.base import Parameters
from modelfleet.fleet.code import code_digest
from modelfleet.fleet.release_content import readings_digest, shaping_parameters
from modelfleet.fleet.sharded import ReadingsSource

__all__ = ["Stamp", "check_stages", "stamp_stage", "stamp_tables"]

Stamp = dict[str, str]

STAGES = ("validation", "baseline", "training", "evaluation")


def stamp_tables(readings: ReadingsSource, *tables: pd.DataFrame) -> Stamp:
    """The stamp of ingestion: its tables by content."""
    texts = [table.to_csv(index=False) for table in tables]
    return {"made_of": digest_of("ingestion", readings_digest(readings), *texts)}


def stamp_stage(stage: str, before: Stamp, *parameters: Parameters) -> Stamp:
    """The stamp of a stage that ran on what the one before left.

    Args:
        stage: its name.
        before: stamp of the stage before.
        parameters: configuration that shapes its results.
    """
    shaping = canonical_json(shaping_parameters(*parameters))
    return {"made_of": digest_of(stage, before["made_of"], shaping, code_digest())}


def check_stages(
    ingestion: Stamp, evaluation: Stamp, by_stage: dict[str, tuple[Parameters, ...]]
) -> Stamp:
    """Check that what evaluation left was made from today's tables and configuration.

    Args:
        ingestion: stamp of the tables as they are now.
        evaluation: stamp that evaluation left.
        by_stage: configuration of each stage as it is now.

    Returns:
        the stamp of all stages together.

    Raises:
        FleetError: a stage between them ran on something else, or did not run since.
    """
    expected = ingestion
    for stage in STAGES:
        expected = stamp_stage(stage, expected, *by_stage[stage])
    if expected != evaluation:
        raise FleetError(
            "verdicts, models or baselines were made from other readings, parameters or code than "
            "those of this run; nothing was released; run all stages with `kedro run`, which "
            "computes only what changed"
        )
    return expected
