"""The samples of the pages do what the pages say, against a running sandbox, in every language that is installed."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bursar.api.docs.blocks import Code, Page, Tabs
from bursar.api.docs.contents import Contents
from bursar.api.docs.samples import LANGUAGES
from bursar.sandbox.control.samples import answers, samples
from tests.e2e.install import Install
from tests.e2e.scene import PICTURE

from . import vectors
from .controls import STREAM, run_controls

SIGNING = {each.name: each for each in LANGUAGES}
NEEDS = {
    "curl": ("bash", "curl", "openssl", "jq", "xxd"),
    "TypeScript": ("node", "npm"),
    "Java": ("javac",),
    "PHP": ("php",),
    "Go": ("go",),
}
PHPSECLIB = "exit((int) (stream_resolve_include_path('phpseclib3/autoload.php') === false));"
RECHARGED = "recharged: 100.00 USD"
NOT_AUTHENTICATED = {401, 403, 1004, 1200, 1201, 1202, 1203, 1204, 1208, 1209, 1210, 1213}
NOT_UNDERSTOOD = {1102, 1103, 10300, 10302}
"""Refusals of a parameter's presence or form, which no example may meet. Ids of examples are nobody's, so that most
calls are refused later."""


@pytest.fixture(scope="module")
def folder(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page Signing, and a picture."""
    made = tmp_path_factory.mktemp("samples")
    for each in LANGUAGES:
        (made / each.file).write_text(each.signing(), "utf-8")
    (made / "passport.png").write_bytes(PICTURE)
    return made


def run(folder: Path, install: Install, *command: str) -> subprocess.CompletedProcess[str]:
    """A program in the folder, with the keys of the install."""
    return subprocess.run(command, cwd=folder, env=environment(install), capture_output=True, text=True, timeout=120)


def environment(install: Install) -> dict[str, str]:
    """That of a sample."""
    return {**os.environ, "BURSAR_SANDBOX": str(install.home / "sandbox.json")}


def needed(language: str) -> None:
    """Skips, loudly, where the language's tools are missing."""
    missing = [name for name in NEEDS.get(language, ()) if shutil.which(name) is None]
    if language == "PHP" and not missing and subprocess.run(["php", "-r", PHPSECLIB]).returncode:
        missing = ["phpseclib"]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed: the samples in {language} are not tried")


def page_of(contents: Contents, path: str) -> Page:
    """A page that exists."""
    page = contents.site.find(path)
    assert page is not None
    return page


def programs(contents: Contents, path: str) -> dict[str, str]:
    """The programs of a page, by language."""
    (tabs,) = [block for block in page_of(contents, path).blocks if isinstance(block, Tabs)]
    return {sample.title: sample.text for sample in tabs.samples}


@pytest.mark.parametrize("path", ["/docs/start", "/docs/sdks"])
def test_the_program_in_python_recharges_a_card(contents: Contents, folder: Path, install: Install, path: str) -> None:
    (folder / "start.py").write_text(programs(contents, path)["Python"], "utf-8")
    ran = run(folder, install, sys.executable, "start.py")
    assert ran.stdout.strip() == RECHARGED, ran.stderr


def test_bash_seals_signs_and_opens(folder: Path, install: Install) -> None:
    """All of its parts; the whole of Start in bash takes too long for the suite."""
    needed("curl")
    script = """set -euo pipefail
. ./signing.sh
card merchant/info <<< '{}' | jq -c .code
card_sealed card/registerable/list <<< '{}' | jq -r '.data[0].cardId'
card_upload common/file/upload passport.png fileType=1 | jq -c .code
payout GET merchant/balance <<< '' | jq -c '.data | length'
payout GET payee/custom/list <<< '{"pageno": 1, "identity": "1098765432"}' | jq -c .code
payout POST payee/custom/create <<< '{"identity": "1098765432"}' | jq -c '.data.parameter'
[ "$(printf %s 1098765432 | seal | base64 -d | wc -c)" = 256 ] && echo sealed
"""
    ran = run(folder, install, "bash", "-c", script)
    assert ran.stdout.split() == ["0", "V-USD-1", "0", "3", "200", '"mercustomid"', "sealed"], ran.stderr


def test_the_program_without_an_sdk_in_typescript_is_typed_and_recharges_a_card(
    contents: Contents, folder: Path, install: Install, tmp_path: Path
) -> None:
    needed("TypeScript")
    compiler = typescript()
    (folder / "start.ts").write_text(programs(contents, "/docs/sdks")["TypeScript"], "utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(compiler / "node_modules")
    tsc = str(compiler / "node_modules/.bin/tsc")
    compiled = run(folder, install, tsc, *TSC.split(), "--outDir", str(tmp_path), "start.ts", "signing.ts")
    assert compiled.returncode == 0, compiled.stdout
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ran = run(tmp_path, install, "node", "start.js")
    assert ran.stdout.strip() == RECHARGED, ran.stderr


def typescript() -> Path:
    """The folder that has the compiler, as `.ci/run` installs it."""
    found = Path(__file__).parents[2] / ".ci"
    if not (found / "node_modules/.bin/tsc").exists():
        pytest.skip("TypeScript is not installed: its samples are not tried")
    return found


def test_every_sample_in_python_is_authenticated_and_understood(
    contents: Contents, folder: Path, install: Install
) -> None:
    samples = dict(python_samples(contents))
    assert len(samples) > 90
    (folder / "all.json").write_text(json.dumps(samples))
    ran = run(folder, install, sys.executable, "-c", ALL)
    assert ran.returncode == 0, ran.stderr
    codes: dict[str, Any] = json.loads(ran.stdout)
    assert codes.keys() == samples.keys()
    refused = {path: code for path, code in codes.items() if code in NOT_AUTHENTICATED | NOT_UNDERSTOOD}
    assert refused == {}


ALL = """
import contextlib, io, json
answers = {}
for path, sample in json.load(open("all.json")).items():
    with contextlib.redirect_stdout(io.StringIO()):
        names = {}
        exec(sample, names)
        answers[path] = (names["answer"] or {"code": 200})["code"]  # None where a file was saved
print(json.dumps(answers))
"""


def python_samples(contents: Contents) -> Any:
    """Each sample, by its page."""
    for page in contents.site.pages:
        for block in page.aside:
            if isinstance(block, Tabs):
                yield from ((page.path, each.text) for each in block.samples if each.title == "Python")


@pytest.mark.parametrize("language", ["Java", "PHP", "Go"])
def test_every_sample_in_a_compiled_language_is_authenticated_and_understood(
    contents: Contents, folder: Path, install: Install, language: str
) -> None:
    """All samples in one program, which is compiled once."""
    needed(language)
    found = [
        (page.path, each.text)
        for page in contents.site.pages
        for block in page.aside
        if isinstance(block, Tabs)
        for each in block.samples
        if each.title == language
    ]
    assert len(found) > 90
    ran = run(folder, install, "bash", "-c", PROGRAMS[language](folder, [text for _, text in found]))
    printed = ran.stdout.split(MARK)[1:]
    assert len(printed) == len(found), ran.stderr[-2000:]
    refused, unread = {}, []
    for (path, _), said in zip(found, printed, strict=True):
        code = re.search(r"\bcode\W+(\d+)", said)
        if code is None:
            unread.append(path)
        elif int(code[1]) in NOT_AUTHENTICATED | NOT_UNDERSTOOD:
            refused[path] = said[:300]
    assert refused == {}
    assert set(unread) <= {STATEMENT}, "only a file is no JSON"


STATEMENT = "/docs/payout/payee/statement"


@pytest.mark.parametrize("language", [each.name for each in LANGUAGES])
def test_the_sample_of_a_statement_saves_the_file(
    contents: Contents, folder: Path, install: Install, language: str, tmp_path: Path
) -> None:
    needed(language)
    (tabs,) = [block for block in page_of(contents, STATEMENT).aside if isinstance(block, Tabs)]
    (sample,) = [each.text for each in tabs.samples if each.title == language]
    day = re.search(r"\d{4}-\d\d-\d\d", sample)
    assert day is not None
    with install.sandbox() as sandbox:
        sandbox.request("POST", "statements", {"day": day[0]})
    (folder / "statement.xlsx").unlink(missing_ok=True)
    ran = run(folder, install, "bash", "-c", alone(folder, language, sample, tmp_path))
    assert ran.stdout.strip() == ("" if language == "curl" else "saved: statement.xlsx"), ran.stderr
    with zipfile.ZipFile(folder / "statement.xlsx") as file:
        assert "xl/workbook.xml" in file.namelist()


def alone(folder: Path, language: str, sample: str, compiled: Path) -> str:
    """The command that runs one sample, which is written into a file where its language wants that."""
    if language == "curl":
        return sample
    if language == "TypeScript":
        (folder / "call.ts").write_text(sample, "utf-8")
        (folder / "package.json").write_text('{"type": "module"}')
        (compiled / "package.json").write_text('{"type": "module"}')
        modules = folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(typescript() / "node_modules")
        return f"{modules}/.bin/tsc {TSC} --outDir {compiled} call.ts signing.ts && node {compiled}/call.js"
    name, command = ALONE[language]
    (folder / name).write_text(sample, "utf-8")
    return command


TSC = "--strict --target es2022 --module nodenext --rewriteRelativeImportExtensions --skipLibCheck --types node"
ALONE = {
    "Python": ("call.py", f"{sys.executable} call.py"),
    "Java": ("Call.java", "javac -encoding UTF-8 Call.java Signing.java && java Call"),
    "PHP": ("call.php", "php -d error_reporting=-1 -d display_errors=1 call.php"),
    "Go": ("call.go", "go run signing.go call.go"),
}


@pytest.mark.parametrize("language", ["Java", "PHP", "Go"])
def test_a_compiled_client_opens_and_refuses_what_the_vectors_say(
    folder: Path, install: Install, language: str
) -> None:
    needed(language)
    name, program, command = vectors.PROGRAMS[language]
    tried = vectors.lines()[:: 4 if language == "PHP" else 1]  # without GMP, RSA takes a quarter of a second in PHP
    (folder / name).write_text(program, "utf-8")
    (folder / "vectors.json").write_text(vectors.sandbox_json(), "utf-8")
    (folder / "vectors.txt").write_text("".join(f"{line}\n" for line, _ in tried), "utf-8")
    ran = run(folder, install, "env", "BURSAR_SANDBOX=vectors.json", "bash", "-c", command)
    expected = [answer for _, answer in tried]
    assert len(expected) > 10
    assert vectors.REFUSED in expected
    assert ran.stdout.splitlines() == expected, ran.stderr[-2000:]


MARK = "=== next ===\n"


def java(folder: Path, samples: list[str]) -> str:
    """Writes a class for each sample, and one that calls them; the command that runs them."""
    classes = (text.replace("class Call {", f"class Call{place} {{") for place, text in enumerate(samples))
    whole = "\n".join(IMPORTS.sub("", text) for text in classes)
    tried = "try {{ Call{0}.main(arguments); }} catch (Exception fault) {{ System.out.println(fault); }}"
    calls = "\n".join(f"System.out.print({json.dumps(MARK)}); {tried.format(place)}" for place in range(len(samples)))
    main = f"class All {{ public static void main(String[] arguments) {{\n{calls}\n}} }}"
    (folder / "All.java").write_text(f"import java.util.Map;\nimport java.util.Objects;\n{whole}\n{main}", "utf-8")
    return "javac -encoding UTF-8 All.java Signing.java && java -XX:TieredStopAtLevel=1 -Dstdout.encoding=UTF-8 All"


IMPORTS = re.compile(r"(import [\w.]+;\n)+\n")


def php(folder: Path, samples: list[str]) -> str:
    """Writes a file for each sample, and one that reads them."""
    for place, text in enumerate(samples):
        (folder / f"call{place}.php").write_text(text, "utf-8")
    tried = "try {{ require 'call{0}.php'; }} catch (Throwable $fault) {{ echo get_class($fault); }}"
    calls = "\n".join(f"echo {json.dumps(MARK)}; {tried.format(place)}" for place in range(len(samples)))
    (folder / "all.php").write_text(f"<?php\n{calls}\n", "utf-8")
    return "php -d error_reporting=-1 -d display_errors=1 all.php"


def go(folder: Path, samples: list[str]) -> str:
    """Writes a function for each sample, and one that calls them."""
    head = 'package main\n\nimport "fmt"\n\n'
    whole = "\n".join(
        text.removeprefix(head).replace("func main()", f"func call{place}()") for place, text in enumerate(samples)
    )
    names = ", ".join(f"call{place}" for place in range(len(samples)))
    tried = "func() { defer func() { if fault := recover(); fault != nil { fmt.Println(fault) } }(); call() }()"
    main = (
        f"func main() {{\nfor _, call := range []func(){{{names}}} {{\nfmt.Print({json.dumps(MARK)})\n{tried}\n}}\n}}"
    )
    (folder / "all.go").write_text(f"{head}{whole}\n{main}\n", "utf-8")
    return "go run signing.go all.go"


PROGRAMS: dict[str, Callable[[Path, list[str]], str]] = {"Java": java, "PHP": php, "Go": go}


def test_a_sample_in_another_language_names_the_same_call(contents: Contents) -> None:
    for page in contents.site.pages:
        for block in page.aside:
            if isinstance(block, Tabs) and len(block.samples) > 1:
                paths = {re.sub(r"\W+$", "", path) for path in re.findall(r"[a-zA-Z]+(?:/[\w?=&%+.-]+)+", page.short)}
                assert all(path in sample.text for sample in block.samples for path in paths), page.path


# ── the control API ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_sample_of_the_control_api_runs_as_printed(contents: Contents, folder: Path, install: Install) -> None:
    needed("curl")
    (folder / "start.py").write_text(programs(contents, "/docs/start")["Python"], "utf-8")
    assert run(folder, install, sys.executable, "start.py").stdout.strip() == RECHARGED
    ran = run_controls(folder, environment(install))
    failed = {call: complaints for call, (code, _, complaints) in ran.items() if code and call != STREAM}
    assert failed == {}
    got = {call: answer for call, (_, answer, _) in ran.items() if call != STREAM}
    if target := os.environ.get("BURSAR_TEST_RECORD_CONTROLS"):
        Path(target).write_text(json.dumps(shortened(got), ensure_ascii=False, indent=1) + "\n", "utf-8")
    else:
        assert {call: names(answer) for call, answer in got.items()} == {
            call: names(answer) for call, answer in answers().items()
        }, "run tools/record_controls.py: the pages show other answers"


def shortened(value: Any, name: str = "") -> Any:
    """An answer as a reader wants it: long texts and keys are cut."""
    if isinstance(value, dict):
        return {key: shortened(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [shortened(member, name) for member in value]
    if isinstance(value, str):
        most = 32 if name.endswith("_key") else 160
        return value if len(value) <= most else value[:most] + "…"
    return value


def names(answer: Any) -> set[str]:
    """The names in an answer, at any depth, without those below what can be empty."""
    if isinstance(answer, dict):
        below = {f"{name}.{each}" for name, member in answer.items() if name in OUTER for each in names(member)}
        return {*answer, *below}
    return names(answer[0]) if isinstance(answer, list) and answer else set()


OUTER = {"webhooks", "messages", "requests", "merchants", "heads", "faults", "rate_limits", "recharge", "config"}
"""Names whose members every answer has."""


def test_the_page_of_a_control_call_shows_its_sample_and_its_answer(contents: Contents) -> None:
    api = contents.site.apis["sandbox"]
    assert len(samples()) == len(api.reading.operations)
    for operation in api.reading.operations:
        page = contents.site.find(api.paths[operation.anchor])
        assert page is not None
        call = f"{operation.verb} {operation.path.removeprefix('/sandbox/v1')}"
        tabs, *shown = page.aside
        assert isinstance(tabs, Tabs)
        assert tabs.samples[0].text == samples()[call].program
        if call != STREAM:
            (answer,) = shown
            assert isinstance(answer, Code)
            assert json.loads(answer.text) == answers()[call]


def test_no_sample_uses_a_name_that_nothing_defines(contents: Contents) -> None:
    for page in contents.site.pages:
        for block in page.aside:
            for sample in block.samples if isinstance(block, Tabs) else ():
                if sample.title == "curl":
                    used = set(re.findall(r"\$\{?([A-Z_]{2,})", sample.text))
                    assert used <= set(re.findall(r"\b([A-Z_]{2,})(?:=|:\?)", sample.text)), page.path
