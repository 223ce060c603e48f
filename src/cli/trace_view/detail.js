/*
 * What is known about one request, or one event.
 */

const GLYPHS = {
    irp_send: "▶", irp_pass: "↓", irp_pend: "…", irp_return: "↩", irp_complete: "■", irp_up: "↑",
    irp_up_return: "↥", irp_end: "◀", irp_cancel: "✕",
};

/* An event in a few words. */
function summaryOf(event) {
    switch (event.event) {
    case "debug_print":
        return textOf(event.text).trimEnd();
    case "finding":
        return `${textOf(event.rule)} ${textOf(event.severity)}: ${textOf(event.title)}. ${textOf(event.message)}`;
    case "call":
        return textOf(event.function) + "(" + (Array.isArray(event.arguments) ? event.arguments : [])
            .map((each) => textOf(each.value) + (each.text === undefined ? "" : ` "${textOf(each.text)}"`)).join(", ") +
            ")  " + textOf(event.caller_source || event.caller_at);
    case "exception":
        return textOf(event.code_name || event.code) + " at " + textOf(event.address_source || event.address_at || event.address);
    case "stop":
        return `${textOf(event.reason)} ${textOf(event.code)} ${textOf(event.name)}: ${textOf(event.cause)}`;
    default:
        return fieldsOf(event);
    }
}

const HEAD_FIELDS = new Set(["sequence", "time_100ns", "process", "thread", "processor", "irql", "event",
    "index", "served"]);

/* The fields of an event, without those that every event has. */
function fieldsOf(event) {
    const parts = [];
    for (const [name, value] of Object.entries(event)) {
        if (HEAD_FIELDS.has(name) || name.endsWith("_name"))
            continue;
        const shown = name === "control" ? textOf(value.code)
            : event[name + "_name"] !== undefined ? event[name + "_name"] : value;
        parts.push(/^(major|device|driver|type|name|tag|path)$/.test(name) ? textOf(shown) : name + "=" + textOf(shown));
    }
    return parts.join("  ");
}

function factTable(facts) {
    const table = element("table");
    for (const [name, value, className] of facts)
        if (textOf(value) !== "")
            table.append(element("tr", "", element("th", "", name), element("td", className || "", textOf(value))));
    return table;
}

/* Bytes as offset, hexadecimal and characters; `digits` is two per byte. */
function hexDump(digits) {
    const lines = [];
    const bytes = (textOf(digits).match(/../g) || []).map((pair) => parseInt(pair, 16));
    for (let at = 0; at < bytes.length && at < 512; at += 16) {
        const some = bytes.slice(at, at + 16);
        lines.push(at.toString(16).padStart(4, "0") + "  " +
            some.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(48) + " " +
            some.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join(""));
    }
    if (bytes.length > 512)
        lines.push("… " + bytes.length + " bytes");
    return element("pre", "", lines.join("\n"));
}

function controlText(control) {
    return !control ? "" : `${textOf(control.code)}: ${textOf(control.device_type_name || control.device_type)}, ` +
        `function 0x${Number(control.function).toString(16)}, ${textOf(control.method)}, ${textOf(control.access)}`;
}

/* What a step of a request says. */
function stepText(model, event) {
    const routine = textOf(event.routine_source || event.routine_at);
    switch (event.event) {
    case "irp_send":
    case "irp_pass":
        return [`${textOf(event.device)}, location ${textOf(event.location)}`, routine];
    case "irp_pend":
    case "irp_return":
        return [driverOf(model, event) + " returned " + statusOf(event), ""];
    case "irp_complete":
        return [`${textOf(event.device)} completes it: ${statusOf(event)}, information ${textOf(event.information)}`, ""];
    case "irp_up":
        return [(event.device ? textOf(event.device) : "the sender") + ": completion routine, " + statusOf(event), routine];
    case "irp_up_return":
        return ["completion routine returned " + (statusOf(event) === "STATUS_SUCCESS"
            ? "STATUS_CONTINUE_COMPLETION" : statusOf(event)), ""];
    case "irp_end":
        return ["done: " + statusOf(event) + ", information " + textOf(event.information), ""];
    default:
        return [event.event + " " + fieldsOf(event), routine];
    }
}

function driverOf(model, event) {
    const device = model.devices.findLast((each) => each.address === event.device_object && each.from <= event.index);
    return device ? shortName(device.driver) : textOf(event.device_object);
}

function historyTable(model, request, cursor, choose) {
    const table = element("table");
    for (const event of request.steps) {
        const [text, routine] = stepText(model, event);
        const row = element("tr", "step" + (event.index === cursor ? " here" : ""),
            element("th", "", timeText(event)),
            element("th", "", GLYPHS[event.event] || "·"),
            element("td", isFailure(event) ? "bad" : "", text,
                routine ? element("div", "source", routine) : ""));
        row.addEventListener("click", () => choose(event.index));
        table.append(row);
    }
    return table;
}

/* The stack locations: the highest is the top driver's. A driver that skipped its own shares one. */
function locationTable(request) {
    const table = element("table", "", element("tr", "", element("th", "", "location"),
        element("th", "", "driver"), element("th", "", "returned"), element("th", "", "routines")));
    for (const visit of request.visits) {
        const routines = [visit.event, ...visit.ups.map((up) => up.event)]
            .map((event) => textOf(event.routine_source || event.routine_at));
        table.append(element("tr", "location", element("td", "", textOf(visit.event.location)),
            element("td", "", shortName(visit.device.driver)), element("td", "", visit.answer),
            element("td", "source", routines.join("; "))));
    }
    return table;
}

function showRequest(box, model, request, cursor, choose) {
    const { first } = request;
    const end = request.to < Infinity ? model.events[request.to] : null;
    const buffers = [["Input", first.input], ["Data behind the MDL", first.direct],
        ["Output", request.completion && request.completion.output]];
    box.replaceChildren(
        element("h2", "", "#" + request.number + " " + textOf(first.major) + (first.minor ? " minor " + first.minor : "")),
        factTable([
            ["status", request.status || "not completed in this trace", request.failed || !request.status ? "bad" : ""],
            ["device", first.device],
            ["control code", controlText(first.control)],
            ["lengths", `in ${textOf(first.in)}, out ${textOf(first.out)}`],
            ["sender", `${request.sender}, thread ${first.process}:${first.thread}` + (first.user ? ", user mode" : "")],
            ["IRP", request.irp],
            ["time", timeText(first) + (end ? " to " + timeText(end) : "")],
        ]),
        element("h3", "", "History"), historyTable(model, request, cursor, choose),
        element("h3", "", "Stack locations"), locationTable(request));
    for (const [title, bytes] of buffers)
        if (bytes)
            box.append(element("h3", "", title), hexDump(bytes));
}

function stackTable(stack) {
    const table = element("table");
    for (const frame of stack)
        table.append(element("tr", "", element("td", "", textOf(frame.at || frame.address),
            element("div", "source", textOf(frame.source)))));
    return table;
}

/* `choose` is called when the request that was served is clicked. */
function showEvent(box, model, event, choose) {
    const plain = Object.entries(event).filter(([name, value]) => !HEAD_FIELDS.has(name) && typeof value !== "object");
    const isFinding = event.event === "finding";
    box.replaceChildren(
        element("h2", isFinding ? "severity-" + textOf(event.severity).replace(/\W/g, "") : "",
            isFinding ? `${textOf(event.rule)} ${textOf(event.title)}` : textOf(event.event)),
        factTable([["time", timeText(event)], ["thread", `${event.process}:${event.thread}`],
            ["IRQL", event.irql], ["record", event.sequence],
            ["serving", event.served ? barLabel(event.served) + " " + textOf(event.served.first.device) : "", "served"],
            ["control code", controlText(event.control)],
            ...plain.filter(([name]) => !/^(input|output|direct|data)$/.test(name))]));
    for (const link of box.querySelectorAll(".served"))
        link.addEventListener("click", () => choose(event.served));
    if (Array.isArray(event.stack))
        box.append(element("h3", "", "Stack"), stackTable(event.stack));
    if (Array.isArray(event.arguments) && event.event === "call")
        box.append(element("h3", "", "Arguments"), factTable(event.arguments.map((each, number) =>
            [String(number + 1), textOf(each.value) + (each.text === undefined ? "" : ` "${textOf(each.text)}"`)])));
    for (const name of ["input", "direct", "output", "data"])
        if (event[name])
            box.append(element("h3", "", name), hexDump(event[name]));
}
