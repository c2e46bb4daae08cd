/** A link as a square that another phone can photograph. */
import {svg} from "./dom.js";

const LIBRARY = "../../lib/lean-qr/index.mjs";
const QUIET = 4;

/**
 * @param {string} link
 * @param {string} label read out in place of the picture
 * @returns {Promise<SVGElement|null>} null where the library cannot be had; the link
 *      itself then has to do
 */
export async function qr(link, label) {
    try {
        const {generate} = await import(LIBRARY);
        const code = generate(link);
        const side = code.size + 2 * QUIET;
        return svg(
            "svg",
            {class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label},
            svg("path", {d: squares(code)})
        );
    } catch (error) {
        console.error(error);
        return null;
    }
}

function squares(code) {
    let path = "";
    for (let y = 0; y < code.size; y++) {
        for (let x = 0; x < code.size; x++) {
            if (code.get(x, y)) {
                path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
            }
        }
    }
    return path;
}
