"""Ours beside other linters: what each reports on the same migrations, and how many migrations a second."""
