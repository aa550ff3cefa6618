"""Somebody in front of a page, as the browser tests play them."""

from typing import Any


class Person:
    """Somebody in front of a page."""

    def __init__(self, browser: Any, url: str, theme: str = "light", size: tuple[int, int] = (1400, 1000), **more: Any):
        self.theme = theme
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=theme, **more)
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.url = url

    def go(self, address: str) -> None:
        self.page.goto(self.url + address if address.startswith("/") else address)
        self.settle()

    def settle(self) -> None:
        app = self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.page.wait_for_timeout(250)
        app.wait_for()
        assert self.page.locator('[data-testid="stException"]').count() == 0, "an exception box is shown"
        assert self.page.get_by_text("unexpected error occurred").count() == 0, "something that nobody foresaw is shown"

    def press(self, name: str, exact: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def open(self, name: str) -> None:
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        self.page.get_by_role("heading", name=name, level=1).wait_for()
        self.settle()

    def chart(self, key: str) -> Any:
        drawn = self.page.locator(f".st-key-{key} .js-plotly-plot")
        drawn.first.wait_for()
        return drawn.first

    def click_target(self, key: str, number: int) -> None:
        """Clicks a chart's n-th invisible point, as a person clicks the cell it lies on."""
        chart = self.chart(key)
        chart.scroll_into_view_if_needed()
        place = chart.evaluate(
            """(g, n) => {
                const trace = g._fullData.filter(t => t.type === 'scatter').at(-1)
                const box = g.getBoundingClientRect(), size = g._fullLayout._size
                return {x: box.x + size.l + g._fullLayout.xaxis.d2p(trace.x[n]),
                        y: box.y + size.t + g._fullLayout.yaxis.d2p(trace.y[n])}
            }""",
            number,
        )
        self.page.mouse.move(place["x"], place["y"])
        self.page.wait_for_timeout(200)
        self.page.mouse.click(place["x"], place["y"])
        self.settle()

    def text(self) -> str:
        return str(self.page.get_by_test_id("stMain").inner_text())
