"""The validation stage."""

from modelfleet.pipelines.validation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
