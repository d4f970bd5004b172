"""What the columns of this domain are."""

from vitalapp.core.data_map import Category, Retention, Table
from vitalapp.core.texts import mark

CONTACT_DAYS = 90

CATEGORIES = [
    Category(
        key="contact",
        purpose=mark("Answering what you ask us through the contact form"),
        legal_basis="GDPR 6(1)(f)",
        retention=mark("90 days from your message"),
        recipients=(mark("Our support staff"),),
    ),
]

# Who writes need not have an account and is not looked up, so a message hangs on nobody; its term deletes it.
TABLES = [
    Table(
        store="identity",
        name="contact_messages",
        category="contact",
        columns={"contact_message_id": "identifier", "payload_sealed": "sealed", "received_at": "instant"},
        erasure="none",
        observed_at="received_at",
        retention=Retention(column="received_at", days=CONTACT_DAYS),
    ),
]
