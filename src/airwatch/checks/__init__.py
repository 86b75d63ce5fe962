"""What ``airwatch doctor`` looks at: a function for each thing that a run needs, and none stops the others."""
