"""Greetings that several Python apps share."""


def greeting(name: str, visits: int) -> str:
    """A sentence for the page of an app."""
    return f"{name} was asked {visits} time{'' if visits == 1 else 's'}.\n"
