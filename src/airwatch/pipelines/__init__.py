"""The five pipelines, each in a folder of its own."""
