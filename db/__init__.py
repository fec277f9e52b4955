"""SQLite: schema, load, publish, views and queries. All SQL of the project lives here."""
