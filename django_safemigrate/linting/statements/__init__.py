"""What is wrong with SQL statements: one rule per kind of statement, whoever wrote them (people, Django, other packages)."""
