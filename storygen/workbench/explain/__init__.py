"""Why a local model says what it says at a place: attention, layers, and what of the context mattered.

Every function takes a model, a text and the tokens chosen after it, and gives plain data with a sentence
that says what it shows and what it does not. Importing this loads no torch.
"""
