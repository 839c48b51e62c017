"""Recordings in files: one reader a format, one answer to which current belongs to which voltage."""

from .quantity import FACTORS as FACTORS
from .quantity import convert as convert
from .read import each_once as each_once
from .read import read_recording as read_recording
from .read import sweep_numbers as sweep_numbers
from .series import COLUMNS as COLUMNS
