"""Each notebook runs from top to bottom, shows maps and plots that ask no other host, and holds no logic."""

import ast
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

from tests.conftest import PROJECT

FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# What would be a program: that belongs to a room, where it has tests.
LOGIC = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try, ast.With,
)  # fmt: skip
MOST = 6  # statements of a cell

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "code"):
    return [each for each in nbformat.read(path, 4).cells if each.cell_type == kind]


def test_the_four_are_there():
    assert [path.stem[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]
    readme = (FOLDER / "README.md").read_text()
    assert all(path.name in readme for path in NOTEBOOKS)


@each_notebook
def test_it_holds_no_logic_and_no_output(path):
    nbformat.validate(nbformat.read(path, 4))
    assert len(cells(path, "markdown")) > 3
    for cell in cells(path):
        assert (cell.outputs, cell.execution_count) == ([], None), (
            "clear the outputs before committing"
        )
        tree = ast.parse(cell.source)
        assert not [each for each in ast.walk(tree) if isinstance(each, LOGIC)], cell.source
        assert len(tree.body) <= MOST, cell.source


@pytest.mark.browser
@each_notebook
def test_it_runs_and_its_maps_ask_nobody_else(path, platform, browser):
    notebook = nbformat.read(path, 4)
    run(notebook, platform)
    shown = [each for cell in cells_of(notebook) for each in cell.outputs if "data" in each]
    maps = [each["data"]["text/html"] for each in shown if "iframe" in each["data"].get("text/html", "")]  # fmt: skip
    assert maps
    assert [each for each in shown if "image/png" in each["data"]], "no plot"
    for text in maps:
        assert_drawn(browser, text, platform.address)


def run(notebook, platform):
    """From top to bottom in a Python of its own; raises where a cell fails."""
    where = {"metadata": {"path": str(FOLDER)}}
    with tempfile.TemporaryDirectory() as folder:
        # Sockets in a folder of one's own instead of ports that all of the machine can reach.
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        NotebookClient(notebook, km=kernel, timeout=300, resources=where).execute(
            env=platform.environment, cleanup_kc=True
        )


def cells_of(notebook):
    return [each for each in notebook.cells if each.cell_type == "code"]


def assert_drawn(browser, text, address):
    """A map as a notebook shows it: drawn, without complaint, and nobody else is asked for anything."""
    context = browser.new_context(viewport={"width": 900, "height": 640})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(f"<!doctype html><html><body>{text}</body></html>")
    frame = page.frame_locator("iframe")
    frame.locator("path.leaflet-interactive").first.wait_for(state="attached")
    frame.locator(".leaflet-tile-loaded").first.wait_for(state="attached")
    context.close()
    ours = urlsplit(address).netloc
    assert {urlsplit(each).netloc for each in asked if not each.startswith(("data:", "about:"))} == {ours}  # fmt: skip
    assert complaints == []


def test_what_they_share_reckons_nothing_of_its_own():
    """`show.py` draws; the figures in it come from the rooms."""
    tree = ast.parse((FOLDER / "show.py").read_text())
    imported = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    assert "numpy" not in imported
    assert not [each for each in ast.walk(tree) if isinstance(each, ast.For | ast.While)]


def test_a_notebook_that_failed_would_be_noticed(platform):
    """The runner itself: a cell that raises fails the run."""
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell("import show; show.begin(); show.nothing")])
    with pytest.raises(CellExecutionError):
        run(notebook, platform)
