/*
 * The page: reads the trace, and joins timeline, lists, stacks and details. One moment (an event)
 * and at most one request are selected; every part shows both.
 */

const TABS = [
    { name: "Requests", empty: "no requests of drivers", items: requestsShown },
    { name: "Debug output", empty: "no debug output", items: (model) => model.debug },
    { name: "Findings", empty: "no findings: record with --verify", items: (model) => [...model.findings, ...model.faults] },
    { name: "All events", empty: "no events", items: (model) => model.events },
];

/* Those of the kernel's own devices only when these are shown. */
function requestsShown(model) {
    return byId("kernel").checked ? model.requests
        : model.requests.filter((each) => each.visits.some((visit) => !visit.device.isKernels));
}

function byId(id) {
    return document.getElementById(id);
}

/* ---- rows of the lists ---- */

function requestCells(request) {
    const { first } = request;
    return [["time", timeText(first)], ["who", request.sender], ["number", "#" + request.number],
        ["name", textOf(first.major)],
        ["name" + (request.failed || !request.status ? " bad" : ""), request.status || "not completed"],
        ["rest", textOf(first.device) + (first.control ? "  " + textOf(first.control.code) : "")]];
}

function eventCells(event) {
    const severity = event.event === "finding" ? "severity-" + textOf(event.severity).replace(/\W/g, "") : "";
    const bad = isFailure(event) || event.event === "exception" || event.event === "stop" ? "bad" : severity;
    return [["time", timeText(event)], ["who", event.process + ":" + event.thread],
        ["kind", textOf(event.event)], ["rest " + bad, summaryOf(event)]];
}

function debugCells(event) {
    return [["time", timeText(event)], ["who", event.process + ":" + event.thread],
        ["number", event.served ? "#" + event.served.number : ""], ["rest", summaryOf(event)]];
}

function isRequest(item) {
    return Array.isArray(item.visits);
}

/* ---- search ---- */

/* What the search looks through; made when it is first needed. */
function searchText(item) {
    if (!item.searchable)
        item.searchable = (isRequest(item)
            ? [item.irp, item.sender, item.status, "#" + item.number, ...item.visits.map((each) => each.device.driver),
                ...item.steps.map(fieldsOf)].join(" ")
            : item.event + " " + summaryOf(item)).toLowerCase();
    return item.searchable;
}

function searchFor(page, text) {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word);
    page.matches = words.length ? (item) => words.every((word) => searchText(item).includes(word)) : null;
    page.timeline.matches = page.matches ? new Set(page.model.requests.filter(page.matches)) : null;
    showTab(page, page.tab);
    draw(page.timeline);
}

/* ---- the parts ---- */

function showTab(page, number) {
    const tab = TABS[number];
    const items = tab.items(page.model);
    page.tab = number;
    byId("tabs").childNodes.forEach((button, each) => {
        button.setAttribute("aria-selected", each === number);
        button.textContent = `${TABS[each].name} ${TABS[each].items(page.model).length}`;
    });
    setItems(page.list, page.matches ? items.filter(page.matches) : items,
        page.matches ? "nothing found" : tab.empty);
    if (page.cursor !== null)
        markRow(page.list, page.cursor);
}

function showStacks(page) {
    const moment = page.cursor === null ? busiestMoment(page.model) : page.cursor;
    drawStacks(byId("stacks"), page.model, moment, {
        withKernels: byId("kernel").checked,
        here: new Set(page.request ? page.request.visits.map((each) => each.device) : []),
        choose: (device) => {
            byId("search").value = shortName(device.driver);
            searchFor(page, byId("search").value);
        },
    });
}

function showDetail(page) {
    const box = byId("detail");
    const choose = (index) => select(page, page.request, index);
    if (page.request)
        showRequest(box, page.model, page.request, page.cursor, choose);
    else if (page.cursor !== null)
        showEvent(box, page.model, page.model.events[page.cursor],
            (request) => select(page, request, page.cursor));
    else
        box.replaceChildren(element("div", "empty", "Click a bar, a line or a finding."));
}

/* Select a moment, and the request that it belongs to, or none. */
function select(page, request, index) {
    page.request = request;
    page.cursor = index;
    page.timeline.selected = request;
    page.timeline.cursor = index;
    if (request && request.visits.every((each) => each.device.isKernels) && !byId("kernel").checked) {
        byId("kernel").checked = true;
        setLanes(page.timeline, true);
        showTab(page, page.tab);
    }
    if (index !== null) {
        reveal(page.timeline, index);
        markRow(page.list, index);
    } else {
        draw(page.timeline);
    }
    showStacks(page);
    showDetail(page);
}

function chooseItem(page, item) {
    select(page, isRequest(item) ? item : null, isRequest(item) ? item.from : item.index);
}

function moveRow(page, step) {
    const { list } = page;
    const number = Math.max(0, Math.min(list.here + step, list.items.length - 1));
    if (list.items[number])
        chooseItem(page, list.items[number]);
}

function moveRequest(page, step) {
    const shown = requestsShown(page.model);
    const found = page.matches ? shown.filter(page.matches) : shown;
    const at = page.cursor === null ? (step > 0 ? -1 : found.length)
        : step > 0 ? lowerBound(found, (each) => each.from, page.cursor + 1) - 1
            : lowerBound(found, (each) => each.from, page.cursor);
    if (found[at + step])
        chooseItem(page, found[at + step]);
}

/* ---- keys and buttons ---- */

function clear(page) {
    byId("search").value = "";
    searchFor(page, "");
    select(page, null, null);
}

function listenToKeys(page) {
    const keys = {
        ArrowLeft: () => pan(page.timeline, -0.2), ArrowRight: () => pan(page.timeline, 0.2),
        "+": () => zoom(page.timeline, 0.7), "=": () => zoom(page.timeline, 0.7), "-": () => zoom(page.timeline, 1.4),
        0: () => fitAll(page.timeline), z: () => page.request && zoomToRequest(page.timeline, page.request),
        n: () => moveRequest(page, 1), p: () => moveRequest(page, -1),
        j: () => moveRow(page, 1), k: () => moveRow(page, -1),
        "/": () => byId("search").focus(), "?": () => byId("keys").showModal(),
        Escape: () => clear(page),
    };
    TABS.forEach((tab, number) => { keys[number + 1] = () => showTab(page, number); });
    document.addEventListener("keydown", (event) => {
        const inField = event.target.tagName === "INPUT" && event.target.type === "search";
        if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open)
            return;
        if (inField && event.key === "Escape")
            event.target.blur();
        if (!Object.hasOwn(keys, event.key) || (inField && event.key !== "Escape"))
            return;
        event.preventDefault();
        keys[event.key]();
    });
}

function showAxis(page, name) {
    setAxis(page.timeline, name);
    byId("axis-order").setAttribute("aria-pressed", name === "order");
    byId("axis-time").setAttribute("aria-pressed", name === "time");
}

function listenToButtons(page) {
    let timer = 0;
    byId("search").addEventListener("input", (event) => {
        clearTimeout(timer);
        timer = setTimeout(() => searchFor(page, event.target.value), 120);
    });
    byId("axis-order").addEventListener("click", () => showAxis(page, "order"));
    byId("axis-time").addEventListener("click", () => showAxis(page, "time"));
    byId("fit").addEventListener("click", () => fitAll(page.timeline));
    byId("help").addEventListener("click", () => byId("keys").showModal());
    byId("kernel").addEventListener("change", (event) => {
        setLanes(page.timeline, event.target.checked);
        draw(page.timeline);
        showTab(page, page.tab);
        showStacks(page);
    });
    TABS.forEach((tab, number) => {
        const button = element("button", "", tab.name);
        button.type = "button";
        button.setAttribute("role", "tab");
        button.addEventListener("click", () => showTab(page, number));
        byId("tabs").append(button);
    });
}

function showSummary(model) {
    const last = model.events[model.events.length - 1];
    document.title = document.title.trim();
    byId("title").textContent = document.title;
    byId("summary").textContent = `${model.events.length} events, ${model.requests.length} requests` +
        (last ? `, ${timeText(last)}` : "");
}

function startPage() {
    const model = buildModel(readEvents(byId("trace").textContent));
    const page = { model, tab: 0, cursor: null, request: null, matches: null };
    model.findings.sort((a, b) => a.index - b.index);
    page.timeline = makeTimeline(document.querySelector("#timeline canvas"), byId("tip"), model, {
        select: (request, index) => select(page, request, index),
    });
    page.list = makeList(byId("rows"), {
        cells: (item) => isRequest(item) ? requestCells(item)
            : page.tab === 1 ? debugCells(item) : eventCells(item),
        indexOf: (item) => isRequest(item) ? item.from : item.index,
        isHere: (item) => !isRequest(item) || item === page.request,
        choose: (item) => chooseItem(page, item),
    });
    listenToButtons(page);
    listenToKeys(page);
    showSummary(model);
    showAxis(page, "order");
    fitAll(page.timeline);
    showTab(page, model.findings.length ? 2 : 0);
    showStacks(page);
    showDetail(page);
    return page;
}

const page = startPage();
