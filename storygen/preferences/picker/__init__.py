"""A picker: what of several candidates a reader will choose, learned from the text of those that were shown.

`measures` ← `scoring` ← `enough`; `report`: pure Python, for the server. `fitting` ← `training` ←
`train`: with numpy, in a process of its own. This file imports none of them.
"""
