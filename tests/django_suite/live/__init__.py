"""Our engine as on a database in use: no table is new, none is small, and what has no safe way runs nonetheless.

In the suite nearly every table is one that the test has just made, and those are changed as Django does. Here each change
goes the long way, and has to end the same.
"""
