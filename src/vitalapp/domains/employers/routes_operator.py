"""Where the operator enters employers, contracts, links and keys; secrets are in the answer once."""

from uuid import UUID

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from vitalapp.core.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, make_page
from vitalapp.core.resources import Resources
from vitalapp.core.staff_auth import require_staff
from vitalapp.domains.employers import service
from vitalapp.domains.employers.schemas import (
    ContractEnd,
    ContractInput,
    ContractRecord,
    EmployerInput,
    EmployerRecord,
    KeyInput,
    KeyRecord,
    KeySecret,
    LinkInput,
    LinkSecret,
)


@post("/employers", operation_id="create_employer")
async def create_employer(data: JSONBody[EmployerInput], resources: NamedDependency[Resources]) -> EmployerRecord:
    """Enter an employer."""
    return await service.create_employer(resources, data)


@get("/employers", operation_id="list_employers")
async def list_employers(
    resources: NamedDependency[Resources], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EmployerRecord]:
    """The employers."""
    after = decode_cursor(cursor, tuple[UUID])
    rows = await service.list_employers(resources, after=after and after[0], limit=limit + 1)
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.id,))


@post("/employers/{employer_id:uuid}/contracts", operation_id="create_contract")
async def create_contract(
    employer_id: FromPath[UUID], data: JSONBody[ContractInput], resources: NamedDependency[Resources]
) -> ContractRecord:
    """Enter a contract: one session price, for coach and psychologist alike."""
    return await service.create_contract(resources, employer_id, data)


@get("/employers/{employer_id:uuid}/contracts", operation_id="list_contracts")
async def list_contracts(
    employer_id: FromPath[UUID], resources: NamedDependency[Resources], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[ContractRecord]:
    """The contracts of an employer."""
    after = decode_cursor(cursor, tuple[UUID])
    rows = await service.list_contracts(resources, employer_id, after=after and after[0], limit=limit + 1)
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.id,))


@patch("/employers/{employer_id:uuid}/contracts/{contract_id:uuid}", operation_id="end_contract")
async def end_contract(
    employer_id: FromPath[UUID],
    contract_id: FromPath[UUID],
    data: JSONBody[ContractEnd],
    resources: NamedDependency[Resources],
) -> ContractRecord:
    """Set the last day of a contract; its accounts are warned, and forgotten a year after that day (S0-09)."""
    return await service.end_contract(resources, employer_id, contract_id, data)


@post(
    "/employers/{employer_id:uuid}/contracts/{contract_id:uuid}/registration-links",
    operation_id="create_registration_link",
)
async def create_registration_link(
    employer_id: FromPath[UUID],
    contract_id: FromPath[UUID],
    data: JSONBody[LinkInput],
    resources: NamedDependency[Resources],
) -> LinkSecret:
    """Make a link that employees register with; it says which contract, and nothing below that (S0-16)."""
    return await service.create_registration_link(resources, employer_id, contract_id, data)


@delete(
    "/employers/{employer_id:uuid}/contracts/{contract_id:uuid}/registration-links",
    operation_id="revoke_registration_links",
)
async def revoke_registration_links(
    employer_id: FromPath[UUID], contract_id: FromPath[UUID], resources: NamedDependency[Resources]
) -> None:
    """End every registration link of a contract at once, where one has gone astray; who has registered stays."""
    await service.revoke_registration_links(resources, employer_id, contract_id)


@get("/employers/{employer_id:uuid}/api-keys", operation_id="list_api_keys")
async def list_api_keys(
    employer_id: FromPath[UUID], resources: NamedDependency[Resources], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[KeyRecord]:
    """The API keys of an employer, ended ones too; the keys themselves are not kept."""
    after = decode_cursor(cursor, tuple[UUID])
    rows = await service.list_api_keys(resources, employer_id, after=after and after[0], limit=limit + 1)
    return make_page(rows, limit=limit, to_item=lambda row: row, to_key=lambda row: (row.id,))


@post("/employers/{employer_id:uuid}/api-keys", operation_id="create_api_key")
async def create_api_key(
    employer_id: FromPath[UUID], data: JSONBody[KeyInput], resources: NamedDependency[Resources]
) -> KeySecret:
    """Make an API key; to rotate, make a new one and delete the old one when it is out of use."""
    return await service.create_api_key(resources, employer_id, data)


@delete("/employers/{employer_id:uuid}/api-keys/{key_id:uuid}", operation_id="revoke_api_key")
async def revoke_api_key(employer_id: FromPath[UUID], key_id: FromPath[UUID], resources: NamedDependency[Resources]) -> None:
    """End an API key; it answers to nothing from the next request."""
    await service.revoke_api_key(resources, employer_id, key_id)


ROUTES = [
    Router(
        path="/admin/v1",
        route_handlers=[
            create_employer,
            list_employers,
            create_contract,
            list_contracts,
            end_contract,
            create_registration_link,
            revoke_registration_links,
            create_api_key,
            list_api_keys,
            revoke_api_key,
        ],
        guards=[require_staff("operator")],
        tags=["Operator"],
    )
]
