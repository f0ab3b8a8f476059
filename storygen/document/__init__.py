"""The live text of one story: a CRDT replica with exact knowledge of who wrote which character.

Offsets in this package are UTF-8 bytes unless a name says otherwise; clocks are UTF-16 units.
"""
