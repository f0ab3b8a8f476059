"""`python -m storygen bench`: what the system costs, beside a bare loop, in one run on one machine.

Both sides use the same model, precision, threads and prompt, and take turns, so that what the machine
does meanwhile hits both alike. Nothing here is imported by the server or the worker.
"""
