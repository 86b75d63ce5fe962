"""The frame around a report: a title that marks what is simulated, and notes on what it holds and lacks."""

from __future__ import annotations

from html import escape

from airwatch.parameters import RunParams

STYLE = "font-family:system-ui,sans-serif;max-width:70rem;margin:1.5rem auto;padding:0 1rem;line-height:1.5"


def titled(what: str, run: RunParams) -> str:
    """A title with the day it is true for; data of the sandbox are marked as such."""
    return f"{what}, as of {run.as_of}{' (sandbox: simulated data)' if run.source == 'sandbox' else ''}"


def heading(title: str, what: str, run: RunParams) -> dict[str, object]:
    """What the head of a page of ours says: its title, and the run that it is of."""
    return {
        "title": titled(title, run),
        "heading": what,
        "area": str(run.area),
        "as_of": str(run.as_of),
        "source": run.source_label,
        "simulated": run.source == "sandbox",
    }


def with_header(page: str, title: str, notes: list[str]) -> str:
    """A page of Evidently's with a title and notes at its top.

    Raises:
        ValueError: The page has no body to put them in.
    """
    head, tag, rest = page.partition("<body>")
    if not tag:
        raise ValueError("The report is not a page: it has no <body>.")
    head = head.replace("<head>", f"<head><title>{escape(title)}</title>", 1)
    return f"{head}{tag}{_header(title, notes)}{rest}"


def plain_page(title: str, notes: list[str]) -> str:
    """A page that holds the title and the notes alone."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="UTF-8"><title>{escape(title)}</title></head>'
        f"<body>{_header(title, notes)}</body></html>\n"
    )


def _header(title: str, notes: list[str]) -> str:
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<header style="{STYLE}"><h1>{escape(title)}</h1><ul>{lines}</ul></header>'
