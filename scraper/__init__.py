"""Pages in: sources, archive, readers, interpreter, runs and the command line."""
