"""The ground floor: pure functions on arrays and frozen values.

Nothing here reads a file, asks a clock or knows Kedro, MLflow or Polars. A sensor is a
position in an array; names are put back on the floors above.
"""
