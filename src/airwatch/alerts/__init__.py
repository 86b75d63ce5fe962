"""Who is told when something goes wrong: incidents, and the channels that their messages take."""

from airwatch.alerts.channels import AlertChannelsDataset

__all__ = ["AlertChannelsDataset"]
