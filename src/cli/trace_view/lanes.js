/*
 * Where things stand in the timeline: across, positions of events on two axes; down, lanes.
 *
 * A lane is a device, or the programs that send (device null). Its bars lie in rows so that no two
 * of a row overlap: then both starts and ends of a row are sorted, and what is visible is found by
 * halving. A bar ends when the request is done there and the dispatch routine has returned.
 */

const ROWS_LIMIT = 8; /* of a lane; what does not fit overlaps in the last one */

/* Does an event take a step on the axis of order? Memory, handles, calls … do not. */
function takesStep(event) {
    return /^(irp_|debug_|finding|exception|stop|device_|link_|dpc_run|timer_expire|process_|image_)/
        .test(event.event);
}

/*
 * Positions of events. On the axis of order each event that counts takes one step. On the axis of
 * time, those of one moment share the time to the next moment, a microsecond at most.
 */
function makeAxes(events) {
    const order = new Float64Array(events.length);
    const time = new Float64Array(events.length);
    let steps = 0;
    for (let start = 0; start < events.length;) {
        const now = Number(events[start].time_100ns) || 0;
        let end = start;
        while (end < events.length && Number(events[end].time_100ns) === now)
            end++;
        end = Math.max(end, start + 1);
        const next = end < events.length ? Number(events[end].time_100ns) : now + 10;
        const first = steps;
        for (let i = start; i < end; i++)
            order[i] = takesStep(events[i]) ? ++steps : steps;
        for (let i = start; i < end; i++)
            time[i] = now + Math.min(next - now, 10) * (order[i] - first) / (steps - first + 1);
        start = end;
    }
    return { order, time };
}

/* The bottom of a device's stack; a loop, which a broken trace may have, ends it. */
function bottomOf(device) {
    let bottom = device;
    for (let depth = 0; bottom.below && depth < 64; depth++)
        bottom = bottom.below;
    return bottom;
}

function depthOf(device) {
    let depth = 0;
    for (let each = device; each.below && depth < 64; each = each.below)
        depth++;
    return depth;
}

/* Devices that saw requests: drivers before the kernel's own, stack by stack, the top one first. */
function devicesInOrder(model, withKernels) {
    const key = (device) => [device.isKernels ? 1 : 0, bottomOf(device).from, -depthOf(device)];
    return model.devices
        .filter((device) => device.visits.length && (withKernels || !device.isKernels))
        .map((device) => ({ device, key: key(device) }))
        .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2])
        .map((each) => each.device);
}

/* Put a bar into the first row that is free. Bars come in the order of their starts. */
function placeBar(lane, bar) {
    let row = lane.rows.findIndex((each) => each[each.length - 1].to <= bar.from);
    if (row < 0)
        row = lane.rows.length < ROWS_LIMIT ? lane.rows.push([]) - 1 : ROWS_LIMIT - 1;
    lane.rows[row].push(Object.assign(bar, { lane, row }));
    bar.request.bars.push(bar);
}

/* A request that is still there at the end of the trace has a bar to its end. */
function endOf(visit, last) {
    if (visit.done === Infinity)
        return last;
    return visit.returned === Infinity ? visit.done : Math.max(visit.done, visit.returned);
}

function makeLane(device, title, subtitle) {
    return { device, title, subtitle, rows: [], isKernels: Boolean(device && device.isKernels) };
}

/* The lanes from top to bottom. */
function makeLanes(model, withKernels) {
    const last = model.events.length - 1;
    const senders = makeLane(null, "Senders", "programs and drivers");
    const lanes = [senders];
    const seen = new Set();
    for (const request of model.requests)
        request.bars = [];
    for (const device of devicesInOrder(model, withKernels)) {
        const lane = makeLane(device, shortName(device.driver), device.name || device.address);
        for (const each of device.visits) {
            seen.add(each.request);
            placeBar(lane, { request: each.request, visit: each, from: each.from, to: endOf(each, last) });
        }
        lanes.push(lane);
    }
    for (const request of model.requests)
        if (seen.has(request))
            placeBar(senders, { request, visit: null, from: request.from, to: Math.min(request.to, last) });
    return lanes;
}

/* Of sorted things, the first whose `key` is at least `value`. */
function lowerBound(list, key, value) {
    let low = 0, high = list.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (key(list[middle]) < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
