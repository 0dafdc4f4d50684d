"""Changes that fill or rewrite a large table: by this package, by stock Django, and by the best SQL that one writes by hand.

python -m benchmarks.backfills --help
"""
