"""
Opens pages of `ringside trace view` in a headless Chromium and looks at what is rendered, and at what
clicks and keys do: trace_view_page.py CHROMIUM CHECK PAGE. The checks are the functions below.
"""

import os
import sys

from browser import Browser


def equal(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def true(value, what):
    if not value:
        sys.exit(f"not so: {what}")


def texts(page, selector):
    return page.evaluate(f"[...document.querySelectorAll({selector!r})].map((e) => e.textContent)")


def place(page, driver, number):
    """Where the n-th bar of a driver's lane is, in pixels of the page."""
    return page.evaluate(f"""(() => {{
        const t = page.timeline, lane = t.lanes.find((each) => each.title === {driver!r});
        const bar = lane.rows[0][{number}], box = t.canvas.getBoundingClientRect();
        return [box.left + pixelOf(t, bar.from) + 2,
                box.top + lanesTop() + lane.y - t.top + LANE_PADDING + 5];
    }})()""")


def colours(page, x, y, width, height):
    """How many different colours a part of the timeline has."""
    return page.evaluate(f"""(() => {{
        const data = page.timeline.context.getImageData({x}, {y}, {width}, {height}).data;
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4)
            seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        return seen.size;
    }})()""")


def stack(page):
    """The page of examples/driver-stack."""
    equal(page.evaluate("page.timeline.lanes.map((lane) => lane.title)"),
          ["Senders", "FilterAbove", "Function", "FilterBelow", "Bus"], "lanes")
    equal(page.evaluate("page.timeline.lanes.map((lane) => lane.rows.flat().length)"),
          [13, 4, 7, 10, 13], "bars")
    true(page.evaluate("page.timeline.drawn") > 20, "bars are drawn")
    true(colours(page, 200, 60, 900, 150) > 4, "the canvas is painted")
    equal(texts(page, "#stacks text.driver"), ["FilterAbove", "Function", "FilterBelow", "Bus"],
          "boxes")
    equal(texts(page, "#stacks .link-name"), ["\\\\.\\DriverStack\\DosDevices\\DriverStack → "
                                               "\\Device\\DriverStack"], "links")
    equal(page.evaluate("document.querySelectorAll('#stacks path.attached').length"), 3, "attached")

    page.click(*page.evaluate("""(() => { const b = [...document.querySelectorAll('#tabs button')]
        .find((e) => e.textContent.startsWith('Debug')).getBoundingClientRect();
        return [b.left + 5, b.top + 5]; })()"""))
    lines = texts(page, "#rows .row .rest")
    equal(len(lines), 14, "debug lines")
    equal(lines[7], "Bus: completes it, location 1 of 4", "a debug line")
    page.click(*page.evaluate("""(() => { const b = document.querySelectorAll('#rows .row')[7]
        .getBoundingClientRect(); return [b.left + 300, b.top + 5]; })()"""))
    equal(page.evaluate("page.model.events[page.timeline.cursor].text"),
          "Bus: completes it, location 1 of 4\n", "the moment of the line")
    equal(texts(page, "#rows .row.here .rest"), [lines[7]], "the row of the moment")

    page.evaluate("fitAll(page.timeline)")
    page.click(*place(page, "Function", 3))
    equal(texts(page, "#detail h2"), ["#19 IRP_MJ_DEVICE_CONTROL"], "a click selects the request")
    history = texts(page, "#detail .step td")
    true(any("Bus.c" in each for each in history), "source lines")
    true(any("completes it: STATUS_SUCCESS, information 4" in each for each in history), "status")
    equal([row for row in texts(page, "#detail .location td:first-child")], ["4", "3", "2", "1"],
          "stack locations")
    equal(texts(page, "#detail pre")[0][:17], "0000  01 00 00 00", "output bytes")
    equal(page.evaluate("document.querySelectorAll('#stacks .here').length"), 4, "its devices")

    before = page.evaluate("page.timeline.to - page.timeline.from")
    page.wheel(600, 120, -300)
    zoomed = page.evaluate("page.timeline.to - page.timeline.from")
    true(zoomed < before * 0.8, "the wheel zooms in")
    at = page.evaluate("page.timeline.from")
    page.drag(700, 150, 500, 150)
    true(page.evaluate("page.timeline.from") > at, "dragging moves")
    page.key("0")
    true(page.evaluate("page.timeline.to - page.timeline.from") > zoomed, "0 shows all")
    page.key("z")
    true(page.evaluate("page.timeline.to - page.timeline.from") < before * 0.8, "z zooms to it")
    page.key("n")
    equal(texts(page, "#detail h2"), ["#23 IRP_MJ_CLEANUP"], "n is the next request")
    page.evaluate("byId('search').value = 'function device_control'; searchFor(page, byId('search').value)")
    page.key("1")
    equal(texts(page, "#rows .row .number"), ["#19"], "the search")
    page.evaluate("byId('axis-time').click()")
    true(page.evaluate("page.timeline.axisName === 'time' && page.timeline.drawn > 5"), "the other axis")
    true(page.evaluate("page.timeline.axes.time.every((value, i, all) => !i || value >= all[i - 1])"),
         "time does not go back")
    page.move(*place(page, "Bus", 3))
    page.key("Escape")
    equal(page.evaluate("[page.request, page.matches]"), [None, None], "Escape")


def pending(page):
    """A driver keeps the request: the bar has a pale part."""
    equal(page.evaluate("""page.timeline.lanes.find((lane) => lane.title === "Hostile").rows.flat()
        .filter((bar) => bar.visit.answer === "STATUS_PENDING" && bar.visit.done > bar.visit.returned).length"""),
          1, "a pending visit")


def hostile(page):
    """What the driver says is shown as it is, and does nothing."""
    equal(page.evaluate("String(window.broken)"), "undefined", "no script of the driver ran")
    equal(page.evaluate("document.querySelectorAll('img, b, iframe').length"), 0, "no elements")
    equal(page.evaluate("document.querySelectorAll('script').length"), 2, "scripts")
    true("</script><script>window.broken = 1</script>\n" in
         page.evaluate("page.model.debug.map((event) => event.text)"), "the text is whole")
    equal(page.evaluate("page.timeline.lanes[1].subtitle"),
          "\\Device\\<b>bold<script>window.broken = 3</script>", "the name is whole")
    rows = texts(page, "#rows .row .rest")
    true(any(row.startswith("RS-IRP-006 error: ") for row in rows), f"the finding is listed: {rows}")
    page.click(*page.evaluate("""(() => { const row = [...document.querySelectorAll('#rows .row')]
        .find((e) => e.textContent.includes('RS-IRP-006')).getBoundingClientRect();
        return [row.left + 250, row.top + 5]; })()"""))
    equal(page.evaluate("page.model.events[page.timeline.cursor].rule"), "RS-IRP-006",
          "a click goes to the moment")
    equal(texts(page, "#detail h2")[0][:10], "RS-IRP-006", "its details")
    true(any("trace_view_hostile.c" in each for each in texts(page, "#detail .source")),
         "its source line")
    page.evaluate("document.querySelector('#detail .served').click()")
    equal(texts(page, "#detail h2"), ["#2 IRP_MJ_DEVICE_CONTROL"], "the request that it served")
    page.key("2")
    true("</script><script>window.broken = 1</script>" in texts(page, "#rows .row .rest"), "as text")
    for tab in "1234":
        page.key(tab)
        for _ in range(8):
            page.key("j")
    page.evaluate("byId('kernel').click()")
    equal(page.evaluate("String(window.broken)"), "undefined", "still none")
    equal(page.evaluate("document.querySelectorAll('img, b, iframe').length"), 0, "still none")


def large(page):
    """A hundred thousand events and more."""
    true(page.evaluate("page.model.events.length") >= 100000, "all are there")
    true(page.evaluate("document.querySelectorAll('*').length") < 1500, "few nodes")
    page.key("4")
    page.evaluate("page.list.box.scrollTop = 1000000")
    true(page.evaluate("(renderRows(page.list), document.querySelectorAll('#rows .row').length)") < 100,
         "few rows")
    true(page.evaluate("Number(document.querySelectorAll('#rows .row')[8].dataset.number)") > 49000,
         "rows of the middle")
    took = page.evaluate("""(() => { const start = performance.now();
        for (let i = 0; i < 10; i++) draw(page.timeline);
        return (performance.now() - start) / 10; })()""")
    true(took < 250, f"a drawing takes {took} ms")
    page.evaluate("searchFor(page, 'status_unsuccessful')")
    equal(page.evaluate("page.timeline.matches.size"), page.evaluate("page.model.requests.filter("
          "(each) => each.failed).length"), "the search finds what failed")


def live(page):
    """A trace of a machine that was up already, with the four drivers of examples/driver-stack."""
    lanes = page.evaluate("page.timeline.lanes.map((lane) => lane.title)")
    equal([lane for lane in lanes if lane in ("FilterAbove", "Function", "FilterBelow", "Bus")],
          ["FilterAbove", "Function", "FilterBelow", "Bus"], "lanes")
    page.evaluate("fitAll(page.timeline)")
    page.click(*place(page, "Bus", 1))
    equal(texts(page, "#detail h2")[0].split()[-1], "IRP_MJ_DEVICE_CONTROL", "the request")
    boxes = texts(page, "#stacks text.driver")
    at = boxes.index("FilterAbove")
    equal(boxes[at:at + 4], ["FilterAbove", "Function", "FilterBelow", "Bus"], "boxes")
    true(any("DriverStack" in text for text in texts(page, "#stacks .link-name")), "its link")


def main():
    program, check, path = sys.argv[1:]
    for dark in (False, True):
        page = Browser(program, "file://" + os.path.abspath(path), dark=dark)
        try:
            equal(page.errors, [], "errors of the scripts")
            globals()[check](page)
            equal(page.errors, [], "errors of the scripts")
            equal([url for url in page.loads if not url.startswith("file://")], [], "loads")
            equal(len(page.loads), 1, "one file is loaded")
        finally:
            page.close()


main()
