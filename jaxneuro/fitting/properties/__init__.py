"""What a laboratory publishes of a cell: passive properties, sag, rheobase, f–I curve, features of every step."""

from .intrinsic import IntrinsicProperties as IntrinsicProperties
from .intrinsic import intrinsic_properties as intrinsic_properties
from .passive import PassiveProperties as PassiveProperties
from .passive import passive_properties as passive_properties
