"""What every learning, training and fitting comes to."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..summary import Summarised

State = TypeVar("State")
Row = dict[str, Any]  # figures by name: numbers, lists or arrays of them


@dataclass(frozen=True, repr=False)
class Trained(Summarised, Generic[State]):
    """What a learning came to.

    Attributes:
        state: What was learned: that of the best row where rows have a merit, else the last; always one that is finite.
        history: A row for each chunk: how many steps are made, under the name of their unit; the learner's figures; `seconds`.
        status: "finished", "stopped early", "out of time", "interrupted", or in the learner's words why it ended, such as
            "not finite: loss in step 17".
        best: Index of the best row; the last where rows have no merit; -1 for none.
    """

    state: State
    history: list[Row]
    status: str
    best: int = -1
