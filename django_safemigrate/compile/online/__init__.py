"""Columns that change beside reads and writes: by way of a second column, which a trigger keeps in step.

``columns`` adds the second column, ``copies`` gives it what the first one has, ``swap`` exchanges the two, ``finish`` drops
what is left. ``types`` and ``names`` put these together, for a change of type and for a change of name.
"""
