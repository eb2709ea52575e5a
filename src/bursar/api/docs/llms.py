"""`/llms.txt`: the pages as one list of links to Markdown, for programs that read for people."""

from collections.abc import Iterator

from bursar.api.docs.blocks import ENGLISH
from bursar.api.docs.site import Site


def render_llms(site: Site) -> str:
    """The list, by chapter, in English."""
    return "\n".join(_lines(site)).rstrip() + "\n"


def _lines(site: Site) -> Iterator[str]:
    yield from ("# Bursar", "")
    yield "> Prepaid cards, a stablecoin wallet, payouts and one-time passwords behind two signed HTTP APIs."
    yield from ("", "Every page is served as Markdown too: its address and `.md`.", "")
    for api in site.apis.values():
        yield f"- [{api.reading.title}, OpenAPI 3.1]({api.document_path})"
    for key, title, _ in site.chapters(ENGLISH):
        yield from ("", f"## {title}", "")
        for _, pages in site.groups(key, ENGLISH):
            for page in pages:
                name = page.title if page.short in ("", page.title) else f"{page.short}: {page.title}"
                yield f"- [{name}]({site.markdown_path(site.address(page))})"
