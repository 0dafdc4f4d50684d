"""Values: phases, locks, steps, settings, errors. This layer knows nothing else of the package."""
