"""What is raised where a graph is none."""

from __future__ import annotations


class InvalidGraphError(Exception):
    """A graph breaks a rule of the intermediate representation; the message names the operator and the rule."""
