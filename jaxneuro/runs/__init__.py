"""What is asked of a run: made definite, held against the model and against the memory there is."""

from .asked import aims as aims
from .asked import check_drive as check_drive
from .asked import check_method as check_method
from .asked import check_stimulus as check_stimulus
from .asked import check_times as check_times
from .asked import checked as checked
from .asked import count_steps as count_steps
from .asked import exists as exists
from .asked import floating as floating
from .asked import known as known
from .asked import on_grid as on_grid
from .asked import shapes_said as shapes_said
from .asked import within as within
from .observing import named as named
from .observing import observer as observer
from .observing import valid as valid
from .space import check_room as check_room
