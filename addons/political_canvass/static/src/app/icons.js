/** Shapes beside the words and colours of outcomes: colour alone never tells. */
import {svg} from "./dom.js";

const PATHS = {
    not_home: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16z",
    spoke: "M4 5h16v11h-8l-5 4v-4H4z",
    refused: "M5 5l14 14M19 5L5 19",
    come_back: "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
    call: "M6 3h4l2 5l-3 2a11 11 0 0 0 5 5l2-3l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
    inaccessible: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
    moved: "M4 12h15M13 6l6 6l-6 6",
    leaflet: "M6 3h9l4 4v14H6zM9 12h7M9 16h7",
    do_not_knock: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16zM7 12h10",
    todo: "M5 5h14v14H5z",
    next: "M12 3l8 18l-8-5l-8 5z",
    sent: "M4 12l6 6L20 6",
    waiting: "M12 20V6M6 11l6-6l6 6",
    trouble: "M12 3L2 21h20zM12 10v5M12 18v.5",
};

/**
 * @param {string} name an outcome's code or one of this app's signs
 * @returns {SVGElement} drawn in the colour of the text, hidden from screen readers
 */
export function icon(name) {
    return svg(
        "svg",
        {class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false"},
        svg("path", {d: PATHS[name] || PATHS.todo})
    );
}
