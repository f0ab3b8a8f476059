"""One module per step, each complete in itself: it does not import the tables as they are now."""
