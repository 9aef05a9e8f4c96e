"""The project's pipelines by name."""

from kedro.pipeline import Pipeline

from modelfleet.pipelines import (
    baseline,
    evaluation,
    inference,
    ingestion,
    promotion,
    training,
    validation,
)

__all__ = ["register_pipelines"]


def register_pipelines() -> dict[str, Pipeline]:
    """The stages: six in a row to a release as the default, and inference by itself.

    Inference is no part of the default: a run makes a release, which may wait for people, while
    forecasts are made every day by what is live. ``after_ingestion`` is the default without its
    first stage, for environments that take another one's tables as they are.

    Written out rather than found: ``find_pipelines`` only warns about a stage that cannot be
    imported, and breaks ``kedro run --pipelines`` for names that are not folders.
    """
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "validation": validation.create_pipeline(),
        "baseline": baseline.create_pipeline(),
        "training": training.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
        "promotion": promotion.create_pipeline(),
    }
    later = [stage for name, stage in stages.items() if name != "ingestion"]
    return {
        **stages,
        "inference": inference.create_pipeline(),
        "after_ingestion": sum(later, Pipeline([])),
        "__default__": sum(stages.values(), Pipeline([])),
    }
