"""The ledger: every forecast ever issued, in files that are added and never rewritten, chained by their hashes.

<source>/<origin>/0000.parquet    the first issue from that origin, 0001 what a later run added, ...
"""

from airwatch.ledger.dataset import SUFFIX, LedgerDataset, read_parts
from airwatch.ledger.verification import Chain, Fault, verify_chain

__all__ = ["SUFFIX", "Chain", "Fault", "LedgerDataset", "read_parts", "verify_chain"]
