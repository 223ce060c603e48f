/*
 * The timeline: lanes of devices, bars of requests, arrows between them; drawn on a canvas, because
 * a trace may have a hundred thousand bars. Only what is visible is drawn, and of bars that fall on
 * the same pixel one.
 *
 *   full height     the request is with this driver, inside its dispatch routine
 *   pale            the dispatch routine returned, the request is pending
 *   thin            the request is gone, the dispatch routine has not returned yet
 *   stripe on top   a completion routine of this driver runs
 */

const GUTTER = 190; /* pixels: names of lanes */
const RULER = 22;
const MARKS = 18; /* the row of debug output, the row of findings */
const ROW = 20;
const LANE_PADDING = 10;
const LANE_LEAST = 40; /* for two lines of text */

const MAJOR_COLOURS = {
    IRP_MJ_CREATE: "file", IRP_MJ_CLEANUP: "file", IRP_MJ_CLOSE: "file",
    IRP_MJ_READ: "read", IRP_MJ_WRITE: "write", IRP_MJ_DEVICE_CONTROL: "control",
    IRP_MJ_INTERNAL_DEVICE_CONTROL: "control", IRP_MJ_PNP: "pnp", IRP_MJ_POWER: "pnp",
};
const COLOURS = ["paper", "panel", "line", "text", "faint", "accent", "mark", "error", "warning",
    "note", "file", "read", "write", "control", "pnp", "other", "on-bar", "shade"];

/* The timeline of a model on a canvas. `events.select(request, index)` is called for a click. */
function makeTimeline(canvas, tip, model, events) {
    const timeline = {
        canvas, tip, model, events,
        context: canvas.getContext("2d"),
        axes: makeAxes(model.events),
        axisName: "order",
        lanes: [],
        from: 0, to: 1, /* what is visible, on the axis */
        top: 0,         /* pixels that the lanes are scrolled by */
        width: canvas.clientWidth || GUTTER + 1, /* pixels, as of the last drawing */
        selected: null, /* a request */
        cursor: null,   /* index of an event */
        hover: null,    /* a bar */
        matches: null,  /* set of requests that the search found; null = all */
        colours: {},
        drawn: 0,       /* bars of the last drawing */
    };
    setLanes(timeline, false);
    readColours(timeline);
    fitAll(timeline);
    listenToMouse(timeline);
    new ResizeObserver(() => draw(timeline)).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        readColours(timeline);
        draw(timeline);
    });
    return timeline;
}

function readColours(timeline) {
    const style = getComputedStyle(document.documentElement);
    for (const name of COLOURS)
        timeline.colours[name] = style.getPropertyValue("--" + name).trim();
}

function setLanes(timeline, withKernels) {
    let y = 0;
    timeline.lanes = makeLanes(timeline.model, withKernels);
    for (const lane of timeline.lanes) {
        lane.y = y;
        lane.height = Math.max(lane.rows.length * ROW + 2 * LANE_PADDING, LANE_LEAST);
        y += lane.height;
    }
    timeline.height = y;
    document.documentElement.style.setProperty("--lanes", y + lanesTop() + 20 + "px");
    timeline.laneOf = new Map(timeline.lanes.map((lane) => [lane.device, lane]));
}

/* ---- places ---- */

function axisOf(timeline) {
    return timeline.axes[timeline.axisName];
}

function positionOf(timeline, index) {
    return axisOf(timeline)[Math.min(index, timeline.model.events.length - 1)] || 0;
}

function pixelOf(timeline, index) {
    const width = timeline.width - GUTTER;
    return GUTTER + (positionOf(timeline, index) - timeline.from) / (timeline.to - timeline.from) * width;
}

function positionAt(timeline, x) {
    const width = timeline.width - GUTTER;
    return timeline.from + (x - GUTTER) / width * (timeline.to - timeline.from);
}

/* The event at a position: the last one that is not behind it. */
function eventAt(timeline, position) {
    const index = lowerBound(axisOf(timeline), (value) => value, position + 1e-9) - 1;
    return Math.max(0, index);
}

function lanesTop() {
    return RULER + 2 * MARKS;
}

function extentOf(timeline) {
    const axis = axisOf(timeline);
    return axis.length ? [axis[0], axis[axis.length - 1] + 1] : [0, 1];
}

/* ---- what is visible ---- */

function show(timeline, from, to) {
    const [start, end] = extentOf(timeline);
    const room = (end - start) * 0.02;
    const span = Math.min(Math.max(to - from, 2), end - start + 2 * room);
    timeline.from = Math.min(Math.max(from, start - room), end + room - span);
    timeline.to = timeline.from + span;
    draw(timeline);
}

/* From the first request to a driver on: the boot before it is the same in every trace. */
function fitAll(timeline) {
    const [start, end] = extentOf(timeline);
    const { debug, findings } = timeline.model;
    const bars = timeline.lanes.slice(1).flatMap((lane) => lane.rows.map((row) => row[0].from));
    const starts = [...bars, ...[debug[0], findings[0]].filter((each) => each).map((each) => each.index)];
    const first = starts.length ? positionOf(timeline, Math.min(...starts)) : start;
    const room = (end - first) * 0.02;
    show(timeline, first - room, end + room);
}

function zoom(timeline, factor, x) {
    const at = positionAt(timeline, x === undefined ? (GUTTER + timeline.canvas.clientWidth) / 2 : x);
    show(timeline, at - (at - timeline.from) * factor, at + (timeline.to - at) * factor);
}

function pan(timeline, share) {
    const step = (timeline.to - timeline.from) * share;
    show(timeline, timeline.from + step, timeline.to + step);
}

function scrollLanes(timeline, pixels) {
    const room = timeline.height - (timeline.canvas.clientHeight - lanesTop());
    timeline.top = Math.max(0, Math.min(timeline.top + pixels, room));
}

/* Move only when the event is not in the middle part already. */
function reveal(timeline, index) {
    const at = positionOf(timeline, index), span = timeline.to - timeline.from;
    if (at < timeline.from + span * 0.05 || at > timeline.to - span * 0.05)
        show(timeline, at - span / 2, at + span / 2);
    else
        draw(timeline);
}

function zoomToRequest(timeline, request) {
    const from = positionOf(timeline, request.from);
    const to = Math.max(...request.visits.map((each) => positionOf(timeline, endOf(each, each.from))),
        positionOf(timeline, Math.min(request.to, timeline.model.events.length - 1)));
    const room = Math.max((to - from) * 0.15, 1);
    show(timeline, from - room, to + room);
}

function setAxis(timeline, name) {
    const from = eventAt(timeline, timeline.from), to = eventAt(timeline, timeline.to);
    timeline.axisName = name;
    show(timeline, positionOf(timeline, from), positionOf(timeline, to) + 1);
}

/* ---- drawing ---- */

function draw(timeline) {
    const { canvas, context, colours } = timeline;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height)
        return;
    timeline.width = width;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
    }
    scrollLanes(timeline, 0);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, width, height);
    context.textBaseline = "middle";
    context.save();
    context.beginPath();
    context.rect(0, lanesTop(), width, height - lanesTop());
    context.clip();
    drawLanes(timeline, width, height);
    context.restore();
    drawGutter(timeline, height);
    drawRuler(timeline, width);
    drawMarks(timeline, width);
    drawCursor(timeline, height);
}

function fontOf(timeline, bold, size) {
    timeline.context.font = (bold ? "600 " : "") + (size || 11) +
        "px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
}

/* Text that is cut to a width. */
function fitted(context, text, width) {
    if (context.measureText(text).width <= width)
        return text;
    const letters = Math.max(0, Math.floor(text.length * width / context.measureText(text).width) - 1);
    return letters > 1 ? text.slice(0, letters) + "…" : "";
}

function drawLanes(timeline, width, height) {
    const { context, colours } = timeline;
    timeline.drawn = 0;
    timeline.lanes.forEach((lane, number) => {
        const y = lanesTop() + lane.y - timeline.top;
        if (y > height || y + lane.height < lanesTop())
            return;
        if (number % 2) {
            context.fillStyle = colours.shade;
            context.fillRect(GUTTER, y, width - GUTTER, lane.height);
        }
        context.fillStyle = colours.line;
        context.fillRect(GUTTER, y + lane.height - 1, width - GUTTER, 1);
        lane.rows.forEach((row) => drawRow(timeline, row, width));
    });
    for (const bar of timeline.selected ? timeline.selected.bars : [])
        drawBar(timeline, bar);
    drawFailures(timeline, width);
    drawArrows(timeline, width);
}

/* The visible bars of a row; of those on one pixel, the first. */
function drawRow(timeline, row, width) {
    const after = (position) => lowerBound(row, (bar) => positionOf(timeline, bar.to), position);
    let number = after(timeline.from);
    while (number < row.length && pixelOf(timeline, row[number].from) <= width) {
        const right = drawBar(timeline, row[number]);
        number = Math.max(number + 1, after(positionAt(timeline, right + 0.5)));
        timeline.drawn++;
    }
}

function isDim(timeline, request) {
    const { selected, matches } = timeline;
    return request !== selected && Boolean(selected || (matches && !matches.has(request)));
}

/* Returns where the bar ends, in pixels: it is two wide at least. */
function drawBar(timeline, bar) {
    const { context, colours } = timeline;
    const { request, visit } = bar;
    const left = pixelOf(timeline, bar.from);
    const right = Math.max(pixelOf(timeline, bar.to), left + 2);
    const y = lanesTop() + bar.lane.y - timeline.top + LANE_PADDING + bar.row * ROW;
    const colour = colours[MAJOR_COLOURS[request.first.major] || "other"];
    const height = ROW - 4;
    const x = Math.max(left, GUTTER - 4);
    context.globalAlpha = isDim(timeline, request) ? 0.3 : 1;
    context.fillStyle = colour;
    if (visit)
        drawVisit(timeline, bar, left, right, y, height);
    else
        context.fillRect(x, y, right - x, height);
    const full = visit && visit.done < Infinity ? Math.min(right, pixelOf(timeline, visit.done)) : right;
    if (full - x > 30) {
        fontOf(timeline);
        context.fillStyle = colours["on-bar"];
        const label = visit ? barLabel(request) : barLabel(request) + "  " + request.sender;
        context.fillText(fitted(context, label, full - x - 10), x + 5, y + height / 2 + 1.5);
    }
    if (request === timeline.selected || (timeline.hover && timeline.hover.request === request)) {
        context.strokeStyle = colours.text;
        context.lineWidth = 1;
        context.strokeRect(x + 0.5, y + 0.5, right - x - 1, height - 1);
    }
    context.globalAlpha = 1;
    return right;
}

/* The red ends of bars, one per pixel: also of bars that were left out for want of room. */
function drawFailures(timeline, width) {
    const { context, colours, model } = timeline;
    const drawnTo = new Map(); /* of each row of a lane */
    context.fillStyle = colours.error;
    for (const request of model.requests) {
        if (!request.failed || isDim(timeline, request))
            continue;
        for (const bar of request.bars) {
            const x = Math.max(pixelOf(timeline, bar.to), pixelOf(timeline, bar.from) + 2);
            const key = bar.lane.y + bar.row;
            if (x < GUTTER || x > width + 3 || x < drawnTo.get(key) + 1)
                continue;
            context.fillRect(x - 3, lanesTop() + bar.lane.y - timeline.top + LANE_PADDING + bar.row * ROW, 3, ROW - 4);
            drawnTo.set(key, x);
        }
    }
}

function barLabel(request) {
    const control = request.first.control;
    return "#" + request.number + " " + textOf(request.first.major).replace("IRP_MJ_", "") +
        (control ? " " + textOf(control.code) : "");
}

/* The parts of a visit: see the top of this file. */
function drawVisit(timeline, bar, left, right, y, height) {
    const { context, colours } = timeline;
    const { visit } = bar;
    const clip = (x) => Math.max(x, GUTTER - 4);
    const done = Math.max(left + 2, visit.done < Infinity ? pixelOf(timeline, visit.done) : right);
    const called = visit.returned < visit.done ? Math.max(left + 2, pixelOf(timeline, visit.returned)) : done;
    const alpha = context.globalAlpha;
    context.fillRect(clip(left), y, clip(called) - clip(left), height);
    if (done > called) {
        context.globalAlpha = alpha * 0.45;
        context.fillRect(clip(called), y, clip(done) - clip(called), height);
        context.globalAlpha = alpha;
    }
    if (right > done)
        context.fillRect(clip(done), y + height - 3, clip(right) - clip(done), 3);
    for (const up of visit.ups) {
        const start = clip(pixelOf(timeline, up.from));
        const end = clip(up.to < Infinity ? pixelOf(timeline, up.to) : right);
        context.fillStyle = colours["on-bar"];
        context.globalAlpha = alpha * 0.75;
        context.fillRect(start, y, Math.max(end - start, 1), 2);
        context.globalAlpha = alpha;
    }
}

/* Arrows of the selected request; of all when there is room for them. */
function drawArrows(timeline, width) {
    const { model, from, to } = timeline;
    const dense = (width - GUTTER) / (to - from) < 5;
    const first = lowerBound(model.requests, (request) => positionOf(timeline, request.from), from);
    const some = new Set(timeline.selected ? [timeline.selected] : []);
    if (timeline.hover)
        some.add(timeline.hover.request);
    for (let i = Math.max(0, first - 20); !dense && i < model.requests.length; i++) {
        if (positionOf(timeline, model.requests[i].from) > to)
            break;
        some.add(model.requests[i]);
    }
    for (const request of some)
        for (const arrow of request.arrows)
            drawArrow(timeline, request, arrow);
}

function drawArrow(timeline, request, arrow) {
    const { context, colours } = timeline;
    const from = timeline.laneOf.get(arrow.from), to = timeline.laneOf.get(arrow.to);
    if (!from || !to || from === to)
        return;
    const x = pixelOf(timeline, arrow.at);
    if (x < GUTTER)
        return;
    const down = to.y > from.y;
    const base = lanesTop() - timeline.top;
    const start = base + (down ? from.y + from.height - LANE_PADDING - 4 : from.y + LANE_PADDING);
    const end = base + (down ? to.y + LANE_PADDING : to.y + to.height - LANE_PADDING - 4);
    context.globalAlpha = isDim(timeline, request) ? 0.2 : 1;
    context.strokeStyle = context.fillStyle = down ? colours.text : colours.accent;
    context.lineWidth = 1.2;
    context.beginPath();
    context.moveTo(x, start);
    context.lineTo(x, end);
    context.stroke();
    context.beginPath();
    context.moveTo(x, end);
    context.lineTo(x - 3.5, end + (down ? -6 : 6));
    context.lineTo(x + 3.5, end + (down ? -6 : 6));
    context.fill();
    context.globalAlpha = 1;
}

function drawGutter(timeline, height) {
    const { context, colours } = timeline;
    context.fillStyle = colours.panel;
    context.fillRect(0, 0, GUTTER - 1, height);
    context.fillStyle = colours.line;
    context.fillRect(GUTTER - 1, 0, 1, height);
    context.save();
    context.beginPath();
    context.rect(0, lanesTop(), GUTTER - 1, height - lanesTop());
    context.clip();
    for (const lane of timeline.lanes) {
        const y = lanesTop() + lane.y - timeline.top;
        fontOf(timeline, true, 12);
        context.fillStyle = lane.isKernels ? colours.faint : colours.text;
        context.fillText(fitted(context, lane.title, GUTTER - 20), 10, y + 14);
        fontOf(timeline);
        context.fillStyle = colours.faint;
        context.fillText(fitted(context, lane.subtitle, GUTTER - 20), 10, y + 28);
        context.fillStyle = colours.line;
        context.fillRect(0, y + lane.height - 1, GUTTER - 1, 1);
    }
    context.restore();
}

/* Times at even distances, those of events on the axis of order; one that stands still once. */
function drawRuler(timeline, width) {
    const { context, colours, model } = timeline;
    context.fillStyle = colours.panel;
    context.fillRect(0, 0, width, RULER);
    fontOf(timeline);
    context.fillStyle = colours.faint;
    context.fillText(timeline.axisName === "order" ? "order of events" : "simulated time", 10, RULER / 2);
    let last = "";
    for (let x = GUTTER + 4; x < width - 50 && model.events.length; x += 110) {
        const position = positionAt(timeline, x);
        const text = timeline.axisName === "time" ? timeText({ time_100ns: Math.max(0, position).toFixed(2) })
            : timeText(model.events[eventAt(timeline, position)]);
        context.fillText(text === last ? "" : text, x + 4, RULER / 2);
        context.fillRect(x, RULER - 6, 1, 6);
        last = text;
    }
    context.fillStyle = colours.line;
    context.fillRect(0, RULER - 1, width, 1);
}

function severityColour(timeline, event) {
    return timeline.colours[event.event === "finding" && event.severity !== "error"
        ? event.severity : "error"] || timeline.colours.error;
}

/* The rows of debug output and of findings, above the lanes. */
function drawMarks(timeline, width) {
    const { context, colours, model } = timeline;
    const titles = [["Debug output", model.debug.length], ["Findings", model.findings.length]];
    titles.forEach(([title, count], row) => {
        const y = RULER + row * MARKS;
        context.fillStyle = colours.paper;
        context.fillRect(GUTTER, y, width - GUTTER, MARKS);
        fontOf(timeline, true);
        context.fillStyle = colours.text;
        context.fillText(title, 10, y + MARKS / 2);
        context.fillStyle = colours.faint;
        fontOf(timeline);
        context.fillText(String(count), 100, y + MARKS / 2);
        context.fillStyle = colours.line;
        context.fillRect(0, y + MARKS - 1, width, 1);
    });
    drawDebug(timeline, width);
    for (const event of [...model.findings, ...model.faults]) {
        const x = pixelOf(timeline, event.index);
        if (x < GUTTER || x > width)
            continue;
        context.fillStyle = severityColour(timeline, event);
        context.beginPath();
        context.moveTo(x, RULER + MARKS + 3);
        context.lineTo(x + 6, RULER + 2 * MARKS - 4);
        context.lineTo(x - 6, RULER + 2 * MARKS - 4);
        context.fill();
    }
}

/* A tick for each line of debug output, and its text where there is room. */
function drawDebug(timeline, width) {
    const { context, colours, model } = timeline;
    const first = lowerBound(model.debug, (event) => positionOf(timeline, event.index), timeline.from);
    let last = -1;
    fontOf(timeline, false, 10);
    for (let i = first; i < model.debug.length; i++) {
        const x = pixelOf(timeline, model.debug[i].index);
        if (x > width)
            break;
        if (x < last + 1)
            continue;
        const next = i + 1 < model.debug.length ? pixelOf(timeline, model.debug[i + 1].index) : width;
        context.fillStyle = colours.accent;
        context.fillRect(x, RULER + 3, 2, MARKS - 7);
        context.fillStyle = colours.text;
        if (next - x > 40)
            context.fillText(fitted(context, textOf(model.debug[i].text).trim(), next - x - 8), x + 5,
                RULER + MARKS / 2);
        last = x;
    }
}

function drawCursor(timeline, height) {
    if (timeline.cursor === null)
        return;
    const x = pixelOf(timeline, timeline.cursor);
    if (x < GUTTER)
        return;
    timeline.context.fillStyle = timeline.colours.error;
    timeline.context.fillRect(x - 0.5, 0, 1, height);
}

/* ---- the mouse ---- */

function laneAt(timeline, y) {
    const below = y - lanesTop() + timeline.top;
    return y < lanesTop() ? null
        : timeline.lanes.find((lane) => below >= lane.y && below < lane.y + lane.height) || null;
}

/* The bar at a place, with some pixels around it; null = none. */
function barAt(timeline, x, y) {
    const lane = laneAt(timeline, y);
    if (!lane || x < GUTTER)
        return null;
    const number = Math.floor((y - lanesTop() + timeline.top - lane.y - LANE_PADDING) / ROW);
    const row = lane.rows[Math.max(0, Math.min(number, lane.rows.length - 1))];
    if (!row)
        return null;
    const at = lowerBound(row, (bar) => positionOf(timeline, bar.to), positionAt(timeline, x - 3));
    const bar = row[at];
    return bar && pixelOf(timeline, bar.from) <= x + 3 ? bar : null;
}

/* A finding or line of debug output near a place above the lanes. */
function markAt(timeline, x, y) {
    const row = Math.floor((y - RULER) / MARKS);
    const list = row === 0 ? timeline.model.debug
        : row === 1 ? [...timeline.model.findings, ...timeline.model.faults] : [];
    let nearest = null, least = row === 0 ? 40 : 9;
    for (const event of list) {
        const distance = x - pixelOf(timeline, event.index);
        if (Math.abs(distance) < least && (row === 1 || distance > -4)) {
            least = Math.abs(distance);
            nearest = event;
        }
    }
    return nearest;
}

function tipText(timeline, x, y) {
    const mark = markAt(timeline, x, y);
    if (mark)
        return timeText(mark) + "  " + summaryOf(mark);
    const bar = barAt(timeline, x, y);
    if (!bar)
        return "";
    const { request, visit } = bar;
    return barLabel(request) + "  " + textOf(request.first.device) + "\n" +
        (visit ? shortName(visit.device.driver) + (visit.answer ? " returned " + visit.answer : "") + "\n" : "") +
        (request.status ? "completed with " + request.status : "not completed") +
        "\n" + timeText(timeline.model.events[bar.from]) + "   IRP " + request.irp;
}

function showTip(timeline, x, y) {
    const { tip, canvas } = timeline;
    const text = tipText(timeline, x, y);
    tip.hidden = !text;
    tip.textContent = text;
    tip.style.whiteSpace = "pre-line";
    tip.style.left = Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4) + "px";
    tip.style.top = Math.min(y + 14, canvas.clientHeight - tip.offsetHeight - 4) + "px";
}

function click(timeline, x, y) {
    const bar = barAt(timeline, x, y);
    const mark = markAt(timeline, x, y);
    if (mark)
        timeline.events.select(null, mark.index);
    else if (bar)
        timeline.events.select(bar.request, bar.from);
    else if (x >= GUTTER)
        timeline.events.select(null, eventAt(timeline, positionAt(timeline, x)));
}

function listenToMouse(timeline) {
    const { canvas } = timeline;
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
        drag = { x: event.offsetX, y: event.offsetY, moved: false };
        canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
        const { offsetX: x, offsetY: y } = event;
        if (drag && (drag.moved || Math.abs(x - drag.x) + Math.abs(y - drag.y) > 4)) {
            drag.moved = true;
            scrollLanes(timeline, drag.y - y);
            pan(timeline, (drag.x - x) / (canvas.clientWidth - GUTTER));
            Object.assign(drag, { x, y });
            return;
        }
        const hover = barAt(timeline, x, y);
        showTip(timeline, x, y);
        if (hover !== timeline.hover) {
            timeline.hover = hover;
            draw(timeline);
        }
    });
    canvas.addEventListener("pointerup", (event) => {
        if (drag && !drag.moved)
            click(timeline, event.offsetX, event.offsetY);
        drag = null;
    });
    canvas.addEventListener("pointerleave", () => { timeline.tip.hidden = true; });
    canvas.addEventListener("dblclick", (event) => {
        const bar = barAt(timeline, event.offsetX, event.offsetY);
        if (bar)
            zoomToRequest(timeline, bar.request);
    });
    canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
            pan(timeline, (event.deltaX || event.deltaY) / 1000);
        else
            zoom(timeline, Math.exp(event.deltaY * 0.0015), event.offsetX);
    }, { passive: false });
}
