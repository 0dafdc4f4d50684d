"""From Django's operations to Steps: a schema editor that writes down what it would do, and how each thing is done safely."""
