"""The state of the install."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.schemas.ledger import ProofOut
from bursar.api.operator.schemas.system import DoctorOut, PortOut, SystemOut, WorkOut
from bursar.ledger.store import Books
from bursar.staff.roles import Permission

route = Route("System", "Versions, processes, work that waits, the last proof, and what stands behind each port.")


@route.get("/system", Permission.SYSTEM_READ)
async def get_system(call: Call) -> SystemOut:
    """Show versions, processes, work that is due or dead, and the last proof of the books."""
    system = call.services.system
    versions, proofs = await system.versions(), await Books(call.services.ground.database).list_proofs(None, 1)
    return SystemOut(
        version=versions.program,
        migration=versions.migration,
        schema_version=versions.schema,
        python=versions.python,
        mode=versions.mode,
        modules=list(versions.modules),
        now=call.now,
        processes=await system.processes(),
        backlog=[WorkOut.of(work) for work in await system.backlog()],
        last_proof=ProofOut.of(proofs[0]) if proofs else None,
    )


@route.get("/system/doctor", Permission.SYSTEM_READ)
async def examine_system(call: Call) -> DoctorOut:
    """Try every port of the install, as `bursar doctor` does; it takes seconds where one does not answer."""
    found = await call.services.system.examine()
    return DoctorOut(well=not any(each.fault for each in found), ports=[PortOut.of(each) for each in found])
