"""Sources of raw rows: files, Delta tables and PostgreSQL tables, read and never written.

Each dataset loads a :class:`~modelfleet.fleet.ingest.batches.RawSource`. Import a dataset from its
own module: heavy libraries load where they are used.
"""
