"""Data as the workbench shows it: files of many kinds, Python objects, and the library's own stories.

`opening.open_dataset` opens anything; what comes back is read where it is needed, never as a whole.
"""
