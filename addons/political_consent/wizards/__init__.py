from . import (
    base_partner_merge,
    consent_dashboard,
    consent_erasure_wizard,
    consent_export_reason,
    consent_record_wizard,
    mail_compose_message,
    mailing_consent_confirm,
    portal_share,
    privacy_lookup_wizard,
    sms_composer,
)
