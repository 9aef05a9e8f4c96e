"""The promotion stage."""

from modelfleet.pipelines.promotion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
