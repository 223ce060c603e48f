/*
 * The picture of the device stacks as they were at a moment: boxes of devices, the top one above,
 * what is attached to what, and the symbolic links that lead there.
 */

const SVG = "http://www.w3.org/2000/svg";
const BOX_WIDTH = 200, BOX_HEIGHT = 40, BOX_GAP = 16, LINK_WIDTH = 140;

function svgNode(name, attributes, ...children) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        node.setAttribute(key, value);
    node.append(...children);
    return node;
}

function isThere(thing, index) {
    return thing.from <= index && index < thing.to;
}

/* The devices that were there, by stack, each from top to bottom. */
function stacksAt(model, index, withKernels) {
    const there = model.devices.filter((device) => isThere(device, index) && !device.madeUp &&
        (withKernels || !device.isKernels));
    const below = (device) => device.below && device.belowFrom <= index && index < device.belowTo &&
        there.includes(device.below) ? device.below : null;
    const stacks = new Map();
    for (const device of there) {
        let bottom = device;
        for (let depth = 0; below(bottom) && depth < 64; depth++)
            bottom = below(bottom);
        if (!stacks.has(bottom))
            stacks.set(bottom, []);
        stacks.get(bottom).push(device);
    }
    for (const stack of stacks.values())
        stack.sort((a, b) => depthOf(b) - depthOf(a));
    return [...stacks.values()];
}

/* The names that programs use for a device. */
function linksTo(model, device, index) {
    return model.links.filter((link) => device.name && isThere(link, index) &&
        link.target.toLowerCase() === device.name.toLowerCase());
}

/* The moment that a page starts with: when the most devices of drivers were there. */
function busiestMoment(model) {
    const changes = [];
    for (const device of model.devices)
        if (!device.isKernels && !device.madeUp) {
            changes.push([device.belowFrom < Infinity ? device.belowFrom : device.from, 1]);
            if (device.to < Infinity)
                changes.push([device.to, -1]);
        }
    changes.sort((a, b) => a[0] - b[0]);
    let count = 0, most = 0, at = 0;
    for (const [index, change] of changes) {
        count += change;
        if (count > most) {
            most = count;
            at = index;
        }
    }
    return at;
}

function shorten(text, letters) {
    return text.length > letters ? text.slice(0, letters - 1) + "…" : text;
}

function drawDevice(device, y, choose, isHere) {
    const group = svgNode("g", { class: "device" + (isHere ? " here" : "") },
        svgNode("rect", { class: "box", x: 1, y, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 5 }),
        svgNode("text", { class: "driver", x: 10, y: y + 16 }, shorten(shortName(device.driver), 28)),
        svgNode("text", { class: "faint", x: 10, y: y + 31 }, shorten(device.name || "unnamed  " + device.address, 29)),
        svgNode("title", {}, device.driver + "  " + device.name + "  " + device.address +
            "  type " + device.type));
    group.addEventListener("click", () => choose(device));
    return group;
}

function drawLink(link, number, y) {
    const text = link.name.replace(/^\\(DosDevices|\?\?)\\/, "\\\\.\\");
    const at = y + 14 + number * 14;
    return [
        svgNode("path", { class: "link", d: `M ${BOX_WIDTH + 26} ${at} H ${BOX_WIDTH + 3}` }),
        svgNode("text", { class: "link-name", x: BOX_WIDTH + 30, y: at + 4 }, shorten(text, 22),
            svgNode("title", {}, link.name + " → " + link.target)),
    ];
}

/* One stack: boxes, arrows down to what each is attached to, links at the right. */
function drawStack(model, stack, index, use) {
    const nodes = [];
    let y = 1;
    stack.forEach((device, number) => {
        const links = linksTo(model, device, index);
        if (number) {
            const middle = BOX_WIDTH / 2;
            nodes.push(svgNode("path", { class: "attached", d: `M ${middle} ${y - BOX_GAP} V ${y - 4}` }),
                svgNode("path", { class: "head", d: `M ${middle} ${y} l -4 -6 h 8 z` }));
        }
        nodes.push(drawDevice(device, y, use.choose, use.here.has(device)));
        links.forEach((link, position) => nodes.push(...drawLink(link, position, y)));
        y += Math.max(BOX_HEIGHT, links.length * 14 + 8) + BOX_GAP;
    });
    return svgNode("svg", { width: BOX_WIDTH + LINK_WIDTH, height: y - BOX_GAP + 12 }, ...nodes);
}

/* Draw all stacks into `box`. `use.choose` is called with a device that is clicked. */
function drawStacks(box, model, index, use) {
    const stacks = stacksAt(model, index, use.withKernels);
    const when = model.events.length ? timeText(model.events[index]) : "";
    box.replaceChildren(element("h2", "", "Device stacks at " + when),
        ...stacks.map((stack) => drawStack(model, stack, index, use)));
    if (!stacks.length)
        box.append(element("div", "empty", "no driver has a device at this moment"));
}
