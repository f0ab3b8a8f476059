"""The dataset of a reader's choices, in the forms that Hugging Face's `datasets` and TRL read; and back.

    observations → privacy (who consented, pseudonyms) → rows (raw, dpo, kto, reward) → files → README.md

All of it is pure but `writing.py`, `files.py`, `reading.py` and `row_files.py`. pyarrow is imported only
inside functions of `files.py` and `row_files.py`, when a Parquet file is at hand.
"""
