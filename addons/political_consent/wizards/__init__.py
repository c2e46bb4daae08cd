from . import (
    base_partner_merge,
    consent_erasure_wizard,
    consent_export_reason,
    consent_record_wizard,
    mailing_consent_confirm,
)
