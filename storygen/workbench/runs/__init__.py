"""A model evaluated on a split of a dataset: kept on disk row by row, paused, gone on with, compared.

`plan` says what is done, `keeping` where it lies, `evaluating` does it, `running` lets it run beside the
pages, `comparing` and `exporting` make something of what came out.
"""
