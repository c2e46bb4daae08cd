from . import test_branch
from . import test_enrichment
from . import test_gate
from . import test_people
from . import test_visibility
from . import test_zone
