"""An invoice as UBL 2.1 for the Dutch NLCIUS (SI-UBL 2.0), the CIUS of EN 16931.

Source: EN 16931-1 business terms (BT-n), NLCIUS 1.0.3 rules BR-NL-1 to BR-NL-13.
"""

from decimal import Decimal
from xml.etree import ElementTree as ET

from vitalapp.core.texts import mark, translate
from vitalapp.domains.billing.money import CURRENCY, amount
from vitalapp.domains.billing.schemas import DocumentLine, InvoiceDocument, Party

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_ROOTS = {"invoice": "Invoice", "credit_note": "CreditNote"}
# ISO 6523 codes of the registers (BR-NL-1, BR-NL-10) and UNTDID 1001 codes of the documents (BT-3).
_REGISTER_CODES = {"KVK": "0106", "OIN": "0190"}
_TYPE_CODES = {"invoice": "380", "credit_note": "381"}
_CREDIT_TRANSFER = "30"
_PIECE = "C62"

Node = ET.Element


def render_ubl(document: InvoiceDocument) -> bytes:
    """The UBL of an invoice or credit note, as UTF-8 XML."""
    root_name = _ROOTS[document.kind]
    ET.register_namespace("", f"urn:oasis:names:specification:ubl:schema:xsd:{root_name}-2")
    ET.register_namespace("cac", _CAC)
    ET.register_namespace("cbc", _CBC)
    root = ET.Element(f"{{urn:oasis:names:specification:ubl:schema:xsd:{root_name}-2}}{root_name}")
    _header(root, document)
    _party(_group(root, "AccountingSupplierParty"), document.seller, document.seller.vat_id)
    _party(_group(root, "AccountingCustomerParty"), document.buyer, None)
    _payment(root, document)
    _tax_total(root, document)
    _monetary_total(root, document)
    for number, line in enumerate(document.lines, start=1):
        _line(root, document, number, line)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _header(root: Node, document: InvoiceDocument) -> None:
    _value(root, "CustomizationID", CUSTOMIZATION)
    _value(root, "ProfileID", PROFILE)
    _value(root, "ID", document.number)
    _value(root, "IssueDate", document.issued_on.isoformat())
    if document.kind == "invoice":
        _value(root, "DueDate", document.due_on.isoformat())
    _value(root, f"{_ROOTS[document.kind]}TypeCode", _TYPE_CODES[document.kind])
    _value(root, "DocumentCurrencyCode", CURRENCY)
    _value(root, "BuyerReference", document.contract_reference)
    if document.corrects_number is not None:
        _value(_group(_group(root, "BillingReference"), "InvoiceDocumentReference"), "ID", document.corrects_number)


def _party(parent: Node, party: Party, vat_id: str | None) -> None:
    node = _group(parent, "Party")
    code = _REGISTER_CODES[party.registration_scheme]
    _value(node, "EndpointID", party.registration_number, schemeID=code)
    address = _group(node, "PostalAddress")
    _value(address, "StreetName", party.street)
    _value(address, "CityName", party.city)
    _value(address, "PostalZone", party.postcode)
    _value(_group(address, "Country"), "IdentificationCode", party.country)
    if vat_id is not None:
        tax = _group(node, "PartyTaxScheme")
        _value(tax, "CompanyID", vat_id)
        _value(_group(tax, "TaxScheme"), "ID", "VAT")
    legal = _group(node, "PartyLegalEntity")
    _value(legal, "RegistrationName", party.name)
    _value(legal, "CompanyID", party.registration_number, schemeID=code)
    contact = _group(node, "Contact")
    _value(contact, "ElectronicMail", party.email)


def _payment(root: Node, document: InvoiceDocument) -> None:
    if document.seller.iban is None or document.kind == "credit_note":
        return
    means = _group(root, "PaymentMeans")
    _value(means, "PaymentMeansCode", _CREDIT_TRANSFER)
    _value(means, "PaymentID", document.number)
    _value(_group(means, "PayeeFinancialAccount"), "ID", document.seller.iban)


def _tax_total(root: Node, document: InvoiceDocument) -> None:
    total = _group(root, "TaxTotal")
    _money(total, "TaxAmount", document.vat_cents)
    subtotal = _group(total, "TaxSubtotal")
    _money(subtotal, "TaxableAmount", document.net_cents)
    _money(subtotal, "TaxAmount", document.vat_cents)
    category = _tax_category(subtotal, "TaxCategory", document)
    if document.vat.exemption_reason is not None:
        category.insert(2, _named("TaxExemptionReason", document.vat.exemption_reason))


def _monetary_total(root: Node, document: InvoiceDocument) -> None:
    total = _group(root, "LegalMonetaryTotal")
    _money(total, "LineExtensionAmount", document.net_cents)
    _money(total, "TaxExclusiveAmount", document.net_cents)
    _money(total, "TaxInclusiveAmount", document.gross_cents)
    _money(total, "PayableAmount", document.gross_cents)


def _line(root: Node, document: InvoiceDocument, number: int, line: DocumentLine) -> None:
    is_credit = document.kind == "credit_note"
    node = _group(root, "CreditNoteLine" if is_credit else "InvoiceLine")
    _value(node, "ID", str(number))
    _value(node, "CreditedQuantity" if is_credit else "InvoicedQuantity", str(line.sessions), unitCode=_PIECE)
    _money(node, "LineExtensionAmount", line.amount_cents)
    item = _group(node, "Item")
    _value(item, "Name", translate("nl", mark("Vitality session")))
    if line.reference is not None:
        _value(_group(item, "SellersItemIdentification"), "ID", line.reference)
    _tax_category(item, "ClassifiedTaxCategory", document)
    _money(_group(node, "Price"), "PriceAmount", line.unit_price_cents)


def _tax_category(parent: Node, name: str, document: InvoiceDocument) -> Node:
    category = _group(parent, name)
    _value(category, "ID", document.vat.category)
    _value(category, "Percent", _percent(document.vat.rate))
    _value(_group(category, "TaxScheme"), "ID", "VAT")
    return category


def _percent(rate: Decimal) -> str:
    return format(rate, ".2f")


def _money(parent: Node, name: str, cents: int) -> None:
    _value(parent, name, amount(cents), currencyID=CURRENCY)


def _group(parent: Node, name: str) -> Node:
    return ET.SubElement(parent, f"{{{_CAC}}}{name}")


def _value(parent: Node, name: str, text: str, **attributes: str) -> None:
    node = _named(name, text)
    node.attrib.update(attributes)
    parent.append(node)


def _named(name: str, text: str) -> Node:
    node = ET.Element(f"{{{_CBC}}}{name}")
    node.text = text
    return node
