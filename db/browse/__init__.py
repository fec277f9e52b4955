"""The database in the browser: what pages show, charts, templates, and the Datasette application that serves them."""
