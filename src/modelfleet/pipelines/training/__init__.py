"""The training stage."""

from modelfleet.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
