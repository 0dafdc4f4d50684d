"""Random pairs of model states, and what has to hold for each of them.

A pair is two to four models, and the same up to ten changes later. ``models`` and ``changes`` make pairs of plain data with
Hypothesis, ``states`` makes them Django's. ``test_phases`` looks at what makemigrations writes, without a database;
``test_two_versions`` runs it under two versions of the code. Both take a small sample. For more, collected instead of stopped
at the first failure, with seeds that give the same pairs again::

    python -m tests.random_pairs --pairs 1000 --seed 42 --jobs 2
"""
