"""Visits and events as files in columns: copies of closed days, made for questions under filters, read by DuckDB.

PostgreSQL stays the truth. Every file can be thrown away at any time; what no file holds is asked of PostgreSQL.
"""
