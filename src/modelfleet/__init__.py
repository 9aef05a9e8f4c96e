"""Modelfleet runs thousands of small forecasting models as one fleet, on Kedro."""

__all__ = ["__version__"]

__version__ = "0.1.0"
