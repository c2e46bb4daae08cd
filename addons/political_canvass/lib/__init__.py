from . import addresses, notes, payload, snapshot, walk
