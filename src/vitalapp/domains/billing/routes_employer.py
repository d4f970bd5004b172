"""What an employer may read: confirmations and invoices, these fields and no others (S1-36, C7)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from vitalapp.core.employer_auth import Employer, Scope, provide_employer, require_employer
from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.domains.billing import reading
from vitalapp.domains.billing.presentation import confirmation_key, invoice_key, show_confirmation, show_invoice_row
from vitalapp.domains.billing.schemas import BillingConfirmation, ConfirmationKind, IntakeConfirmation, Invoice

Confirmation = IntakeConfirmation | BillingConfirmation
Kind = Annotated[ConfirmationKind | None, QueryParameter(description="Only confirmations of this kind.")]


@get("/confirmations", operation_id="list_confirmations")
async def list_confirmations(
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
    kind: Kind = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Confirmation]:
    """Confirmations, newest release first; within a release their order says nothing.

    Intakes are confirmed together on Mondays. Contracts for fewer than 25 employees get no separate intake confirmations, and small
    groups one line of totals.
    """
    rows = await reading.list_confirmations(
        resources,
        employer.employer_id,
        kind=kind,
        before=decode_cursor(cursor, tuple[date, ConfirmationKind, UUID]),
        limit=limit,
    )
    return make_page(rows, limit=limit, to_item=show_confirmation, to_key=confirmation_key)


@get("/confirmations/{confirmation_id:uuid}", operation_id="get_confirmation")
async def get_confirmation(
    confirmation_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Confirmation:
    """One confirmation."""
    return await reading.get_confirmation(resources, employer.employer_id, confirmation_id)


@get("/invoices", operation_id="list_invoices")
async def list_invoices(
    employer: NamedDependency[Employer],
    resources: NamedDependency[Resources],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Invoice]:
    """Invoices and credit notes, newest first."""
    rows = await reading.list_invoices(
        resources, employer.employer_id, before=decode_cursor(cursor, tuple[date, str]), limit=limit
    )
    return make_page(rows, limit=limit, to_item=show_invoice_row, to_key=invoice_key)


@get("/invoices/{invoice_id:uuid}", operation_id="get_invoice")
async def get_invoice(
    invoice_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Invoice:
    """One invoice or credit note."""
    return await reading.get_invoice(resources, employer.employer_id, invoice_id)


@get("/invoices/{invoice_id:uuid}/ubl", operation_id="get_invoice_ubl", media_type="application/xml")
async def get_invoice_ubl(
    invoice_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Response[bytes]:
    """The invoice as UBL 2.1 for the Dutch NLCIUS (EN 16931)."""
    document = await reading.render_invoice(resources, employer.employer_id, invoice_id, form="ubl")
    return _attachment(document.content, document.file_name, media_type="application/xml")


@get("/invoices/{invoice_id:uuid}/pdf", operation_id="get_invoice_pdf", media_type="application/pdf")
async def get_invoice_pdf(
    invoice_id: FromPath[UUID], employer: NamedDependency[Employer], resources: NamedDependency[Resources]
) -> Response[bytes]:
    """The invoice as a PDF."""
    document = await reading.render_invoice(resources, employer.employer_id, invoice_id, form="pdf")
    return _attachment(document.content, document.file_name, media_type="application/pdf")


def _attachment(content: bytes, file_name: str, *, media_type: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(content, media_type=media_type, headers=headers)


def _router(scope: Scope, handlers: list[ControllerRouterHandler]) -> Router:
    return Router(
        path="/employer/v1",
        route_handlers=handlers,
        guards=[require_employer(scope)],
        dependencies={"employer": Provide(provide_employer)},
        tags=["Employers"],
    )


ROUTES = [
    _router("confirmations", [list_confirmations, get_confirmation]),
    _router("invoices", [list_invoices, get_invoice, get_invoice_ubl, get_invoice_pdf]),
]
