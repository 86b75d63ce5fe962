"""AirWatch: air-quality forecasts, one to seven days ahead, for every EPA monitoring site."""

__version__ = "0.1.0"
