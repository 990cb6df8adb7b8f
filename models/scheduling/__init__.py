"""Cron schedules, locks with fencing, and the executor pool."""
