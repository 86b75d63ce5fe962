"""The ``airwatch`` command: a module for each group of verbs, thin functions all."""
