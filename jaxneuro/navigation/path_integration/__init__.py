"""Networks that learn to know where they are from how they move, and what their units come to code."""

from .decoding import decode as decode
from .decoding import distance as distance
from .decoding import read as read
from .decoding import ridge as ridge
from .evaluation import Evaluation as Evaluation
from .evaluation import evaluate as evaluate
from .evaluation import isotropic_null as isotropic_null
from .networks import Answer as Answer
from .networks import LIFNetwork as LIFNetwork
from .networks import LSTMNetwork as LSTMNetwork
from .networks import ReLUNetwork as ReLUNetwork
from .networks import network as network
from .paths import Batch as Batch
from .paths import paths as paths
from .paths import targets as targets
from .pattern_formation import pattern_formation as pattern_formation
from .recipe import Recipe as Recipe
from .recipe import banino as banino
from .recipe import small as small
from .recipe import sorscher as sorscher
from .recipe import sorscher_spiking as sorscher_spiking
from .training import train as train
from .update import Training as Training
from .update import answer as answer
from .update import begin as begin
from .update import updates_of as updates_of
