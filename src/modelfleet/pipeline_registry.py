"""The project's pipelines by name."""

from kedro.pipeline import Pipeline

from modelfleet.pipelines import baseline, evaluation, ingestion, promotion, training, validation

__all__ = ["register_pipelines"]


def register_pipelines() -> dict[str, Pipeline]:
    """The six stages, all of them in a row as the default, and all that follow ingestion.

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
        "after_ingestion": sum(later, Pipeline([])),
        "__default__": sum(stages.values(), Pipeline([])),
    }
