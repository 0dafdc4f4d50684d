"""Django's own test suite, run on stock's engine and on ours, and compared test by test: python -m tests.django_suite."""
