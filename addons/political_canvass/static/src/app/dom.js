/**
 * Builds page elements without ever parsing HTML: whatever comes from the server
 * (streets, access notes, notices) can only become text.
 */

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
    for (const [name, value] of Object.entries(props)) {
        if (value === undefined || value === null || value === false) {
            continue;
        }
        if (name === "on") {
            for (const [event, handler] of Object.entries(value)) {
                element.addEventListener(event, handler);
            }
        } else if (name in element && typeof value === "boolean") {
            element[name] = value;
        } else {
            element.setAttribute(name, value === true ? "" : value);
        }
    }
    element.append(
        ...children
            .flat(Infinity)
            .filter((child) => child !== null && child !== undefined && child !== false)
    );
    return element;
}

/**
 * @param {string} tag
 * @param {Object} props attributes; `on` maps event names to handlers
 * @param {...(Node|string|Array|null|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
    return fill(document.createElement(tag), props, children);
}

/**
 * @param {string} tag an SVG element's name
 * @param {Object} props attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * @param {string} label
 * @param {Function} act what a tap does
 * @param {Object} props attributes; `icon` is a node put before the label
 * @returns {HTMLButtonElement}
 */
export function button(label, act, {icon, ...props} = {}) {
    return h(
        "button",
        {type: "button", ...props, on: {click: act}},
        icon,
        h("span", {class: "label"}, label)
    );
}
