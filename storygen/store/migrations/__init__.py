"""How the tables came to be, step by step; run by `storygen.store.database` when a database is opened."""
