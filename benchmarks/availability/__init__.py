"""What an application sees while its schema is changed, by change, by what is in the way, and by tool.

python -m benchmarks.availability --help
"""
