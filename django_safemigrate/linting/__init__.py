"""The review of migrations before they are merged: checks, which of them count, and corrections."""
