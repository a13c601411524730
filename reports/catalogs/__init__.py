"""The words of the reports, one module a language."""
