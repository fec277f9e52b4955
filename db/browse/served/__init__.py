"""Datasette with our pages before it: one database, read-only, within limits."""
