"""What a reader's choices say: parameters drawn, choices counted, learned from, exported.

Pure but for the program that learns in `picker/` and the files that `dataset/` writes: no socket, clock,
store or model. What it knows of the rest of the program is `observations.py`, which others fill.
"""
