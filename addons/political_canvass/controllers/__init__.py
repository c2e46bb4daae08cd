from . import main, receipt, shift
