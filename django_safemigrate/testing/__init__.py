"""What projects (and our own tests) use to test against a real PostgreSQL."""
