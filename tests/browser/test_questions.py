"""From a question of features to its file, without any script."""

import csv
import io

from playwright.sync_api import expect

from tests.browser.conftest import Visitor


def test_from_the_form_to_the_file(visitor: Visitor) -> None:
    visit = visitor(width=320, javascript=False)
    page = visit.open("/en/planning/questions")
    page.get_by_label("Features", exact=True).select_option("fruit-trees")
    page.get_by_label("What is told").select_option("mean")
    page.get_by_label("Number").select_option("height_m")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mean: height")
    assert "sent=" not in page.url
    row = page.get_by_role("row").filter(has_text="Quarter a")
    expect(row).to_contain_text("6.5")
    # What was asked stands in the form again.
    assert page.get_by_label("Number").input_value() == "height_m"
    address = page.get_by_role("link", name="CSV").get_attribute("href")
    assert address is not None
    text = page.request.get(visit.address + address).text()
    rows = {each["key"]: each for each in csv.DictReader(io.StringIO(text))}
    assert rows["a"]["value"] == "6.5"
    assert "number=height_m" in rows["a"]["parameters"]
    assert visit.foreign_requests() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_filter_that_means_nothing_is_told_beside_what_was_written(visitor: Visitor) -> None:
    page = visitor(javascript=False).open(
        "/planning/questions?layer=fruit-trees&filter=taste+%3E+3"
    )
    expect(page.get_by_role("alert")).to_contain_text("taste")
    assert page.locator("#f-filter").input_value() == "taste > 3"
