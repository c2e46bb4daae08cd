from . import base_partner_merge, consent_erasure_wizard, mailing_consent_confirm
