"""What is asked of a run: made definite, held against the model and against the memory there is."""

from .asked import check_drive as check_drive
from .asked import check_stimulus as check_stimulus
from .asked import check_times as check_times
from .asked import checked as checked
from .asked import count_steps as count_steps
from .asked import floating as floating
from .asked import known as known
from .asked import on_grid as on_grid
from .asked import shapes_said as shapes_said
from .asked import within as within
from .choose import check_solver as check_solver
from .choose import join as join
from .choose import method as method
from .choose import split as split
from .meaning import meaningful as meaningful
from .observing import named as named
from .observing import observer as observer
from .space import check_room as check_room
