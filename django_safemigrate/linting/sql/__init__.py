"""The SQL texts of a migration: which statements it sends, in which transactions."""
