"""The baseline stage."""

from modelfleet.pipelines.baseline.pipeline import create_pipeline

__all__ = ["create_pipeline"]
