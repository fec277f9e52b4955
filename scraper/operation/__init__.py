"""A run that nobody watches: schedules, progress and log, metrics, health check, room on disk."""
