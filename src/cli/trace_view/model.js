"use strict";

/*
 * The trace: its events, and what follows from them.
 *
 * An event is the object of its line, with `index`, its place in `events`. All else refers to
 * events by that index, because an index says both which event and when.
 *
 *   device   from device_create to device_delete; `below` is what it was attached to
 *   request  from irp_send to its end; `steps` are the events on its way
 *   visit    a request at a device: `from` the call of the dispatch routine, `returned` its return,
 *            `done` when the request left the driver upward; `ups` are its completion routines
 *
 * Anything may stand in an event: texts go into the page as text nodes, through textOf.
 */

const MORE_PROCESSING = "STATUS_MORE_PROCESSING_REQUIRED";

/* A value of an event as text. */
function textOf(value) {
    return value === undefined || value === null ? ""
        : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/* A status by its name, or as a number when it has none. */
function statusOf(event) {
    return textOf(event.status_name || event.status);
}

/* Is it an error, or a warning, as NT_SUCCESS sees it? */
function isFailure(event) {
    return /^0x[89a-f]/.test(textOf(event.status)) && event.status_name !== MORE_PROCESSING;
}

/* Simulated time, as the text form of the trace has it. */
function timeText(event) {
    const microseconds = Number(event.time_100ns) / 10;
    return microseconds < 1e6 ? microseconds.toFixed(1) + " us"
        : (microseconds / 1e6).toFixed(6) + " s";
}

/* "\Driver\Bus" is Bus. */
function shortName(name) {
    return textOf(name).replace(/^\\(Driver|FileSystem)\\/, "");
}

/* The lines of the file. One that is no JSON was cut off. */
function readEvents(text) {
    const events = [];
    for (const line of text.split("\n")) {
        if (!line)
            continue;
        try {
            const event = JSON.parse(line);
            event.index = events.length;
            events.push(event);
        } catch {
            continue;
        }
    }
    return events;
}

/* ---- devices ---- */

/* The device at an address now. One that was never seen to be made is made up. */
function deviceAt(model, event) {
    const address = textOf(event.device_object);
    let device = model.now.devices.get(address);
    if (!device) {
        device = addDevice(model, event, { driver: event.device, device: "" });
        device.madeUp = true;
    }
    return device;
}

function addDevice(model, event, names) {
    const device = {
        address: textOf(event.device_object),
        driver: textOf(names.driver),
        name: textOf(names.device),
        type: textOf(event.type),
        from: event.index,
        to: Infinity,
        below: null, belowFrom: Infinity, belowTo: Infinity,
        isKernels: event.process === 0,
        visits: [],
    };
    model.now.devices.set(device.address, device);
    model.devices.push(device);
    return device;
}

function addLink(model, event) {
    model.links.push({
        name: textOf(event.link), target: textOf(event.target), from: event.index, to: Infinity,
    });
}

/* \DosDevices\Name and \??\Name are the same link. */
function linkName(name) {
    return textOf(name).replace(/^\\DosDevices\\/i, "\\??\\").toLowerCase();
}

function endLink(model, event) {
    for (const link of model.links)
        if (linkName(link.name) === linkName(event.link) && link.to === Infinity)
            link.to = event.index;
}

/* ---- requests ---- */

/* The calls that a thread is in, the innermost last: visits and completion routines. */
function callsOf(model, event) {
    const key = event.process + ":" + event.thread;
    if (!model.now.calls.has(key))
        model.now.calls.set(key, []);
    return model.now.calls.get(key);
}

/* Leave the innermost call that `isIt`, and all inside it, which were left by an exception. */
function leaveCall(model, event, isIt) {
    const calls = callsOf(model, event);
    const at = calls.findLastIndex(isIt);
    if (at < 0)
        return null;
    const [call] = calls.splice(at);
    return call;
}

function addRequest(model, event) {
    const irp = textOf(event.irp);
    if (model.now.requests.has(irp)) /* its end was not recorded */
        endRequest(model, model.now.requests.get(irp), event);
    const request = {
        number: model.requests.length + 1,
        irp,
        first: event,
        sender: model.processes.get(event.process) || (event.process ? "process " + event.process : "boot"),
        from: event.index,
        to: Infinity,
        status: "", failed: false,
        visits: [], steps: [], arrows: [],
        bars: [], /* in the timeline */
        upFrom: null,
    };
    model.now.requests.set(irp, request);
    model.requests.push(request);
    return request;
}

/* A driver gets the request. */
function visit(model, event) {
    let request = model.now.requests.get(textOf(event.irp));
    const isNew = event.event === "irp_send" || !request;
    if (isNew)
        request = addRequest(model, event);
    const device = deviceAt(model, event);
    const last = request.visits[request.visits.length - 1];
    const made = {
        request, device, event, from: event.index, returned: Infinity, done: Infinity,
        answer: "", ups: [],
    };
    request.arrows.push({ at: event.index, from: isNew || !last ? null : last.device, to: device });
    request.visits.push(made);
    request.steps.push(event);
    device.visits.push(made);
    callsOf(model, event).push(made);
}

/* Its dispatch routine returns. The request may be gone already. */
function returned(model, event) {
    const call = leaveCall(model, event, (each) => each.device &&
        each.device.address === event.device_object && each.request.irp === event.irp);
    if (!call)
        return;
    call.returned = event.index;
    call.answer = statusOf(event);
    call.request.steps.push(event);
}

function openVisitAt(request, device) {
    return request.visits.findLast((each) => each.done === Infinity &&
        (!device || each.device.address === device));
}

/* Whoever lies below `visit` in the stack has the request no more. */
function closeBelow(request, visit, index) {
    for (const each of request.visits)
        if (each.from > (visit ? visit.from : -1) && each.done === Infinity)
            each.done = index;
}

function completed(model, event) {
    const request = model.now.requests.get(textOf(event.irp));
    if (!request)
        return;
    const visit = openVisitAt(request, event.device_object) || openVisitAt(request);
    request.steps.push(event);
    request.completion = event;
    request.status = statusOf(event);
    request.failed = isFailure(event);
    if (!visit)
        return;
    closeBelow(request, visit, event.index);
    visit.done = event.index;
    request.upFrom = visit.device;
}

/* A completion routine is called: of a device, or of the sender. */
function cameUp(model, event) {
    const request = model.now.requests.get(textOf(event.irp));
    if (!request)
        return;
    const visit = event.device_object ? openVisitAt(request, event.device_object) : null;
    const up = { request, event, irp: event.irp, from: event.index, to: Infinity };
    closeBelow(request, visit, event.index);
    request.steps.push(event);
    request.arrows.push({ at: event.index, from: request.upFrom, to: visit ? visit.device : null });
    request.upFrom = visit ? visit.device : null;
    if (visit)
        visit.ups.push(up);
    callsOf(model, event).push(up);
}

function cameUpReturned(model, event) {
    const call = leaveCall(model, event, (each) => !each.device && each.irp === event.irp);
    const isKept = event.status_name === MORE_PROCESSING;
    if (!call)
        return;
    call.to = event.index;
    call.request.steps.push(event);
    if (!event.device_object && isKept) {
        endRequest(model, call.request, event); /* the sender takes it back */
    } else if (!isKept) {
        const visit = openVisitAt(call.request, event.device_object);
        if (visit && event.device_object)
            visit.done = event.index;
    }
}

function endRequest(model, request, event) {
    closeBelow(request, null, event.index);
    request.to = event.index;
    model.now.requests.delete(request.irp);
}

function ended(model, event) {
    const request = model.now.requests.get(textOf(event.irp));
    if (!request)
        return;
    request.steps.push(event);
    request.status = statusOf(event);
    request.failed = isFailure(event);
    request.arrows.push({ at: event.index, from: request.upFrom, to: null });
    endRequest(model, request, event);
}

function step(model, event) {
    const request = model.now.requests.get(textOf(event.irp));
    if (request)
        request.steps.push(event);
}

/* What a thread serves at this moment; null = no request. */
function servedBy(model, event) {
    const calls = callsOf(model, event);
    return calls.length ? calls[calls.length - 1].request : null;
}

function moment(model, event, list) {
    event.served = servedBy(model, event);
    list.push(event);
}

const takers = {
    process_create: (model, event) =>
        model.processes.set(event.new_process, textOf(event.image).split("\\").pop()),
    device_create: (model, event) => addDevice(model, event, event),
    device_delete: (model, event) => { deviceAt(model, event).to = event.index; },
    device_attach: (model, event) => {
        const device = deviceAt(model, event);
        device.below = deviceAt(model, { ...event, device_object: event.below_object, device: event.below });
        device.belowFrom = event.index;
        device.belowTo = Infinity;
    },
    device_detach: (model, event) => { deviceAt(model, event).belowTo = event.index; },
    link_create: addLink,
    link_delete: endLink,
    irp_send: visit,
    irp_pass: visit,
    irp_pend: returned,
    irp_return: returned,
    irp_complete: completed,
    irp_up: cameUp,
    irp_up_return: cameUpReturned,
    irp_end: ended,
    irp_cancel: step,
    debug_print: (model, event) => moment(model, event, model.debug),
    finding: (model, event) => moment(model, event, model.findings),
    exception: (model, event) => moment(model, event, model.faults),
    stop: (model, event) => moment(model, event, model.faults),
};

/*
 * Is it a device of the kernel itself? It was made during the boot, or all its dispatch routines lie
 * in the kernel; one of them may, as that is where the routine for unknown requests is.
 */
function isKernelsOwn(device) {
    return device.isKernels || (device.visits.length > 0 &&
        device.visits.every((each) => textOf(each.event.routine_at).startsWith("ntoskrnl.exe")));
}

/* All that follows from the events. */
function buildModel(events) {
    const model = {
        events, devices: [], links: [], requests: [], debug: [], findings: [], faults: [],
        processes: new Map(),
        now: { devices: new Map(), requests: new Map(), calls: new Map() },
    };
    for (const event of events)
        if (Object.hasOwn(takers, event.event))
            takers[event.event](model, event);
    for (const device of model.devices)
        device.isKernels = isKernelsOwn(device);
    return model;
}
