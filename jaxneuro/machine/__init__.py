"""What the machine has: memory and devices."""

from .sharding import alike as alike
