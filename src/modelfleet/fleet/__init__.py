"""From one sensor to thousands: ingestion, shards, the engine, outcomes and the ledger.

This floor knows tables (Polars) and processes (joblib). It does not know Kedro or MLflow, and where
it needs storage it states a protocol that a store implements.
"""
