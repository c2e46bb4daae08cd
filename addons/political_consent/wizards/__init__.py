from . import consent_erasure_wizard, mailing_consent_confirm
