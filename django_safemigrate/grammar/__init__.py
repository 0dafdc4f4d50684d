"""What PostgreSQL's own grammar says of a statement: its kind, and the locks as far as the text shows them.

The compiler says the same of its steps, from what it knows; tests compare the two. So nothing here may ask the compiler.
"""
