"""Settings, split by concern; every value that differs between places comes through `config.env`."""

from __future__ import annotations

from .base import *
from .api import *
from .auth import *
from .background import *
from .crm import *
from .destinations import *
from .front import *
from .languages import *
from .logs import *
from .mail import *
from .outbound import *
from .security import *
from .tracking import *
