from clientela import btyd as btyd
from clientela import simulate as simulate
from clientela.api import Sales as Sales
from clientela.api import Table as Table
from clientela.api import read as read
from clientela.api import rfm as rfm

__version__: str
__all__: list[str]
