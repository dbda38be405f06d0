"""Starts Mainstay on a machine that has nothing but Python: packages, front end, database, broker, processes.

Runs before any package is installed, so it imports the standard library only.
"""
