"""The model objects: candidates, calibrated distributions and the forecaster that joins them."""
