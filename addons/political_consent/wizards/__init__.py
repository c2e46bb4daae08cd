from . import mailing_consent_confirm
