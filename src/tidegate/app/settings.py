"""Every setting of every part: the composition root knows them all, the parts know their own."""

from tidegate.core.settings import Catalogue

CATALOGUE = Catalogue([])
