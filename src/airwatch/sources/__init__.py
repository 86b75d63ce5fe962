"""The only code that speaks to EPA: clients that are asked for a slice and answer with a frame, or raise."""
