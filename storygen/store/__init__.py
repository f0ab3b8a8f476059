"""What is kept: records (`records.py`) and the database behind them (`store.py`).

Importing this package, or its records, loads no database library; `storygen.store.store` does.
"""
