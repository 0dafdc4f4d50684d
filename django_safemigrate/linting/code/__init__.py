"""Python code in migrations, read without running it: what it does to which tables, as far as the text shows."""
