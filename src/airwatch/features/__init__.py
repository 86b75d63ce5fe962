"""Features: from daily observations to the one table that training, inference and the API read."""
