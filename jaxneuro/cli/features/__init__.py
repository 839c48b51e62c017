"""`jaxneuro features`: what a laboratory publishes of a recording."""

from .command import add_to as add_to
