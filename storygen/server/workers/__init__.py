"""Model workers: their processes, which of them are loaded, and what is asked of them."""
