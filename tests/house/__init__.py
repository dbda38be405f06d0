"""A Mainstay that really runs, for tests that open it in a browser or kill parts of it."""
