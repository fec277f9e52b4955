"""Days in words."""

from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(moment: date) -> str:
    """`3 Mar 2024`."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
