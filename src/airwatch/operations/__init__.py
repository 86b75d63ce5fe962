"""What is done with the pipelines: monitoring that acts, and a walk through the past."""
