"""Questions to PostgreSQL's catalog, answered with small values. Needs a connection, changes nothing."""
