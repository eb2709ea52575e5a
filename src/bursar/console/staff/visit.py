"""The visits of the staff, and the declaration of their pages."""

from bursar.api.staff_services import Services
from bursar.console.page import Page
from bursar.console.visit import Visit

StaffVisit = Visit[Services]
StaffPage = Page[Services]
