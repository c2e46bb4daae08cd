from . import canonical, fold
