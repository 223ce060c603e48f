/*
 * Lists of many rows: a tall empty box, and nodes for those rows alone that are in sight.
 */

const ROW_HEIGHT = 20; /* as in page.css */

/* A node with a class and children: nodes, or texts. */
function element(name, className, ...children) {
    const node = document.createElement(name);
    if (className)
        node.className = className;
    node.append(...children);
    return node;
}

/*
 * A list in `box`. `cells(item)` gives pairs of class and text; `indexOf(item)` its event; `isHere(item)`
 * says whether the row at the moment is to be marked; `choose(item)` is called for a click.
 */
function makeList(box, use) {
    const list = { box, ...use, items: [], here: -1, spacer: element("div") };
    box.replaceChildren(list.spacer);
    box.addEventListener("scroll", () => renderRows(list));
    new ResizeObserver(() => renderRows(list)).observe(box);
    box.addEventListener("click", (event) => {
        const row = event.target.closest(".row");
        if (row)
            list.choose(list.items[Number(row.dataset.number)]);
    });
    return list;
}

function setItems(list, items, emptyText) {
    list.items = items;
    list.here = -1;
    list.emptyText = emptyText;
    list.spacer.style.height = items.length * ROW_HEIGHT + "px";
    list.box.scrollTop = 0;
    renderRows(list);
}

function makeRow(list, number) {
    const isHere = number === list.here && list.isHere(list.items[number]);
    const row = element("div", "row" + (isHere ? " here" : ""));
    row.style.top = number * ROW_HEIGHT + "px";
    row.dataset.number = number;
    for (const [className, text] of list.cells(list.items[number])) {
        const cell = element("span", className, text);
        if (className.startsWith("rest"))
            cell.title = text;
        row.append(cell);
    }
    return row;
}

function renderRows(list) {
    const { box, items } = list;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - 5);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_HEIGHT) + 5);
    const rows = [];
    for (let number = first; number < last; number++)
        rows.push(makeRow(list, number));
    if (!items.length)
        rows.push(element("div", "empty", list.emptyText || "nothing"));
    box.replaceChildren(list.spacer, ...rows);
}

/* Mark the row of an event, or the last one before it, and bring it into sight. */
function markRow(list, index) {
    const { box, items } = list;
    const number = lowerBound(items, list.indexOf, index + 1) - 1;
    list.here = number;
    if (number >= 0) {
        const top = number * ROW_HEIGHT;
        if (top < box.scrollTop + ROW_HEIGHT || top > box.scrollTop + box.clientHeight - 2 * ROW_HEIGHT)
            box.scrollTop = top - box.clientHeight / 3;
    }
    renderRows(list);
}
