"""What can go wrong between a question to EPA and its answer.

Every message is one line that names what was asked, what came back and what to do. No message, cause or
context of these errors holds an e-mail, a key or an address with a query string.
"""

from __future__ import annotations


class SourceError(Exception):
    """A source did not give what it was asked for."""


class SourceUnavailable(SourceError):
    """No usable reply after patient retries: the same request may succeed later."""


class SourceRefused(SourceError):
    """The source understood and said no: the request, its address or the credentials must change."""


class SourceChanged(SourceError):
    """A reply in another shape than the one AirWatch knows: the code must change."""
