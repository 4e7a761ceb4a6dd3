# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens pages in headless Chromium and prints what is wrong with them, one JSON object a line.

Standard input is one JSON object: {"pages": [address, …], "widths": [CSS pixels, …], "pictures": folder or null}. Each
page is opened at each width, light and dark. Looked for are messages in the console, content wider than the window, focus
that cannot be seen, and whatever axe-core finds. A last line {"opened": n} says how many views there were.
"""

import base64
import json
import os
import sys

import axe_playwright_python
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

AXE = os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js")
HEIGHT = 900

# Elements that reach beyond the window, but for those that scroll within a box of their own.
OVERFLOW = """
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return [];
const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
return [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement))
  .slice(0, 5).map(e => e.outerHTML.slice(0, 120));
"""

# Whether the element that has the focus shows it.
FOCUS = """
const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
return {element: e.outerHTML.slice(0, 120), isBody: e === document.body, shown: shown && box.width > 0 && box.height > 0};
"""

RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(
  found => done(found.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])),
  error => done([['axe', String(error), []]]));
"""


def browser(width):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--no-first-run", "--disable-background-networking"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 600})
    return driver


def faults(driver, page, axe):
    driver.get_log("browser")  # what other pages left
    driver.get(page)
    for element in driver.execute_script(OVERFLOW):
        yield "wider than the window", element
    driver.execute_script(axe)
    for rule, help_text, nodes in driver.execute_async_script(RUN_AXE):
        yield f"axe: {rule}", f"{help_text}: {nodes}"
    element = driver.find_element(By.TAG_NAME, "body")
    for _ in range(3):
        element.send_keys(Keys.TAB)
        element = driver.switch_to.active_element
        focus = driver.execute_script(FOCUS)
        if focus["isBody"] or not focus["shown"]:
            yield "focus cannot be seen", focus["element"]
    for entry in driver.get_log("browser"):
        yield f"console: {entry['level']}", entry["message"]


def picture(driver, page, folder, width, scheme):
    driver.get(page)
    name = page.split("/", 3)[3].split("?")[0].strip("/").replace("/", "-") or "front"
    height = driver.execute_script("return document.documentElement.scrollHeight")
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {
        "format": "png", "captureBeyondViewport": True,
        "clip": {"x": 0, "y": 0, "width": width, "height": min(height, 1600), "scale": 1}})
    with open(os.path.join(folder, f"{name}-{width}-{scheme}.png"), "wb") as file:
        file.write(base64.b64decode(shot["data"]))


def main():
    wish = json.load(sys.stdin)
    with open(AXE, encoding="utf-8") as file:
        axe = file.read()
    opened = 0
    for width in wish["widths"]:
        driver = browser(width)
        try:
            for scheme in ["light", "dark"]:
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                       {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
                for page in wish["pages"]:
                    for what, where in faults(driver, page, axe):
                        print(json.dumps({"page": page, "width": width, "scheme": scheme, "fault": what, "where": where}),
                              flush=True)
                    opened += 1
                    if wish.get("pictures"):
                        picture(driver, page, wish["pictures"], width, scheme)
        finally:
            driver.quit()
    print(json.dumps({"opened": opened}))


main()
