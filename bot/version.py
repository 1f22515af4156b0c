"""The version of the whole project, named here alone."""

__version__ = "0.1.0"
